"""How files are read: the settings a user may give, checked once."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from rnngen.errors import ConfigError, CorpusError

FORMATS = ("auto", "text", "csv", "tsv", "jsonl", "json")
QUOTING = ("auto", "none", "csv")
ERRORS = ("strict", "replace", "skip")
NAMED_DELIMITERS = {"\\t": "\t", "tab": "\t"}


@dataclass(frozen=True)
class Reading:
    """How the files of a corpus are read."""

    encoding: str = "utf-8"
    errors: str = "strict"
    """What becomes of bytes that are not in `encoding`: one of ERRORS."""
    column: str | None = None
    """The column of tables that holds the text, by its name; or its number, from 1, in a table
    without a header."""
    format: str = "auto"
    """One of FORMATS; "auto" goes by each file's ending."""
    delimiter: str | None = None
    """What stands between the fields of a .csv or .tsv file; None: it is found out."""
    quoting: str = "auto"
    """What quotation marks are in a .csv or .tsv file: one of QUOTING."""
    strict: bool = False
    """Whether a row without text is an error; else it is left out and counted."""

    def __post_init__(self) -> None:
        """Raises ConfigError for a value that cannot be, CorpusError for an unknown encoding."""
        _check_choice("--errors", self.errors, ERRORS)
        _check_choice("--format", self.format, FORMATS)
        _check_choice("--quoting", self.quoting, QUOTING)
        check_encoding(self.encoding)
        delimiter = NAMED_DELIMITERS.get(self.delimiter or "", self.delimiter)
        if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\n\r'):
            raise ConfigError(
                f"--delimiter must be one character, such as ';' or '\\t', got {self.delimiter!r}."
            )
        object.__setattr__(self, "delimiter", delimiter)
        if self.format == "text" and self.column is not None:
            raise ConfigError(
                f"--column {self.column} is for tables, and --format text reads none; "
                "leave one of them out."
            )


def _check_choice(option: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ConfigError(f"{option} must be one of {', '.join(choices)}, got {value}.")


def check_encoding(encoding: str) -> None:
    """Raises CorpusError unless Python can decode text from `encoding`, block by block."""
    try:
        codecs.getincrementaldecoder(encoding)
        "a".encode(encoding)
    except (LookupError, ValueError) as error:
        raise CorpusError(
            f"unknown encoding {encoding!r}. Try utf-8, utf-16, latin-1, cp1252 or shift_jis."
        ) from error
