"""Files that are text with markup: which they are, and what is read of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rnngen.corpus import remote
from rnngen.corpus.files import MARKUP, ending
from rnngen.corpus.text import compose, decode
from rnngen.counts import count
from rnngen.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rnngen.config import ReadingConfig
    from rnngen.corpus.files import Source
    from rnngen.corpus.tally import Tally

SAID = {
    "markdown": ("Markdown file", "markup, code blocks and front matter"),
    "subtitles": ("subtitle file", "numbers, time stamps and tags"),
    "html": ("HTML file", "tags, scripts, styles and navigation"),
    "epub": ("EPUB book", "tags, styles and contents"),
}
"""What such files are called, and what of them is dropped."""


def kind_of(source: Source, reading: ReadingConfig) -> str:
    """One of `SAID`, "" for a file without markup."""
    if reading.format != "auto":
        return reading.format if reading.format in SAID else ""
    if source.spooled:
        return ""
    path = source.path
    if remote.is_remote(path):  # https://example.org/book.epub?download=1
        path = path.split("?")[0].split("#")[0]
    return MARKUP.get(ending(path, tuple(MARKUP)), "")


def refusal(source: Source) -> str:
    """Why a book cannot be read; "" for any other file, and for a book that can."""
    if not ending(source.path, (".epub",)):
        return ""
    if source.markup != "epub":
        return "a book, which is no plain text"
    from rnngen.corpus import epub

    try:
        epub.check(source)
    except CorpusError as error:
        return str(error).removeprefix(f"{source.name}: ").rstrip(".")
    return ""


def texts(source: Source, reading: ReadingConfig, tally: Tally) -> Iterator[Iterator[str]]:
    """What is read of a file with markup, NFC: each chapter of a book, all of another file."""
    if source.markup == "epub":
        from rnngen.corpus import epub

        yield from map(compose, epub.chapters(source, reading, tally))
        return
    yield compose(_read(source, decode(source, reading, tally)))


def remarks(sources: Iterable[Source]) -> list[str]:
    """What is dropped of files with markup, a sentence for each kind of them."""
    found = Counter(source.markup for source in sources if source.markup)
    said = []
    for kind, (name, dropped) in SAID.items():
        if number := found[kind]:
            said.append(f"{count(number, name)}: {dropped} dropped.")
    return said


def _read(source: Source, pieces: Iterator[str]) -> Iterator[str]:
    if source.markup == "markdown":
        from rnngen.corpus import markdown

        return markdown.read_markdown(pieces)
    if source.markup == "subtitles":
        from rnngen.corpus import subtitles

        is_vtt = bool(ending(source.path, (".vtt",)))
        return filter(None, subtitles.read_subtitles(pieces, source.name, is_vtt=is_vtt))
    from rnngen.corpus import web

    return web.read_html(pieces, source.name)
