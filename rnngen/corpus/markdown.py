"""Markdown to the text that a reader sees: the marks go, the words and the line ends stay.

    # A title                         A title
    Some *words* and a [link](url).   Some words and a link.
    > quoted                          quoted
    - [x] an item                     an item

Dropped whole: front matter, fenced code, comments, pictures, rules, footnote marks, and where links
lead. Kept: code within a line, numbers of lists, the cells of tables with a tab between them.
Markup is undone paragraph by paragraph.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from rnngen.corpus.lines import lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LONGEST_FRONT_MATTER = 500
"""Lines after which a first line of dashes is a rule."""
LONGEST_PARAGRAPH = 1 << 16
"""Characters; a longer one is cut at a line's end."""
FENCE = re.compile(r" {0,3}(?:>\s*)*(?:[-*+]\s+)?(`{3,}(?=[^`]*$)|~{3,})")
RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})")
UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*")
HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*")
QUOTE = re.compile(r"(?: {0,3}>[ ]?)+")
BULLET = re.compile(r"^[ \t]*[-*+][ \t]+(?:\[[ xX]\][ \t]+)?(?=\S)")
DEFINITION = re.compile(
    r" {0,3}\[[^\]\n]+\]:[ \t]*<?\S+>?(?:[ \t]+(?:\"[^\"]*\"|'[^']*'|\([^)]*\)))?[ \t]*"
)
FOOTNOTE = re.compile(r" {0,3}\[\^[^\]\n]+\]:[ \t]*")
TABLE_RULE = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
HARD_BREAK = re.compile(r"(?: {2,}|\\)$", re.MULTILINE)

COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
LITERAL = re.compile(
    r"(?<!`)(?P<ticks>`+)(?!`)(?P<code>.{1,1000}?)(?<!`)(?P=ticks)(?!`)|\\(?P<char>[!-/:-@\[-`{-~])"
    "|[\U000f0000-\U000ffffd]",
    re.DOTALL,
)
"""Code within a line, a character that a backslash protects, one that could stand for these."""
STOOD_FOR = 0xF0000
"""Literals are taken out of a paragraph: this character and those after it stand for them."""
PRIVATE = re.compile("[\U000f0000-\U000ffffd]")
DESTINATION = r"\((?:[^()\n]+|\([^()\n]*\)){0,50}\)"
PICTURE = re.compile(
    r"!\[\[[^\]\n]{0,1000}\]\]"
    rf"|!\[[^\]]{{0,1000}}\](?:{DESTINATION}|\[[^\]\n]*\])"
)
WIKI_LINK = re.compile(r"\[\[(?:[^\]|\n]*\|)?([^\]|\n]+)\]\]")
FOOTNOTE_MARK = re.compile(r"\[\^[^\]\n]+\]")
LINK = re.compile(rf"\[([^\[\]]*)\](?:{DESTINATION}|\[[^\]\n]*\])")
AUTOLINK = re.compile(r"<((?:https?|ftp|mailto):[^<>\s]+|[\w.+-]+@[\w.-]+)>")
HTML_TAG = re.compile(r"</?[A-Za-z][\w-]*(?:\s[^<>]*)?/?>")
EMPHASIS = (
    re.compile(r"(\*{1,3})(?=[^\s*])([^*]{0,1000}?[^\s*])\1(?!\*)", re.DOTALL),
    re.compile(r"(?<!\w)(_{1,3})(?=[^\s_])((?:[^_]|(?<=\w)_(?=\w)){0,1000}?[^\s_])\1(?!\w)"),
    re.compile(r"(~~)(?=\S)(.{0,1000}?\S)\1", re.DOTALL),
)
MOST_NESTED = 4
"""Emphasis within emphasis that is undone."""
MOST_LITERALS = 0xFFF0


def read_markdown(pieces: Iterable[str]) -> Iterator[str]:
    """The text of a Markdown file, paragraph by paragraph."""
    paragraph: list[str] = []
    length = 0
    for line in _without_blocks(lines_of(pieces)):
        paragraph.append(line)
        length += len(line) + 1
        if not line.strip() or length > LONGEST_PARAGRAPH:
            yield from filter(None, [_undo("\n".join(paragraph))])
            paragraph, length = [], 0
    if paragraph:
        yield from filter(None, [_undo("\n".join(paragraph))])


