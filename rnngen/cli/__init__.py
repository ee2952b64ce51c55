"""The command line: each command parses, makes one library call and renders what it returns.

stdout is the product, stderr is for people. Exit codes: 0 done; 1 it could not be done; 2 the
command line is wrong; 3 a check did not hold; 130 interrupted; 141 nobody reads the output.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from rnngen import __version__, console
from rnngen.cli import check, forms, info, models, sample, score, tokenize, train
from rnngen.errors import RnngenError

USAGE, INTERRUPTED, CLOSED_PIPE = 2, 130, 141


class Boundary(TyperGroup):
    """The one place where an exception becomes a line on stderr and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except RnngenError as error:
            raise _failed(str(error), error.exit_code) from error
        except typer.TyperException as error:
            raise _failed(error.format_message(), USAGE) from error
        except BrokenPipeError as error:
            _discard_stdout()
            raise typer.Exit(CLOSED_PIPE) from error
        except KeyboardInterrupt as error:
            raise typer.Exit(INTERRUPTED) from error
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            raise _failed(f"{place}{error.strerror or error}.", 1) from error
        except MemoryError as error:
            raise _failed(
                "out of memory; try a smaller --batch-size or --hidden-size.", 1
            ) from error


def _failed(message: str, exit_code: int) -> typer.Exit:
    if os.environ.get("RNNGEN_TRACEBACK", "0") not in ("", "0"):
        import traceback

        traceback.print_exc()
    console.error(message)
    return typer.Exit(exit_code)


def _discard_stdout() -> None:
    """Keep the interpreter from complaining, at its end, about a pipe that nobody reads."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


app = typer.Typer(
    cls=Boundary,
    help=__doc__ and "Train a small LSTM or GRU language model on text; write new text with it.",
    no_args_is_help=True,
    # Rich takes longer to import than all of this package; plain help starts at once.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
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


for module in (train, sample, score, check, forms, info, models, tokenize):
    name = module.__name__.rpartition(".")[2]
    app.command(name, epilog=module.EXAMPLES)(module.command)


def main() -> None:
    """Run the program on the command line's arguments and exit."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # UTF-8 whatever the locale; a lone surrogate must not crash
            reconfigure(encoding="utf-8", errors="backslashreplace")
    app(prog_name="rnngen")
