"""Options that several commands share, and help texts taken from the configs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnngen.config import Config, option

if TYPE_CHECKING:
    from rnngen.job import Text


def setting(config: type[Config], name: str, *flags: str) -> Any:
    """The option for one field of a config: its name and help are the field's."""
    return typer.Option(*(flags or (option(name),)), help=config.help(name))


Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE...",
        help="Text files (also .gz, .xz, .bz2, .zst), folders of .txt files, globs, - for stdin.",
    ),
]
Documents = Annotated[
    str | None,
    typer.Option(
        help="What separates documents: auto, line, paragraph (a blank line), section (two), "
        "file, or none (one continuous text).",
    ),
]
Encoding = Annotated[str | None, typer.Option(help="Encoding of the files; UTF-8 by default.")]
Column = Annotated[
    str | None, typer.Option(help="Which column of .csv, .tsv or .jsonl files holds the text.")
]
TokenizerKind = Annotated[
    str | None, typer.Option("--tokenizer", help="char, byte or subword; char by default.")
]
VocabSize = Annotated[int | None, typer.Option(help="Number of subword tokens.")]
ModelType = Annotated[
    str | None, typer.Option("--subwords", help="How subwords are found: bpe or unigram.")
]
MinCount = Annotated[
    int | None, typer.Option(help="Characters rarer than this are written as bytes.")
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="TOML file of settings; options win over it.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]

TEXT = (
    "valid",
    "documents",
    "encoding",
    "column",
    "tokenizer",
    "vocab_size",
    "model_type",
    "min_count",
)
"""The settings that say what to read; the others say how to train on it."""


def text(files: list[str], given: dict[str, Any]) -> Text:
    """What the options say to read."""
    from rnngen.job import Text

    return Text(files, **{name: given[name] for name in TEXT if name in given})
