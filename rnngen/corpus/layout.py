"""How one table is read, once it is known; stored with a run, so that it is read so again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

from rnngen.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class TableLayout:
    """What turns the lines of a file into rows."""

    format: str
    """`csv` (fields between delimiters, whichever), `jsonl` (an object a line) or `json`."""
    delimiter: str = ","
    quotes: bool = True
    """Quotation marks enclose fields; else they are text."""
    skips_space: bool = False
    """Blanks that follow a delimiter are no text."""
    lines_before: int = 0
    """Lines before the first row: Excel's `sep=;`."""
    has_header: bool = True
    """The first row names the columns; else they go by number."""
    is_lenient: bool = False
    """As version 0.1 read tables: what a row has beyond the header is dropped."""

    def describe(self) -> dict[str, Any]:
        """JSON that `from_dict` reads."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Raises CorpusError for what `describe` does not write."""
        try:
            return cls(**values)
        except TypeError as error:
            raise CorpusError(f"the stored description of a table is damaged: {error}.") from error
