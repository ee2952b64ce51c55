"""`rnngen models`: what can be named."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from rnngen import console, runs

EXAMPLES = """
\b
Examples:
  rnngen models
  rnngen models --json
  rnngen sample "$(rnngen models | head -n 1 | cut -f 1)"
"""


def command(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per line.")
    ] = False,
) -> None:
    """List the models that you can name, newest first.

    Prints one model per line. Tabs separate name, cell, tokenizer, bits per byte, bytes, date and
    file. A - stands for what a model does not say. A last field says what is wrong with a broken
    one.
    """
    found = runs.model_files()
    if not found:
        console.note("rnngen: note: there is no model yet. Train one with: rnngen train FILE")
    for name, file in found.items():
        facts = _facts(name, file)
        typer.echo(console.to_json(facts) if as_json else _line(facts))


def _facts(name: str, file: Path) -> dict[str, Any]:
    facts, damage = runs.peek(file)
    metrics = facts.get("metrics")
    bits = metrics.get("best_valid_bits_per_byte") if isinstance(metrics, dict) else None
    stat = file.stat()
    shown = {
        "name": name,
        "cell": facts.get("model", {}).get("cell"),
        "tokenizer": facts.get("tokenizer", {}).get("kind"),
        "bits_per_byte": round(bits, 4) if isinstance(bits, float) else None,
        "bytes": stat.st_size,
        "date": time.strftime("%Y-%m-%d", time.localtime(stat.st_mtime)),
        "path": str(file),
    }
    return shown | {"broken": damage} if damage else shown


def _line(facts: dict[str, Any]) -> str:
    fields = ("-" if value is None else console.one_line(str(value)) for value in facts.values())
    return "\t".join(fields)
