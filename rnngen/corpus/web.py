"""HTML to the text that a page shows: no tags, scripts, styles, navigation or hidden parts.

Blanks are what a browser makes of them: a blank line around paragraphs and headings, a new line for
list items, rows and `<br>`, a tab between the cells of a row. Where a page has `<main>`, that is
the text.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from rnngen.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Attributes = list[tuple[str, str | None]]


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


VOID = _names("area base br col embed hr img input link meta param source track wbr")
"""Elements that have no end."""
DROPPED = _names(
    "audio button canvas datalist dialog iframe nav noscript object option rp rt "
    "script select style svg template textarea title video"
)
ROLES = frozenset(("banner", "contentinfo", "menu", "menubar", "navigation", "search", "toolbar"))
BOOK_TYPES = frozenset(("landmarks", "noteref", "page-list", "pagebreak", "toc"))
"""Of EPUB: what leads to other places."""
PARAGRAPHS = _names(
    "article blockquote dl figure h1 h2 h3 h4 h5 h6 hr main ol p pre section table ul"
)
LINES = _names(
    "address aside body caption center dd details div dt fieldset figcaption footer "
    "form header hgroup legend li summary tbody tfoot thead tr"
)
CELLS = frozenset(("td", "th"))
IMPLIED = _names("dd dt li option p td th tr")
"""One of these that follows another ends it."""
BLANKS = re.compile(r"[ \t\n\r\f]+")
TWO_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*\n")
SOFT_HYPHEN = "\u00ad"
MOST_DEPTH = 512
"""Elements inside each other that are kept account of, as in browsers."""
MOST_HELD = 1 << 20
"""Characters that wait for a `<main>`."""
WAITING = 1 << 13
"""Characters of a tag that is not closed yet, after which more is read before it is tried again."""
LONGEST_TAG = 1 << 26
"""Characters; images within a page are shorter."""


def read_html(pieces: Iterable[str], name: str) -> Iterator[str]:
    """The text of an HTML page.

    Raises CorpusError, with `name`, for a tag that seems to have no end.
    """
    reader = _PageReader()
    waiting: list[str] = []
    length = 0
    for piece in pieces:
        waiting.append(piece)
        length += len(piece)
        # Of a tag of a megabyte, such as an image within the page, not each block tries all again.
        if len(reader.rawdata) < WAITING or length >= len(reader.rawdata):
            reader.feed("".join(waiting))
            waiting, length = [], 0
        if length + len(reader.rawdata) > LONGEST_TAG:
            raise CorpusError(
                f"{name}: no HTML that can be read: a tag in it has no end, not in "
                f"{LONGEST_TAG >> 20} million characters. `format` text reads the file as it is."
            )
        yield from reader.take()
    reader.feed("".join(waiting))
    if len(reader.rawdata) < WAITING:  # else a tag that never ends, which is no text
        reader.close()
    yield from reader.take(is_end=True)


class _PageReader(HTMLParser):
    """Collects the text of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []
        """The elements around the place that is read."""
        self._dropped = 0
        """How many of them there are down to the outermost that is dropped; 0: none is."""
        self._main = 0
        """The same of `<main>`."""
        self._pre = 0
        self._is_over = False
        """The `<main>` has ended."""
        self._text: list[str] = []
        self._held = 0
        self._has_given = False
        self._newlines = 0
        """Line ends that stand before the next text, if there is text before them."""
        self._blank = ""
        self._is_empty = True
        """No text was collected."""

    def take(self, *, is_end: bool = False) -> Iterator[str]:
        """The text that is certain."""
        if is_end or self._main or self._is_over or self._held > MOST_HELD:
            self._has_given = self._has_given or self._held > 0
            text, self._text, self._held = "".join(self._text), [], 0
            if text:
                yield text

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        if tag in IMPLIED and self._open and self._open[-1] == tag:
            self.handle_endtag(tag)
        if tag == "main" and not (self._main or self._dropped or self._has_given or self._is_over):
            self._text, self._held, self._newlines, self._is_empty = [], 0, 0, True
            self._main = len(self._open) + 1
        self._separate(tag, is_start=True)
        if tag in VOID or len(self._open) >= MOST_DEPTH:
            return
        self._open.append(tag)
        self._pre += tag == "pre"
        if not self._dropped and (tag in DROPPED or _is_hidden(dict(attrs))):
            self._dropped = len(self._open)

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self._separate(tag, is_start=True)  # <p/>, <script/>: nothing is inside

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._pop() != tag:
                pass
        self._separate(tag, is_start=False)

    def handle_data(self, data: str) -> None:
        if self._dropped or self._is_over:
            return
        data = data.replace(SOFT_HYPHEN, "")
        if self._pre:
            self._add_verbatim(TWO_BLANK_LINES.sub("\n\n", data))
        elif data.strip():
            text = BLANKS.sub(" ", data)
            if text[0] == " ":
                self._blank = self._blank or " "
            self._add(text.strip(" "))
            self._blank = " " if text[-1] == " " else ""
        elif data:
            self._blank = self._blank or " "

    def _add(self, text: str) -> None:
        if not text:
            return
        if not self._is_empty:
            text = ("\n" * self._newlines or self._blank) + text
        self._text.append(text)
        self._held += len(text)
        self._newlines, self._blank, self._is_empty = 0, "", False

    def _add_verbatim(self, data: str) -> None:
        """Text in which line ends are line ends; those at its end wait for what follows."""
        text = data.strip("\n")
        ends = [len(data) - len(data.lstrip("\n")), len(data) - len(data.rstrip("\n"))]
        self._newlines = min(2, max(self._newlines, ends[0]))
        self._add(text)
        self._newlines = min(2, max(self._newlines, ends[1]))

    def _separate(self, tag: str, *, is_start: bool) -> None:
        if self._dropped or self._is_over:
            return
        if tag == "br":
            self._newlines = min(2, self._newlines + is_start)
        elif tag in PARAGRAPHS:
            self._newlines = 2
        elif tag in LINES:
            self._newlines = max(1, self._newlines)
        elif tag in CELLS and is_start:
            self._blank = "\t"

    def _pop(self) -> str:
        """Leave the innermost element."""
        depth, tag = len(self._open), self._open.pop()
        self._pre -= tag == "pre"
        if depth == self._dropped:
            self._dropped = 0
        if depth == self._main:
            self._main, self._is_over = 0, True
        return tag


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    """Whether an element is not shown, or leads to other places."""
    style = "".join((attributes.get("style") or "").lower().split())
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or attributes.get("role") in ROLES
        or not BOOK_TYPES.isdisjoint((attributes.get("epub:type") or "").split())
        or "display:none" in style
    )
