"""`rnngen check`: whether a text is what it should be. So far: how much of it is copied."""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnngen import console
from rnngen.cli import options
from rnngen.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rnngen.copies import Copied
    from rnngen.corpus import Corpus

EXAMPLES = """
\b
Examples:
  rnngen check poem.txt --against corpora/haiku.txt
  rnngen sample haiku -n 100 | rnngen check --against corpora/haiku.txt --json
  rnngen sample haiku -n 100 --novel 25 | rnngen check --against corpora/ --novel 25
"""
DOES_NOT_HOLD = 3
WIDTH = 60  # characters of a copied span that are shown


def command(
    files: options.Files = None,
    against: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Text that may have been copied from; repeatable."),
    ] = None,
    span: Annotated[
        int, typer.Option(min=1, help="Shortest copied span that counts for the share.")
    ] = 30,
    novel: Annotated[
        int | None,
        typer.Option(min=1, help="Exit with 3 if a text has a copied span of so many characters."),
    ] = None,
    documents: options.Documents = None,
    encoding: options.Encoding = None,
    column: options.Column = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False,
    quiet: options.Quiet = False,
) -> None:
    """Say how much of a text is copied from other files, exactly: a line for each document.

    That is its longest copied span, with a file that holds it, and the share of its characters
    that are in copied spans of --span or more. The text is stdin if no FILE is named; its
    documents are parted as those of the files it is checked against.
    """
    names = files or ["-"]
    if not against:
        raise ConfigError("name what the text is to be checked against: --against FILE.")
    if "-" in names and "-" in against:
        raise ConfigError("stdin (-) cannot be both the text and what it is checked against.")
    from rnngen.copies import measure

    corpus = _open(against, documents or "auto", encoding, column, other=names)
    kind = "file" if corpus.documents == "none" else corpus.documents
    texts = list(_texts(_open(names, kind, encoding, column, other=against)))
    found = measure([text for _, text in texts], _files(corpus), span)
    for index, ((file, text), copied) in enumerate(zip(texts, found, strict=True)):
        facts = {"index": index, "file": file, **_facts(text, copied, span)}
        line = json.dumps(facts, ensure_ascii=False) if as_json else _line(facts)
        sys.stdout.write(line + "\n")
    if novel is not None:
        _judge(found, novel, quiet=quiet)


def _open(
    paths: list[str], documents: str, encoding: str | None, column: str | None, other: list[str]
) -> Corpus:
    """The text at `paths`; --column is for the tables there, unless only `other` has some."""
    from rnngen.corpus import open_corpus

    if _has_table(other) and not _has_table(paths):
        column = None
    return open_corpus(paths, documents=documents, encoding=encoding or "utf-8", column=column)


def _has_table(paths: list[str]) -> bool:
    return any(ending in path for path in paths for ending in (".csv", ".tsv", ".jsonl"))


def _files(corpus: Corpus) -> Iterator[tuple[str, Corpus]]:
    """Each file by itself, and its name."""
    for source in corpus.sources:
        name = "-" if source.spooled else source.name
        yield name, dataclasses.replace(corpus, names=(name,), sources=(source,))


def _texts(corpus: Corpus) -> Iterator[tuple[str, str]]:
    """The documents, each with the name of its file."""
    for name, file in _files(corpus):
        parts: list[str] = []
        for text, ends in file.pieces():
            parts.append(text)
            if ends:
                yield name, "".join(parts)
                parts = []


def _facts(text: str, copied: Copied, span: int) -> dict[str, Any]:
    """The keys of --json; the README explains them."""
    return {
        "characters": copied.characters,
        "longest_copied": copied.longest,
        "start": copied.start,
        "copied": text[copied.start : copied.start + copied.longest],
        "source": copied.source,
        "span": span,
        "copied_share": round(copied.share, 6),
    }


def _line(facts: dict[str, Any]) -> str:
    """The same for people: the figures in columns, then the words."""
    copied = facts["copied"]
    shown = copied if len(copied) <= WIDTH else copied[: WIDTH - 3] + "..."
    where = f"{facts['source']}: {json.dumps(shown, ensure_ascii=False)}" if copied else "-"
    return (
        f"{facts['index'] + 1:>4}  longest copy {facts['longest_copied']:>4}"
        f"  {facts['copied_share']:>6.1%} in copies of {facts['span']}+  {where}"
    )


def _judge(found: list[Copied], novel: int, *, quiet: bool) -> None:
    """End with the exit code of a check that did not hold, if one did not."""
    copies = sum(copied.longest >= novel for copied in found)
    if not copies:
        return
    if not quiet:
        console.note(f"{copies} of {len(found)} texts copy {novel} characters or more in a row")
    raise typer.Exit(DOES_NOT_HOLD)
