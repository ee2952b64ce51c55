"""`rnngen info`: what a model is, what it was trained on, and how well."""

from __future__ import annotations

from typing import Annotated

import typer

from rnngen.cli import options

EXAMPLES = """
\b
Examples:
  rnngen info haiku
  rnngen info haiku --json
  rnngen info checkpoints/shipped/haiku
"""


def command(
    name: options.ModelName = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print one JSON object. docs/scripting.md explains its keys."),
    ] = False,
) -> None:
    """Show what a model is, what it was trained on, and how well."""
    from rnngen import checkpoint, console, runs

    path = runs.find_model(name or runs.latest())
    facts = checkpoint.describe(path, checkpoint.load_model(path))
    typer.echo(console.to_json(facts) if as_json else console.table(facts))
