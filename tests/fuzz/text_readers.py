"""The readers of texts: plain, tables, markup, subtitles, books and what is compressed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from typing import TYPE_CHECKING

from rnngen.corpus import open_corpus
from tests.fuzz.base import Reader
from tests.fuzz.cases import composed

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

ANY = ["a", "the old pond", " ", "\n", "\n\n", "\r\n", "\r", "\t", "\0", "\ufeff", "é", "\u2028"]
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


class TextReader(Reader):
    """A file of text, read as a corpus, its documents too."""

    suffix = ".txt"
    parts = ANY
    text = "the old pond\na frog jumps in\n\nthe sound of water\n"

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self.seeds = [self.packed(self.text.encode()), self.packed((self.text * 30).encode())]

    def packed(self, content: bytes) -> bytes:
        return content

    def structured(self, rng: Random) -> bytes:
        text = composed(self.parts, rng)
        encoding = rng.choice(("utf-8", "utf-8", "utf-8", "utf-16", "latin-1", "utf-16-be"))
        return self.packed(text.encode(encoding, "replace"))

    def read(self, path: Path) -> None:
        corpus = open_corpus([str(path)])
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
    text = 'id,text,mood\n1,"the old, pond",a\n2,"a ""frog"" jumps\nin",b\n3,water,c\n'


class TsvReader(TextReader):
    suffix = ".tsv"
    parts = TABLE
    text = "id\ttext\n1\tthe old pond\n2\ta frog jumps in\n"


class JsonLinesReader(TextReader):
    suffix = ".jsonl"
    parts = JSON
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
        return self._book({"a.xhtml": content, "b.xhtml": self.text.encode()})

    def _book(self, chapters: dict[str, bytes], opf: bytes | None = None) -> bytes:
        items = "".join(f'<item id="i{n}" href="{n}"/>' for n in chapters)
        spine = "".join(f'<itemref idref="i{n}"/>' for n in chapters)
        package = f"<package><manifest>{items}</manifest><spine>{spine}</spine></package>"
        container = '<container><rootfile full-path="c.opf"/></container>'
        files = {"mimetype": b"application/epub+zip", "META-INF/container.xml": container.encode()}
        files |= {"c.opf": package.encode() if opf is None else opf, **chapters}
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
            for name, content in files.items():
                book.writestr(name, content)
        return packed.getvalue()

    def structured(self, rng: Random) -> bytes:
        parts = [*HTML, "<item ", 'id="ia.xhtml"', 'href="a.xhtml"', "<itemref ", 'href="../../x"']
        parts += [
            'idref="ia.xhtml"',
            "<manifest>",
            "<spine>",
            "/>",
            "<!DOCTYPE a [<!ENTITY b 'c'>]>",
        ]
        odd = composed(parts, rng).encode("utf-8", "replace") if rng.random() < 0.5 else None
        name = rng.choice(("a.xhtml", "../a", "a%20b.xhtml", "é", "/etc/x", "a" * 300))
        return self._book({name: composed(self.parts, rng).encode("utf-8", "replace")}, odd)


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
    text = CsvReader.text

    def packed(self, content: bytes) -> bytes:
        return bz2.compress(content)


class ZstandardReader(TextReader):
    suffix = ".jsonl.zst"
    parts = JSON
    text = JsonLinesReader.text

    def packed(self, content: bytes) -> bytes:
        import zstandard

        return zstandard.compress(content)
