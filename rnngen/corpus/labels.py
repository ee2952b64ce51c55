"""The label of each document: a column of a table, a folder's or a file's name, who speaks."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from rnngen.corpus import remote
from rnngen.corpus.columns import has_label
from rnngen.corpus.files import COMPRESSED
from rnngen.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rnngen.config import ReadingConfig
    from rnngen.corpus.files import Source
    from rnngen.corpus.tally import Tally

LONGEST = 200
"""Characters of a label, at most."""
PLACES = ("folder", "file")
"""What may label all that is in a file. A table may have a column that is called so."""
SPEAKER = "speaker"
"""Of a chat: who says it."""


def check_label(sources: Sequence[Source], reading: ReadingConfig) -> None:
    """Raises CorpusError unless each file says what the labels of its documents are."""
    label = reading.label
    if label is None:
        return
    for source in sources:
        if source.table:
            if not has_label(source, reading) and label not in PLACES:
                raise CorpusError(
                    f"{source.name}: no column {label!r} for the `label`. Name one of its columns, "
                    f"or {' or '.join(PLACES)} for the name of those."
                )
        elif reading.clean == "chat" and label == SPEAKER:
            continue
        elif label not in PLACES:
            chat = ", or speaker in a chat" if reading.clean is None else ", or speaker"
            raise CorpusError(
                f"{source.name}: `label` {label!r} would be a column of a table, and this is none. "
                f"Texts have folder or file as their `label`{chat}."
            )
        elif source.spooled:
            raise CorpusError(
                f"stdin has no {label} for a `label`. Name files, or a table's column."
            )


def has_place(source: Source, reading: ReadingConfig) -> bool:
    """Whether all documents of a file have one label, from where it is."""
    if reading.label not in PLACES:
        return False
    return not (source.table and has_label(source, reading))


def places(sources: Sequence[Source], reading: ReadingConfig) -> list[str | None]:
    """The label of each file that has one."""
    return [place_label(each, reading) if has_place(each, reading) else None for each in sources]


def of_row(label: str, source: Source, reading: ReadingConfig, tally: Tally) -> str | None:
    """The label of a row; None if there are none."""
    if reading.label is None:
        return None
    found = clean_label(label, source)
    tally.unlabelled_rows += not found
    return found


def place_label(source: Source, reading: ReadingConfig) -> str:
    """The label of all documents of a file, if it has no column for them."""
    path = source.path.split("?")[0] if remote.is_remote(source.path) else source.path
    name = Path(path)
    if reading.label == "folder":
        return clean_label(name.parent.name, source)
    if name.suffix.lower() in COMPRESSED:
        name = name.with_suffix("")
    return clean_label(name.stem, source)


def clean_label(label: str, source: Source) -> str:
    """A label in NFC, in one line. Raises CorpusError for one that is a text."""
    found = unicodedata.normalize("NFC", " ".join(label.split()))
    if len(found) > LONGEST:
        raise CorpusError(
            f"{source.name}: a label of {len(found):,} characters, {found[:40]!r}...; choose a "
            "`label` of short names."
        )
    return found
