"""Pages of the documentation, read as a test needs them: blocks, links, headings, commands.

A comment on the line before a block says what the block is:

    <!-- output -->             what the block before it printed on stdout; a line `...` stands for
                                any lines
    <!-- file: mine.toml -->    written to that file before the blocks after it run
    <!-- shown: why -->         neither run nor compared
    <!-- not run: why -->       commands that are parsed only

`make docs` writes the outputs anew, but for those with a line `...`.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINKED = [*PAGES, ROOT / "corpora" / "README.md", ROOT / "checkpoints" / "README.md"]
BLOCK = re.compile(
    r"^(?:<!-- (?P<note>[^\n]*?) -->\n)?```(?P<language>\w*)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+[a-z]")
SHELL = re.compile(r"&&|\|\||\$\(|;|^\s|<<|`")
"""What only a shell understands; without it a line is commands joined by pipes."""


@dataclass(frozen=True)
class Block:
    language: str
    note: str
    body: str
    line: int

    def directive(self, name: str) -> str | None:
        """What stands after `name:` in the comment; empty if nothing does, None without it."""
        word, _, rest = self.note.partition(":")
        return rest.strip() if word.strip() == name else None


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            found["language"],
            found["note"] or "",
            found["body"],
            text[: found.start()].count("\n") + 1,
        )
        for found in BLOCK.finditer(text)
    ]


def replace_body(page: Path, block: Block, body: str) -> None:
    """Write what a block now prints in place of what it says."""
    text = page.read_text(encoding="utf-8")
    old, new = (f"```{block.language}\n{content}```\n" for content in (block.body, body))
    assert text.count(old) == 1, f"{page.name}, line {block.line}: two blocks are the same"
    page.write_text(text.replace(old, new), encoding="utf-8")


def prose(page: Path) -> str:
    """The page without its blocks and comments."""
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    return re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The anchors GitHub gives the headings of a page."""
    found = HEADING.findall(prose(page))
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in found)
    return {heading.strip().replace(" ", "-") for heading in plain}


def lines(block: Block) -> list[str]:
    """The command lines of a shell block: joined where they go on, without comments."""
    joined = block.body.replace("\\\n", " ")
    bare = (re.sub(r"(^|\s)#( .*|)$", "", line) for line in joined.splitlines())
    return [line.rstrip() for line in bare if line.strip()]


def stages(line: str) -> tuple[list[str], str | None]:
    """The commands a pipe joins, and the file the last one writes, if any."""
    line, _, file = line.partition(" > ")
    return line.split(" | "), file.strip() or None


def commands(line: str, program: str = "rnngen") -> list[list[str]]:
    """The arguments of every call of rnngen on a line, whatever stands around it."""
    words = shlex.split(line.replace("$(", " ; ").replace(")", " ; ").replace(";", " ; "))
    found: list[list[str]] = []
    current: list[str] | None = None
    for before, word in zip(["", *words], words, strict=False):
        if word in ("|", "||", "&&", ";", "do", "then", ">"):
            current = None
        elif word == program and (current is None or before == "-m"):
            current = []
            found.append(current)
        elif current is not None:
            current.append(word)
    return found
