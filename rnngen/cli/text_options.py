"""Options of the commands that read texts: what to read, and how it is cut into tokens."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated, Any

from rnngen import console
from rnngen.cli.options import setting
from rnngen.config.text import ReadingConfig, TextConfig

if TYPE_CHECKING:
    from rnngen.corpus import Corpus, CorpusShard

Valid = Annotated[str | None, setting(TextConfig, "valid", metavar="FILE")]
Documents = Annotated[str | None, setting(TextConfig, "documents", show_default=False)]
"""Where a text is only read, documents are by default what they were in training."""
Encoding = Annotated[str | None, setting(TextConfig, "encoding")]
Column = Annotated[str | None, setting(TextConfig, "column")]
Errors = Annotated[str | None, setting(TextConfig, "errors")]
Format = Annotated[str | None, setting(TextConfig, "format")]
Delimiter = Annotated[str | None, setting(TextConfig, "delimiter", metavar="CHAR")]
Quoting = Annotated[str | None, setting(TextConfig, "quoting")]
Clean = Annotated[str | None, setting(TextConfig, "clean")]
Speaker = Annotated[str | None, setting(TextConfig, "speaker", metavar="NAME")]
MaxGrowth = Annotated[int | None, setting(TextConfig, "max_growth")]
Label = Annotated[str | None, setting(TextConfig, "label", metavar="COLUMN|folder|file")]
StrictRows = Annotated[bool | None, setting(TextConfig, "strict", "--strict")]
TokenizerKind = Annotated[str | None, setting(TextConfig, "tokenizer")]
VocabSize = Annotated[int | None, setting(TextConfig, "vocab_size")]
Subwords = Annotated[str | None, setting(TextConfig, "subwords")]
MinCount = Annotated[int | None, setting(TextConfig, "min_count")]
Novelty = Annotated[bool | None, setting(TextConfig, "novelty", "--novelty/--no-novelty")]

Private = Annotated[bool | None, setting(TextConfig, "private", "--private")]

READING = tuple(f.name for f in dataclasses.fields(ReadingConfig) if f.name != "label")
"""The settings that say how files are read, where nothing is trained on them."""
TEXT = tuple(f.name for f in dataclasses.fields(TextConfig) if f.name != "paths")
"""The settings that say what to read. The others say how to train on it."""


def reading(params: dict[str, Any]) -> dict[str, Any]:
    """What the options say of how files are read."""
    return {name: params[name] for name in READING if params[name] is not None}


def text(files: list[str], given: dict[str, Any]) -> TextConfig:
    """What the options say to read."""
    from rnngen.config import TextConfig

    return TextConfig(paths=files, **{name: given[name] for name in TEXT if name in given})


def tell_corpus(corpus: Corpus, part: CorpusShard | None = None) -> None:
    """Say how files were read, and what was left out of them, or of a part."""
    for line in (*corpus.notes, *(part or corpus).remarks()):
        console.remark(line)
