"""A wrong command line, said so that the next try is right."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from rnngen import console
from rnngen.suggest import did_you_mean

if TYPE_CHECKING:
    import typer

SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")
SYNONYMS = {
    "batch": "--batch-size",
    "bs": "--batch-size",
    "context": "--seq-len",
    "count": "--number",
    "bptt": "--seq-len",
    "grad-clip": "--clip",
    "hidden": "--hidden-size",
    "layers": "--num-layers",
    "lr": "--learning-rate",
    "max-length": "--length",
    "max-new-tokens": "--length",
    "max-tokens": "--length",
    "n-layers": "--num-layers",
    "num-samples": "--number",
    "num-return-sequences": "--number",
    "output": "--name",
    "rnn-size": "--hidden-size",
    "samples": "--number",
    "time": "--minutes",
    "wd": "--weight-decay",
}
"""What other tools call an option -> ours."""
COMMAND_SYNONYMS = {
    "generate": "sample",
    "write": "sample",
    "fit": "train",
    "eval": "score",
    "evaluate": "score",
    "perplexity": "score",
    "list": "models",
    "ls": "models",
    "show": "info",
    "describe": "info",
    "quantize": "shrink",
    "del": "rm",
    "delete": "rm",
    "remove": "rm",
    "mv": "rename",
    "move": "rename",
    "use": "default",
    "which": "path",
    "encode": "tokenize",
}


def unknown_command(name: str, commands: list[str], of: str = "") -> str:
    """What to say of a command that does not exist.

    of: the command that has these commands, with a blank behind it.
    """
    meant = did_you_mean(name, commands, COMMAND_SYNONYMS)
    return f"there is no command {of + name!r}.{meant or f' rnngen {of}--help lists them.'}"


def explain(error: typer.TyperException) -> str:
    """What Typer found wrong, with what would work."""
    command = getattr(getattr(error, "ctx", None), "command", None)
    option = getattr(error, "option_name", None)
    if option is not None and command is not None and hasattr(error, "possibilities"):
        known = [o for p in command.params for o in (*p.opts, *p.secondary_opts) if o[:2] == "--"]
        help_hint = f" rnngen {command.name} --help lists the options."
        meant = did_you_mean(option, known, SYNONYMS)
        return f"rnngen {command.name} has no option {option}.{meant or help_hint}"
    message = error.format_message()
    if message.startswith("Got unexpected extra argument") and command is not None:
        return _extra_arguments(message, command)
    return message


def _extra_arguments(message: str, command: Any) -> str:
    extra = message.partition("(s) (")[2].removesuffix(")") or "?"
    hint = f"rnngen {command.name} --help shows what it takes."
    if command.name == "sample":
        hint = 'A prompt of several words needs quotes: rnngen sample MODEL "old pond".'
    return f"one argument too many: {extra}. {hint}"


def check_shell(option: str) -> None:
    """Exit with a line if Typer has no completion for the shell this was typed in."""
    import shellingham

    try:
        shell, _ = shellingham.detect_shell()
    except shellingham.ShellDetectionFailure:
        return
    if shell not in SHELLS:
        console.error(
            f"{shell} completes no options. Completion is for bash, zsh, fish and PowerShell: start"
            f" one of them, and say there: rnngen {option}"
        )
        sys.exit(1)
