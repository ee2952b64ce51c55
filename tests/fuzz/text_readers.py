"""The readers of texts: plain, tables, markup, subtitles, books and what is compressed."""

from __future__ import annotations

import bz2
import gzip
import lzma
from typing import TYPE_CHECKING

from rnngen.corpus import open_corpus
from tests.corpus import books
from tests.fuzz.base import Reader
from tests.fuzz.cases import composed, mutated

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

ANY = ["a", "the old pond", " ", "\n", "\n\n", "\r\n", "\r", "\t", "\ufeff", "é", "\u2028"]
ANY += ["\x1b[2J", "\u202e", "x" * 300, "9" * 30, "-1", "日本語", "\U0001f642", "e\u0301", '"', "'"]
TABLE = [*ANY, ",", ";", "|", ",,", '""', '"a\nb"', "text,id\n", "id\ttext\n", '"a"b,', "1,2\n"]
JSON = [*ANY, "{", "}", "[", "]", ":", ",", '{"text": "a b"}\n', '{"text": 1}\n', '"text"', "null"]
JSON += ['"\\ud800"', "1e999", "NaN", '{"id": "a", "text": "b c", "x": [[]]}\n', "\\", "true"]
MARKDOWN = [*ANY, "# ", "---\n", "```\n", "~~~", "* ", "> ", "[a](b)", "![", "<!--", "-->", "| a |"]
MARKDOWN += ["<div>", "</div>", "1. ", "**", "__", "&amp;", "[^1]: ", "    code\n", "***\n", "\\*"]
SUBTITLES = [
    *ANY,
    "1\n",
    "00:00:01,000 --> 00:00:02,000\n",
    "00:01.000 --> 00:02.000\n",
    "WEBVTT\n",
]
SUBTITLES += ["NOTE a\n", "STYLE\n", "<i>", "</i>", "{\\an8}", "-->", "<v Bob>", "00:00:", "&lt;"]
HTML = [*ANY, "<p>", "</p>", "<script>", "</script>", "<!--", "-->", "<div ", 'class="a', ">", "<"]
HTML += ["&#x110000;", "&#0;", "&amp;", "&bogus;", "<![CDATA[", "]]>", "<br/>", "<pre>", "<?xml ?>"]
HTML += ["<title>", "<table><tr><td>", '<meta charset="utf-7">', "<html>", "<body>", "<a><a><a>"]
BOOK = [*HTML, '<item id="i0" ', 'href="text/page%200.xhtml"', "<itemref ", 'href="../../x"', "/>"]
BOOK += [
    'idref="i0"',
    "<manifest>",
    "<spine>",
    "<package>",
    "<!DOCTYPE a [<!ENTITY b 'c'>]>",
    "&b;",
]


class TextReader(Reader):
    """A file of text, read as a corpus, its documents too."""

    suffix = ".txt"
    parts = ANY
    column: str | None = None
    text = "the old pond\na frog jumps in\n\nthe sound of water\n"

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self.seeds = [self.packed(self.text.encode()), self.packed((self.text * 30).encode())]

    def packed(self, content: bytes) -> bytes:
        return content

    def structured(self, rng: Random) -> bytes:
        text = self.text if rng.random() < 0.3 else self.text.partition("\n")[0] + "\n"
        text = rng.choice((text, "")) + composed(self.parts, rng)
        if rng.random() < 0.1:
            text += "\0"
        encoding = rng.choice((*["utf-8"] * 9, "utf-16", "latin-1", "utf-16-be"))
        return self.packed(text.encode(encoding, "replace"))

    def read(self, path: Path) -> None:
        corpus = open_corpus([str(path)], column=self.column)
        for _ in corpus.notes:
            pass
        for text, _ in corpus.pieces():
            text.encode()
        corpus.digest()
        corpus.description()
        corpus.remarks()


class CsvReader(TextReader):
    suffix = ".csv"
    parts = TABLE
    column = "text"
    text = 'id,text,mood\n1,"the old, pond",a\n2,"a ""frog"" jumps\nin",b\n3,water,c\n'


class TsvReader(TextReader):
    suffix = ".tsv"
    parts = TABLE
    column = "text"
    text = "id\ttext\n1\tthe old pond\n2\ta frog jumps in\n"


class JsonLinesReader(TextReader):
    suffix = ".jsonl"
    parts = JSON
    column = "text"
    text = '{"id": 1, "text": "the old pond"}\n{"id": 2, "text": "a frog \\u00e9"}\n'


class MarkdownReader(TextReader):
    suffix = ".md"
    parts = MARKDOWN
    text = "---\ntitle: a\n---\n# Pond\n\nthe *old* [pond](a)\n\n```\ncode\n```\n\n- a frog\n"


class SubtitlesReader(TextReader):
    suffix = ".srt"
    parts = SUBTITLES
    text = (
        "1\n00:00:01,000 --> 00:00:02,000\nthe <i>old</i> pond\n\n2\n00:00:03,00 --> 00:00:04\na\n"
    )


class WebSubtitlesReader(TextReader):
    suffix = ".vtt"
    parts = SUBTITLES
    text = (
        "WEBVTT\n\nNOTE a\n\n1\n00:01.000 --> 00:02.000\n<v Bob>the old pond\n\n00:03.0 --> 00:04\n"
    )


class HtmlReader(TextReader):
    suffix = ".html"
    parts = HTML
    text = "<html><head><title>a</title></head><body><p>old &amp; pond</p><script>x</script></body>"


class EpubReader(TextReader):
    suffix = ".epub"
    parts = HTML
    text = "<html><body><p>the old pond</p></body></html>"

    def packed(self, content: bytes) -> bytes:
        return books.book(content.decode("utf-8", "replace"), self.text)

    def structured(self, rng: Random) -> bytes:
        parts = books.parts(self.text + composed(self.parts, rng), self.text)
        for name in rng.sample(sorted(parts), rng.choice((0, 1, 1, 2))):
            content = parts.pop(name)
            if rng.random() < 0.3:
                continue
            if rng.random() < 0.3:
                name = rng.choice(("a", "../a", "a%20b.xhtml", "é", "/etc/x", "a" * 300))
            parts[name] = mutated(
                [_encoded(content), composed(BOOK, rng).encode("utf-8", "replace")], rng
            )
        return books.zipped({name: _encoded(content) for name, content in parts.items()})


def _encoded(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode("utf-8", "replace")


class GzipReader(TextReader):
    suffix = ".txt.gz"

    def packed(self, content: bytes) -> bytes:
        return gzip.compress(content, 1)


class XzReader(TextReader):
    suffix = ".txt.xz"

    def packed(self, content: bytes) -> bytes:
        return lzma.compress(content, preset=0)


class Bzip2Reader(TextReader):
    suffix = ".csv.bz2"
    parts = TABLE
    column = "text"
    text = CsvReader.text

    def packed(self, content: bytes) -> bytes:
        return bz2.compress(content)


class ZstandardReader(TextReader):
    suffix = ".jsonl.zst"
    parts = JSON
    column = "text"
    text = JsonLinesReader.text

    def packed(self, content: bytes) -> bytes:
        import zstandard

        return zstandard.compress(content)
