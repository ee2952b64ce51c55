"""Fill the tables of the documentation from the program itself: `make docs`.

    python scripts/make_docs.py            # rewrites README.md and docs/*.md where a table is stale
    python scripts/make_docs.py --check    # changes nothing, exits with 1 if a table is stale

A page marks where a table belongs, and what it holds:

    <!-- commands -->                          every command, with its first line of help
    <!-- commands: models -->                  the commands that `rnngen models` has of its own
    <!-- options: sample -->                   every option of `rnngen sample`
    <!-- options: models rm -->                the same of `rnngen models rm`
    <!-- options: sample --top-k --top-p -->   these options, in this order
    <!-- settings: rnngen.config.SampleConfig -->    the fields of a config
    <!-- settings: rnngen.config.SampleConfig top_k top_p -->    these fields
    <!-- end -->

What stands between the mark and `<!-- end -->` is replaced. tests/test_docs.py runs the check.
"""

from __future__ import annotations

import dataclasses
import importlib
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from rnngen import cli
from rnngen.cli import help

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MARK = re.compile(
    r"^<!-- (commands|options|settings)(?:: ([^\n]*?))? -->\n.*?^<!-- end -->$",
    re.MULTILINE | re.DOTALL,
)
DEFAULT_IN_HELP = re.compile(r"\s*\[default: (.+?)\]$")
"""Options whose default is None, as nothing was given, say in their help what is then used."""
KEY_WITHOUT_UNDERSCORE = "break_"  # the one TOML key that is a word of Python

GROUP: Any = typer.main.get_command(cli.app)


def main(arguments: list[str]) -> int:
    stale = [page for page in PAGES if filled(page.read_text(encoding="utf-8")) != read(page)]
    for page in stale:
        print(f"{page.relative_to(ROOT)}: {'stale' if '--check' in arguments else 'written'}")
        if "--check" not in arguments:
            page.write_text(filled(read(page)), encoding="utf-8")
    return int(bool(stale) and "--check" in arguments)


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def filled(text: str) -> str:
    """A page with every marked table made anew. Raises KeyError for an unknown name in a mark."""

    def fill(found: re.Match[str]) -> str:
        tables: dict[str, Callable[..., str]] = {
            "commands": commands,
            "options": options,
            "settings": settings,
        }
        asked = (found[2] or "").split()
        mark = found[0].split("\n", 1)[0]
        return f"{mark}\n{tables[found[1]](*asked)}\n<!-- end -->"

    return MARK.sub(fill, text)


def command(name: str) -> Any:
    """The command as Typer has it.  name: `sample`, or `models rm` for one that models has."""
    found = GROUP
    for word in name.split():
        found = getattr(found, "get_command", lambda *_: None)(None, word)
        if found is None:
            raise KeyError(f"there is no command {name!r}")
    return found


def subcommands(name: str) -> list[str]:
    """The commands that a command has of its own, as `command` takes them."""
    return [f"{name} {own}" for own in getattr(command(name), "commands", {})]


def options_of(name: str) -> dict[str, Any]:
    """Long flag -> parameter of every option of a command but `--help`."""
    return {
        max(parameter.opts, key=len): parameter
        for parameter in command(name).params
        if parameter.param_type_name == "option" and "--help" not in parameter.opts
    }


def commands(of: str = "") -> str:
    rows = [(f"`rnngen {name}`", about) for name, about in cli.COMMANDS.items()]
    if of:
        rows = [(f"`{_usage(name)}`", _about(name)) for name in subcommands(of)]
    return table(("Command", "What it does"), rows)


def _usage(name: str) -> str:
    """The command with its arguments: `rnngen models rename NAME NEW_NAME`."""
    arguments = [p for p in command(name).params if p.param_type_name == "argument"]
    return " ".join(["rnngen", name, *(p.make_metavar(None).upper() for p in arguments)])


def _about(name: str) -> str:
    """The first line of a command's help."""
    return str(command(name).help).partition("\n")[0]


def options(*words: str) -> str:
    flags = [word for word in words if word.startswith("-")]
    known = options_of(" ".join(words[: len(words) - len(flags)]))
    shown = {flag: known[flag] for flag in flags} if flags else known
    rows = [(_flags(parameter), _meaning(parameter)) for parameter in shown.values()]
    return table(("Option", "Meaning"), rows)


def settings(path: str, *names: str) -> str:
    module, _, class_name = path.rpartition(".")
    known = {
        f.name: f for f in dataclasses.fields(getattr(importlib.import_module(module), class_name))
    }
    shown = [known[name] for name in names] if names else known.values()
    rows = [(f"`{_key(f.name)}`", _default(f), f.metadata["help"]) for f in shown]
    return table(("Setting", "Default", "Meaning"), rows)


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *(tuple(_cell(c) for c in row) for row in rows)]
    return (
        "\n".join(f"| {' | '.join(line)} |" for line in lines)
        .replace("| --- |", "|---|")
        .replace("|---| --- |", "|---|---|")
    )


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def _flags(parameter: Any) -> str:
    return ", ".join(f"`{flag}`" for flag in help.flags(parameter))


def _meaning(parameter: Any) -> str:
    meaning, default = parameter.help, parameter.default
    if found := DEFAULT_IN_HELP.search(meaning):
        meaning, default = meaning[: found.start()], found[1]
    parts = [meaning]
    if default != () and not any(default is silent for silent in (None, False, True)):
        parts.append(f"Default: `{default}`.")
    if parameter.envvar:
        parts.append(f"Environment: `{parameter.envvar}`.")
    return " ".join(parts)


def _key(name: str) -> str:
    return name.rstrip("_") if name == KEY_WITHOUT_UNDERSCORE else name


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is dataclasses.MISSING:
        return "required"
    if field.default in (None, (), ""):
        return "none"
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
