"""`rnngen models`: what can be named, and the names themselves."""

from __future__ import annotations

import math
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from rnngen import console, runs
from rnngen.cli import options
from rnngen.errors import ConfigError

EXAMPLES = """
\b
Examples:
  rnngen models
  rnngen models default haiku
  rnngen sample "$(rnngen models | head -n 1 | cut -f 1)"
"""


def command(
    ctx: typer.Context,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per line.")
    ] = False,
) -> None:
    """List the models that you can name, newest first.

    On a terminal this is a table, where a * marks the default. Into a pipe go lines of fields with
    tabs between them: name, cell, tokenizer, bits per byte, bytes, date and file. A - stands for
    what a model does not say. A last field says what is wrong with a broken one.
    """
    if ctx.invoked_subcommand is not None:
        return
    found = runs.model_files()
    if not found:
        console.note("rnngen: note: there is no model yet. Train one with: rnngen train FILE")
        return
    if _is_terminal() and not as_json:
        _print_table(found)
        return
    for name, file in found.items():
        if facts := _facts(name, file):
            typer.echo(console.to_json(facts) if as_json else _line(facts))


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _facts(name: str, file: Path) -> dict[str, Any] | None:
    """What is shown of a model; None if it is gone by now."""
    facts, damage = runs.peek(file)
    bits = facts.get("metrics", {}).get("best_valid_bits_per_byte")
    is_measured = isinstance(bits, float) and math.isfinite(bits)
    try:
        stat = file.stat()
    except OSError:
        return None
    shown = {
        "name": name,
        "cell": _word(facts.get("model", {}).get("cell")),
        "tokenizer": _word(facts.get("tokenizer", {}).get("kind")),
        "bits_per_byte": round(bits, 4) if is_measured else None,
        "bytes": stat.st_size,
        "date": time.strftime("%Y-%m-%d", time.localtime(stat.st_mtime)),
        "path": str(file),
    }
    return shown | {"broken": damage} if damage else shown


def _word(value: Any) -> str | None:
    """What a file says in a word: it may say anything."""
    return value if isinstance(value, str) and len(value) < 20 else None


def _line(facts: dict[str, Any]) -> str:
    fields = ("-" if value is None else console.one_line(str(value)) for value in facts.values())
    return "\t".join(fields)


def _print_table(found: dict[str, Path]) -> None:
    from rnngen.console.models import model_table

    listed = [
        {**facts, "seconds": file.stat().st_mtime, "is_shipped": runs.is_shipped(file)}
        for name, file in found.items()
        if (facts := _facts(name, file))
    ]
    width = shutil.get_terminal_size().columns
    for line in model_table(listed, default=runs.default_model(), width=width):
        typer.echo(line)


def set_default(
    name: options.NamedModel = None,
    unset: Annotated[
        bool, typer.Option("--unset", help="Take the newest model again, as without a default.")
    ] = False,
) -> None:
    """Show or set the model that commands take if you name none.

    $RNNGEN_MODEL wins over it. The name is kept in the file .default beside the runs.
    """
    if unset:
        if name is not None:
            raise ConfigError("--unset takes no name. Leave one of them out.")
        runs.unset_default()
    elif name is not None:
        runs.set_default(name)
    elif known := runs.default_model():
        typer.echo(known)
    else:
        console.note("rnngen: note: there is no default. Set one with: rnngen models default NAME")


def show_path(name: options.NamedModel = None) -> None:
    """Print the path of a model's file."""
    path = runs.find_model(_given(name))
    # A script gets the very bytes of the name, which need not be text.
    typer.echo(console.one_line(str(path)) if _is_terminal() else os.fsencode(path))


def rename(
    name: options.NamedRun = None,
    new_name: Annotated[
        str | None, typer.Argument(metavar="NEW_NAME", help="The name it is to have.")
    ] = None,
) -> None:
    """Give a model another name, with all that its run has saved."""
    from rnngen.runs import manage

    if new_name is None:
        raise ConfigError("name a model, then its new name: rnngen models rename OLD NEW.")
    manage.rename(_given(name), new_name)


def remove(
    name: options.NamedRun = None,
    yes: options.Yes = False,
) -> None:
    """Delete a model, with all that its run has saved.

    It asks on a terminal. Elsewhere nothing is deleted without --yes.
    """
    from rnngen.console.models import human_size
    from rnngen.runs import manage

    files = manage.files_of(_given(name))
    size = human_size(sum(file.stat().st_size for file in files))
    what = f"{files[0].parent}: {', '.join(file.name for file in files)}, {size}"
    if options.confirmed(f"Delete {what}?", yes=yes):
        manage.remove(_given(name))


def _given(name: str | None) -> str:
    if not name:
        raise ConfigError("name a model. rnngen models lists them.")
    return name


SUBCOMMANDS = {
    "default": (
        set_default,
        """
\b
Examples:
  rnngen models default haiku
  rnngen models default
  rnngen models default --unset
""",
    ),
    "path": (
        show_path,
        """
\b
Examples:
  rnngen models path haiku
  cp "$(rnngen models path haiku)" haiku.safetensors
  ls -l "$(rnngen models path posts)"
""",
    ),
    "rename": (
        rename,
        """
\b
Examples:
  rnngen models rename my-haiku pond
  rnngen models rename pond my-haiku
  rnngen models rename poems old-poems
""",
    ),
    "rm": (
        remove,
        """
\b
Examples:
  rnngen models rm poems --yes
  rnngen models rm drafts --yes
  rnngen models rm my-haiku -y
""",
    ),
}
"""Name -> what it calls, and its examples."""
