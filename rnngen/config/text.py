"""Which text is read, how its files are read, and how it is cut into tokens."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from rnngen.config.base import Config, setting
from rnngen.errors import ConfigError, CorpusError

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMATS = ("auto", "text", "csv", "tsv", "jsonl", "json", "markdown", "subtitles", "html", "epub")
QUOTING = ("auto", "none", "csv")
ERRORS = ("strict", "replace", "skip")
CLEAN = ("chat",)
DOCUMENTS = ("auto", "line", "paragraph", "section", "file", "none")
TOKENIZERS = ("char", "byte", "subword")
SUBWORDS = ("bpe", "unigram")
TEXT = "Text"
of_text = partial(setting, group=TEXT)
of_tokens = partial(setting, group="Tokens")
NAMED_DELIMITERS = {"\\t": "\t", "tab": "\t"}


@dataclass(frozen=True, kw_only=True)
class ReadingConfig(Config):
    """How the files of a corpus are read."""

    encoding: str = of_text("Encoding of the files.", "utf-8")
    errors: str = of_text(
        "Bytes that are not in the encoding: strict refuses them, replace puts U+FFFD in their"
        " place, skip leaves them out.",
        "strict",
        choices=ERRORS,
    )
    column: str | None = of_text(
        "Column of a table that holds the text: its name, or its number from 1 if there is no"
        " header.",
        None,
    )
    format: str = of_text(
        "Format of all files. auto goes by the ending of each file, text reads them as they are.",
        "auto",
        choices=FORMATS,
    )
    delimiter: str | None = of_text(
        "Character between the fields of a table. Detected from the table if you omit it.", None
    )
    quoting: str = of_text(
        "Quotation marks in .csv and .tsv files: none reads them as text, csv as quoting, auto"
        " looks.",
        "auto",
        choices=QUOTING,
    )
    strict: bool = of_text("Refuse a table with a row that has no text.", False)
    clean: str | None = of_text(
        "What the files are that need cleaning: chat, an exported chat, of which `Ann: text` is"
        " left, without time stamps and notices.",
        None,
        choices=CLEAN,
    )
    max_growth: int | None = of_text(
        "How many times its size a compressed file may unpack to, 64 MB aside. 250 if you omit it.",
        None,
    )
    speaker: str | None = of_text("Only what this person says in the chat, without the name.", None)
    label: str | None = of_text(
        "What labels each document, for `sample --label`: a column of a table, folder or file for"
        " the name of those, speaker in a chat.",
        None,
    )

    def __post_init__(self) -> None:
        """Raises ConfigError for a value that cannot be, CorpusError for an unknown encoding."""
        self._check_types()
        self._check_choice("errors", ERRORS)
        self._check_choice("format", FORMATS)
        self._check_choice("quoting", QUOTING)
        check_encoding(self.encoding)
        delimiter = NAMED_DELIMITERS.get(self.delimiter or "", self.delimiter)
        if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\n\r'):
            raise ConfigError(
                f"`delimiter` must be one character, such as ';' or '\\t', got {self.delimiter!r}."
            )
        object.__setattr__(self, "delimiter", delimiter)
        if self.max_growth is not None:
            self._check_integer("max_growth", 1)
        if self.clean is not None:
            self._check_choice("clean", CLEAN)
        elif self.speaker is not None:
            raise ConfigError(f"`speaker` {self.speaker} needs `clean` chat.")
        if self.format == "text" and self.column is not None:
            raise ConfigError(
                f"`column` {self.column} is for tables, and `format` text reads none. Leave one of"
                " them out."
            )


@dataclass(frozen=True, kw_only=True)
class TextConfig(ReadingConfig):
    """Which text to read, and how to cut it into tokens."""

    paths: Sequence[str] = of_text("Files, folders, globs, URLs, or - for stdin.", ())
    valid: str | None = of_text("File to hold out in place of a share of the text.", None)
    documents: str = of_text(
        "What separates documents: line, paragraph (a blank line), section (two), file, or none"
        " (one continuous text). auto looks at the text.",
        "auto",
        choices=DOCUMENTS,
    )
    tokenizer: str = of_tokens("Kind of tokens.", "char", choices=TOKENIZERS)
    vocab_size: int | None = of_tokens(
        "Number of subword tokens. Chosen from the size of the text if you omit it.", None
    )
    subwords: str = of_tokens("How subwords are found.", "bpe", choices=SUBWORDS)
    min_count: int = of_tokens("Characters rarer than this are written as bytes.", 2)
    novelty: bool | None = setting(
        "Keep an index of the text for `sample --novel`. On unless it takes over 2 MB.", None
    )

    private: bool = setting(
        "Keep nothing of the text in the model but what its weights have learned: no list of words,"
        " no index for `sample --novel`, no names of files.",
        False,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_choice("tokenizer", TOKENIZERS)
        self._check_choice("subwords", SUBWORDS)
        self._check_choice("documents", DOCUMENTS)
        if self.vocab_size is not None:
            if self.tokenizer != "subword":
                raise ConfigError(f"`vocab_size` is for `tokenizer` subword, not {self.tokenizer}.")
            self._check_integer("vocab_size", 1)
        self._check_integer("min_count", 1)
        if self.novelty not in (None, True, False):
            raise ConfigError(f"`novelty` is on or off, got {self.novelty!r}.")
        self._check_private()

    def _check_private(self) -> None:
        if not self.private:
            return
        if self.novelty:
            raise ConfigError("`private` keeps no index of the text, and `novelty` asks for one.")
        if self.label is not None:
            raise ConfigError("`private` keeps no words of the text, and a `label` is one.")
        if self.tokenizer == "subword":
            raise ConfigError(
                "`private` keeps no words of the text, and subwords are made of them. Use"
                " `tokenizer` char or byte, or the subwords of another model with `init_from`."
            )


def check_encoding(encoding: str) -> None:
    """Raises CorpusError unless Python can decode text from `encoding`, block by block."""
    try:
        codecs.getincrementaldecoder(encoding)
        "a".encode(encoding)
    except (LookupError, ValueError) as error:
        raise CorpusError(
            f"unknown encoding {encoding!r}. Try utf-8, utf-16, latin-1, cp1252 or shift_jis."
        ) from error
