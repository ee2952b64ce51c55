"""`rnngen clean`: the room that texts cut into tokens take."""

from __future__ import annotations

from typing import Annotated

import typer

from rnngen import console
from rnngen.cli import options

EXAMPLES = """
\b
Examples:
  rnngen clean --dry-run
  rnngen clean --yes
  rnngen clean --json
"""


def command(
    yes: options.Yes = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only print what would be deleted.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per file or folder. Delete none.")
    ] = False,
) -> None:
    """Delete texts that were kept as tokens, after showing what that frees.

    Training makes them again from the text. No run or model is touched. It asks on a terminal.
    Elsewhere nothing is deleted without --yes.
    """
    from rnngen import runs
    from rnngen.console.models import human_date, human_size
    from rnngen.dataset import kept

    found = kept.list_kept(runs.home())
    if as_json:
        for entry in found:
            typer.echo(console.to_json(entry.to_dict()))
        return
    if not found:
        console.note("there is nothing to delete: no text is kept as tokens")
        return
    width = max(len(entry.about) for entry in found)
    for entry in found:
        size, used = human_size(entry.bytes), human_date(entry.used)
        line = f"{size:>8}  {entry.about:<{width}}  used {used}  {entry.path.name}"
        if dry_run:
            console.put(line + "\n")
        else:
            console.note(line)
    total = human_size(sum(entry.bytes for entry in found))
    place = kept.folder(runs.home())
    if dry_run:
        console.note(f"{place}: {total} would be free")
    elif options.confirmed(f"Delete all {total} of {place}?", yes=yes):
        kept.delete(found)
        console.note(f"{place}: {total} freed")
