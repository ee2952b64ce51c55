"""The command line: each command parses, makes one library call and renders what it returns.

stdout is the product, stderr is for people. Exit codes: 0 done; 1 it could not be done; 2 the
command line is wrong; 3 a check did not hold; 130 interrupted; 141 nobody reads the output.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from rnngen import console
from rnngen.cli.help import WIDEST, GroupedCommand, GroupedSubcommands
from rnngen.errors import ConfigError, RnngenError
from rnngen.version import __version__

USAGE, INTERRUPTED, CLOSED_PIPE = 2, 130, 141

NO_ROOM = re.compile("failed to map segment|[Cc]annot allocate memory")
"""How a library that cannot be loaded says that there is no memory for it."""

# Rich takes longer to import than all of this package; plain help starts at once.
PLAIN: dict[str, Any] = {
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
    "context_settings": {"help_option_names": ["-h", "--help"], "max_content_width": WIDEST},
}
COMMANDS = {
    "train": "Train a model on text files and keep it under checkpoints/NAME.",
    "plot": "Draw the losses of runs, even while they train.",
    "compare": "Train LSTM and GRU, or other settings, under one budget and say which is better.",
    "sample": "Write new text with a model.",
    "preset": "Store with a model how it is sampled, or show it.",
    "chat": "Write text after text: each line you type begins one.",
    "score": "Measure how much a text surprises a model: bits per byte and character, perplexity.",
    "explain": "Show what a model does with a text: surprise, connectivity, gates, memory.",
    "check": "Check whether texts have a form, and how much of them is copied.",
    "forms": "List the forms, or print one as a TOML file to copy and change.",
    "info": "Show what a model is, what it was trained on, and how well.",
    "check-model": "Check that the files of a model or run are whole, and say what they hold.",
    "shrink": "Write a model into a smaller file, to keep or to give away.",
    "export": "Write a model as an HTML page that runs it, or as ONNX.",
    "models": "List the models that you can name, newest first.",
    "tokenize": "Cut text into tokens ahead of training.",
    "clean": "Delete texts that were kept as tokens, after showing what that frees.",
}
"""Command -> the first line of its help. Its file is imported when it is asked for: most of the
time to start would go into building options that are not used."""


class Commands(TyperGroup):
    """The commands, and the one place where an exception becomes a line and an exit code."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"rnngen.cli.{cmd_name.replace('-', '_')}")
        context = PLAIN["context_settings"] | getattr(module, "CONTEXT", {})
        if not hasattr(module, "SUBCOMMANDS"):
            alone = typer.Typer(**PLAIN, add_completion=False)
            alone.command(
                cmd_name, cls=GroupedCommand, epilog=module.EXAMPLES, context_settings=context
            )(module.command)
            return typer.main.get_command(alone)
        about = {"name": cmd_name, "epilog": module.EXAMPLES, "invoke_without_command": True}
        about["subcommand_metavar"] = "[COMMAND [ARGS]...]"
        alone = typer.Typer(**PLAIN, **about, cls=GroupedSubcommands, add_completion=False)
        alone.callback()(module.command)
        for name, (command, examples) in module.SUBCOMMANDS.items():
            alone.command(name, cls=GroupedCommand, epilog=examples)(command)
        return typer.main.get_command(alone)

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        if not args:  # it shows the help
            return super().parse_args(ctx, args)
        try:
            return super().parse_args(ctx, args)
        except typer.TyperException as error:
            from rnngen.cli import usage

            raise _failed(usage.explain(error, self), USAGE) from error

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from rnngen.cli import usage

            raise ConfigError(usage.unknown_command(args[0], list(COMMANDS)))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except RnngenError as error:
            from rnngen.console.spelling import as_options  # after an error there is time

            raise _failed(as_options(str(error)), error.exit_code) from error
        except typer.TyperException as error:
            from rnngen.cli import usage

            raise _failed(" ".join(usage.explain(error).split()), USAGE) from error
        except BrokenPipeError as error:
            _discard_stdout()
            raise typer.Exit(CLOSED_PIPE) from error
        except KeyboardInterrupt as error:
            console.end_line()
            raise typer.Exit(INTERRUPTED) from error
        except OSError as error:
            from rnngen.cli import usage

            raise _failed(_stdout_failure() or usage.explain_system(error), 1) from error
        except (MemoryError, ImportError) as error:
            if isinstance(error, ImportError) and not NO_ROOM.search(str(error)):
                raise
            raise _failed(_out_of_memory(ctx.invoked_subcommand, error), 1) from error


def _failed(message: str, exit_code: int) -> typer.Exit:
    if os.environ.get("RNNGEN_TRACEBACK", "0") not in ("", "0"):
        import traceback

        traceback.print_exc()
    # Every process of torchrun has the same command line; one of them says what is wrong with it.
    if exit_code != USAGE or console.is_first_process():
        console.error(message)
    return typer.Exit(exit_code)


def _out_of_memory(command: str | None, error: BaseException) -> str:
    """What to say, also where even that finds little room."""
    for each in (error, error.__context__):
        if each is not None and os.environ.get("RNNGEN_TRACEBACK", "0") in ("", "0"):
            each.__traceback__ = None  # and with it all that was being computed
    try:
        from rnngen.cli import usage

        return usage.out_of_memory(command)
    except MemoryError:
        return "out of memory. Close other programs."


def _stdout_failure() -> str:
    """Why stdout does not take what was written to it; empty if it does. It is not tried again."""
    try:
        sys.stdout.flush()
    except OSError as error:
        _discard_stdout()
        return f"stdout: {error.strerror}."
    return ""


def _discard_stdout() -> None:
    """Keep the interpreter from complaining, at its end, about a pipe that nobody reads."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


app = typer.Typer(
    cls=Commands,
    help="Train a small LSTM or GRU language model on text and write new text with it.",
    no_args_is_help=True,
    **PLAIN,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rnngen {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show where in the program an error came from.")
    ] = False,
) -> None:
    if verbose:
        os.environ["RNNGEN_TRACEBACK"] = "1"


def main() -> None:
    """Run the program on the command line's arguments and exit."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # UTF-8 whatever the locale; a lone surrogate must not crash
            reconfigure(encoding="utf-8", errors="backslashreplace")
    if sys.argv[1:2] in (["--install-completion"], ["--show-completion"]):
        from rnngen.cli import usage

        usage.check_shell(sys.argv[1])
    try:
        try:
            app(prog_name="rnngen")
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        _discard_stdout()
        sys.exit(CLOSED_PIPE)
    except OSError as error:  # of what is written at once, such as the help
        _discard_stdout()
        console.error(f"stdout: {error.strerror}.")
        sys.exit(1)
