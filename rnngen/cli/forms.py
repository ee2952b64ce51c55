"""`rnngen forms`: the forms that --form knows."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnngen import console
from rnngen.cli import options

if TYPE_CHECKING:
    from rnngen.forms.spec import FormSpec

EXAMPLES = """
\b
Examples:
  rnngen forms
  rnngen forms haiku > mine.toml
  rnngen forms --json > forms.jsonl
"""


def command(
    name: options.NamedForm = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per line.")
    ] = False,
) -> None:
    """List the forms, or print one as a TOML file to copy and change.

    Write with your own file: rnngen sample --form-file mine.toml.
    """
    from rnngen.forms import spec

    found = [spec.load(each) for each in ([name] if name else spec.builtin_names())]
    if as_json:
        lines = [console.to_json(_facts(form)) for form in found]
    elif name:
        lines = [spec.source(name)]
    else:
        width = max(len(form.name) for form in found)
        lines = [f"{form.name:<{width}}  {form.about}" for form in found]
    for line in lines:
        sys.stdout.write(line.removesuffix("\n") + "\n")


def _facts(form: FormSpec) -> dict[str, Any]:
    """The keys of --json: those of the TOML file."""
    facts = {key.rstrip("_"): getattr(form, key) for key in form.__dataclass_fields__}
    return {**facts, "lines": [list(line) for line in form.lines]}
