"""`rnngen info`: what a model is, what it was trained on, and how well."""

from __future__ import annotations

from typing import Annotated

import typer

from rnngen import console
from rnngen.cli import options

EXAMPLES = """
\b
Examples:
  rnngen info haiku
  rnngen info haiku --all
  rnngen info haiku --json
"""


def command(
    name: options.ModelName = None,
    show_all: Annotated[
        bool, typer.Option("--all", help="Print all there is to know, one key a line.")
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print one JSON object. docs/scripting.md explains its keys."),
    ] = False,
) -> None:
    """Show what a model is, what it was trained on, and how well.

    The first ten lines are for people. For programs there are --all and --json.
    """
    from rnngen import checkpoint, runs

    path = runs.find_model(options.resolve_model(name))
    facts = checkpoint.describe(path, checkpoint.load_model(path))
    if as_json:
        typer.echo(console.to_json(facts))
        return
    from rnngen.console.models import fact_lines, model_summary

    for line in fact_lines(facts) if show_all else model_summary(facts):
        typer.echo(line)
