"""A wrong command line, said so that the next try is right."""

from __future__ import annotations

import errno
import re
import sys
from typing import TYPE_CHECKING, Any

from rnngen import console
from rnngen.suggest import SETTING_SYNONYMS, did_you_mean, similar_file

if TYPE_CHECKING:
    import typer

RANGE = re.compile(r"(\S+) is not in the range (?:(\S+?)<=)?x(?:>=(\S+?))?(?:<=(\S+?))?\.")
"""How Typer says that a number is too small or too large."""
SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")
COMMAND_SYNONYMS = {
    "convert": "export",
    "html": "export",
    "onnx": "export",
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
    "interactive": "chat",
    "repl": "chat",
    "talk": "chat",
}

LESS_MEMORY = {
    "train": "Try a smaller --batch-size or --hidden-size.",
    "sample": "Ask for fewer candidates or particles: --best-of, --beam, --particles.",
    "chat": "Ask for fewer candidates or particles: /best-of, /beam, /particles.",
    "score": "Score fewer files at once, or read them in windows with --stride.",
    "check": "Check fewer texts at once.",
    "tokenize": "Cut the text in parts with --shard, or use --tokenizer char.",
    "plot": "Draw fewer runs at once.",
}
"""Command -> what needs less memory."""


def unknown_command(name: str, commands: list[str], of: str = "") -> str:
    """What to say of a command that does not exist.

    of: the command that has these commands, with a blank behind it.
    """
    meant = did_you_mean(name, commands, COMMAND_SYNONYMS)
    return f"there is no command {of + name!r}.{meant or f' rnngen {of}--help lists them.'}"


def explain(error: typer.TyperException, root: Any = None) -> str:
    """What Typer found wrong, with what would work.  root: the command it found it in, if it is
    the program itself."""
    command = root or getattr(getattr(error, "ctx", None), "command", None)
    option = getattr(error, "option_name", None)
    if option is not None and command is not None and hasattr(error, "possibilities"):
        program = "rnngen" if root is not None else f"rnngen {command.name}"
        known = [o for p in command.params for o in (*p.opts, *p.secondary_opts) if o[:2] == "--"]
        if option == "-V" and root is not None:
            return "rnngen has no option -V. Did you mean --version?"
        help_hint = f" {program} --help lists the options."
        meant = did_you_mean(option, known, SETTING_SYNONYMS)
        return f"{program} has no option {option}.{meant or help_hint}"
    message = error.format_message()
    if option is not None and "requires" in message:
        return f"{option} needs a value."
    if option is not None and "does not take" in message:
        return f"{option} takes no value."
    parameter, said = getattr(error, "param", None), getattr(error, "message", "")
    if parameter is not None and getattr(parameter, "opts", None):
        return _wrong_value(max(parameter.opts, key=len), said) or message
    if message.startswith("Got unexpected extra argument") and command is not None:
        return _extra_arguments(message, command)
    return message


def _wrong_value(name: str, said: str) -> str:
    """What is wrong with the value of an option, by Typer's words; "" if they are not known."""
    if found := re.fullmatch(r"(.*) is not a valid (int|float)(?: range)?\.", said, re.DOTALL):
        kind = "a whole number" if found[2] == "int" else "a number"
        return f"{name} must be {kind}, got {found[1]}."
    if found := RANGE.fullmatch(said):
        value, low, least, most = found.groups()
        least = low or least
        bounds = [f"at least {least}"] * bool(least) + [f"at most {most}"] * bool(most)
        return f"{name} must be {' and '.join(bounds)}, got {value}." if bounds else ""
    return ""


def _extra_arguments(message: str, command: Any) -> str:
    extra = message.partition("(s) (")[2].removesuffix(")") or "?"
    hint = f"rnngen {command.name} --help shows what it takes."
    if command.name == "sample":
        hint = 'A prompt of several words needs quotes: rnngen sample MODEL "old pond".'
    return f"one argument too many: {extra}. {hint}"


def explain_system(error: OSError) -> str:
    """What the system refused, with the file that may have been meant."""
    place = f"{error.filename}: " if error.filename else ""
    is_missing = isinstance(error, FileNotFoundError) and isinstance(error.filename, str)
    hint = similar_file(error.filename) if is_missing else ""
    if error.errno in (errno.EMFILE, errno.ENFILE):
        hint = " Close other programs, or allow more, as with: ulimit -n 1024"
    return f"{place}{error.strerror or error}.{hint}"


def out_of_memory(command: str | None) -> str:
    """What to say when there is no memory left, by the command that ran."""
    return f"out of memory. {LESS_MEMORY.get(command or '', 'Close other programs.')}"


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
