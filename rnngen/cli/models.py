"""`rnngen models`: what can be named."""

from __future__ import annotations

import json
import time
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

    Prints one model per line. Tabs separate name, cell, tokenizer, bits per byte, bytes, date
    and file.
    """
    found = runs.model_files()
    if not found:
        console.note("rnngen: note: there is no model yet. Train one with: rnngen train FILE")
    for name, file in found.items():
        facts = _facts(name, file)
        typer.echo(json.dumps(facts) if as_json else "\t".join(map(str, facts.values())))


def _facts(name: str, file: Any) -> dict[str, Any]:
    facts = runs.peek(file)
    bits = facts.get("metrics", {}).get("best_valid_bits_per_byte")
    stat = file.stat()
    return {
        "name": name,
        "cell": facts.get("model", {}).get("cell"),
        "tokenizer": facts.get("tokenizer", {}).get("kind"),
        "bits_per_byte": bits and round(bits, 4),
        "bytes": stat.st_size,
        "date": time.strftime("%Y-%m-%d", time.localtime(stat.st_mtime)),
        "path": str(file),
    }