def _without_blocks(lines: Iterator[str]) -> Iterator[str]:
    """The lines without front matter and fenced code, whose place is a blank line."""
    fence, is_blank, is_after = "", True, False
    for line in _without_front_matter(lines):
        found = FENCE.match(line)
        if fence:
            if found and found[1].startswith(fence) and not line[found.end() :].strip():
                fence, is_after = "", True
        elif found:
            fence = found[1]
            if not is_blank:
                yield ""
            is_blank = True
        elif line.strip() or not is_after:
            is_blank, is_after = not line.strip(), False
            yield line


def _without_front_matter(lines: Iterator[str]) -> Iterator[str]:
    held: list[str] = []
    first = next(lines, None)
    if first is None:
        return
    if first.rstrip() in ("---", "+++"):
        ends = {"---": ("---", "..."), "+++": ("+++",)}[first.rstrip()]
        for line in lines:
            if line.rstrip() in ends:
                held, first = [], next(lines, "")
                break
            held.append(line)
            if len(held) > LONGEST_FRONT_MATTER:
                break
    yield first
    yield from held
    yield from lines


def _undo(paragraph: str) -> str:
    """A paragraph without its marks, and its line end; "" if it holds nothing else."""
    if not paragraph.strip():
        return paragraph + "\n"
    lines = COMMENT.sub("", paragraph).split("\n")
    if len(lines) > 1 and "|" in lines[0] and "|" in lines[1] and TABLE_RULE.fullmatch(lines[1]):
        lines = [_cells(line) for line in (lines[0], *lines[2:])]
    text = HARD_BREAK.sub("", "\n".join(_without_line_marks(lines)))
    literals: list[str] = []

    def take_out(found: re.Match[str]) -> str:
        if len(literals) == MOST_LITERALS:
            return found[0]
        literals.append(_code(found["code"]) if found["code"] else found["char"] or found[0])
        return chr(STOOD_FOR + len(literals) - 1)

    def put_back(found: re.Match[str]) -> str:
        place = ord(found[0]) - STOOD_FOR
        return literals[place] if place < len(literals) else found[0]

    text = html.unescape(_without_inline_marks(LITERAL.sub(take_out, text)))
    text = PRIVATE.sub(put_back, text)
    return text + "\n" if text.strip() else ""


def _code(text: str) -> str:
    """Code without the blank that keeps a backquote in it from the marks."""
    is_padded = text[0] == text[-1] == " " and not text.isspace()
    return text[1:-1] if is_padded else text


def _without_line_marks(lines: list[str]) -> Iterator[str]:
    """The lines without what stands at their beginning; those that are only marks are left out."""
    is_text = False
    for line in lines:
        quoted = QUOTE.match(line)
        line = line[quoted.end() :] if quoted else line
        is_title = is_text and UNDERLINE.fullmatch(line)
        is_text = bool(line.strip())
        if is_title or RULE.fullmatch(line):
            continue
        if footnote := FOOTNOTE.match(line):
            yield line[footnote.end() :]
        elif DEFINITION.fullmatch(line):
            continue
        elif heading := HEADING.fullmatch(line):
            yield heading[1] or ""
        else:
            yield BULLET.sub("", line, count=1)


def _without_inline_marks(text: str) -> str:
    """The text without pictures, links, tags and emphasis."""
    text = FOOTNOTE_MARK.sub("", PICTURE.sub("", text))
    text = LINK.sub(r"\1", WIKI_LINK.sub(r"\1", text))
    text = HTML_TAG.sub("", AUTOLINK.sub(r"\1", text))
    for _ in range(MOST_NESTED):
        before = text
        for pattern in EMPHASIS:
            text = pattern.sub(r"\2", text)
        if text == before:
            break
    return text


def _cells(row: str) -> str:
    """The cells of a table's row, with a tab between them."""
    cells = row.strip().removeprefix("|").removesuffix("|").split("|")
    return "\t".join(cell.strip() for cell in cells) if "|" in row else row
