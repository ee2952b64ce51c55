"""`rnngen check`: whether a text is what it should be: of a form, and not copied."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnngen import console
from rnngen.cli import options, text_options
from rnngen.console.progress import progress, reading_progress
from rnngen.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rnngen.corpus import Corpus
    from rnngen.forms.checker import Verdict
    from rnngen.forms.spec import FormSpec
    from rnngen.novelty.copies import Copied

EXAMPLES = """
\b
Examples:
  rnngen sample haiku -n 5 | rnngen check --form haiku
  rnngen check poem.txt --against corpora/haiku.txt --json
  rnngen sample haiku -n 9 --novel 25 | rnngen check --against corpora/ --novel 25
"""
DOES_NOT_HOLD = 3
WIDTH = 60  # characters of a copied span that are shown


def command(
    ctx: typer.Context,
    files: options.Files = None,
    form: options.Form = None,
    form_file: options.FormFile = None,
    acrostic: options.Acrostic = None,
    against: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE", help="Compare with this text, to find what is copied. Repeatable."
        ),
    ] = None,
    span: Annotated[
        int, typer.Option(min=1, help="Count copied spans of at least this many characters.")
    ] = 30,
    novel: Annotated[
        int | None,
        typer.Option(min=1, help="Exit with 3 if a text copies this many characters in a row."),
    ] = None,
    documents: text_options.Documents = None,
    encoding: text_options.Encoding = None,
    column: text_options.Column = None,
    errors: text_options.Errors = None,
    format: text_options.Format = None,
    delimiter: text_options.Delimiter = None,
    quoting: text_options.Quoting = None,
    strict: text_options.StrictRows = None,
    clean: text_options.Clean = None,
    speaker: text_options.Speaker = None,
    max_growth: text_options.MaxGrowth = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per line.")
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", "-q", help="Print nothing but errors: the exit code tells."),
    ] = False,
    raw: options.Raw = False,
) -> None:
    """Check whether texts have a form, and how much of them is copied.

    Prints one line per document. With --form: exact, possible (in one of the ways it can be read)
    or no, and why. With --against: the longest copied span, a file that contains it, and the share
    of characters in copied spans of at least --span. Without FILE the text is stdin. A blank line
    separates documents if there is a form. Otherwise they are divided as the files of --against.
    """
    names = files or ["-"]
    spec = options.form(form, form_file, acrostic)
    if spec is None and not against:
        raise ConfigError("say what to check: --form NAME, --against FILE, or both.")
    if "-" in names and "-" in (against or ()):
        raise ConfigError("stdin (-) cannot be both the text and what it is compared with.")
    if not against and novel is not None:
        raise ConfigError("--novel needs a text to compare with. Add --against FILE.")
    kind, corpus, reading = documents or "paragraph", None, text_options.reading(ctx.params)
    if against:
        corpus = _open(against, documents or "auto", reading, other=names)
        if spec is None:
            kind = "file" if corpus.documents == "none" else corpus.documents
    judged = _open(names, kind, reading, other=against or [])
    with reading_progress("reading", judged, quiet=quiet):
        texts = list(_texts(judged))
    copies = _measure_copies(texts, corpus, span, quiet=quiet)
    verdicts = _verdicts(texts, spec, quiet=quiet)
    for index, (file, text) in enumerate(() if quiet else texts):
        facts: dict[str, Any] = {"index": index, "file": file}
        if spec and verdicts:
            facts |= {"form": spec.name, **verdicts[index].to_dict()}
        if copies:
            facts |= _facts(text, copies[index], span)
        line = console.to_json(facts) if as_json else _lines(facts)
        console.put(line + "\n", raw=raw, flush=False)
    if not quiet:
        for read in (judged, corpus):
            if read is not None:
                text_options.tell_corpus(read)
    _judge(verdicts, copies, novel, quiet=quiet)


def _measure_copies(
    texts: list[tuple[str, str]], corpus: Corpus | None, span: int, *, quiet: bool
) -> list[Copied]:
    """What is copied in each text; empty if it is not asked for."""
    if corpus is None:
        return []
    from rnngen.novelty.copies import measure

    with reading_progress("comparing", corpus, quiet=quiet):
        return measure([text for _, text in texts], _files(corpus), span)


def _verdicts(texts: list[tuple[str, str]], spec: FormSpec | None, *, quiet: bool) -> list[Verdict]:
    """What is said of each text; empty if it is not asked for."""
    if spec is None:
        return []
    from rnngen import forms

    found: list[Verdict] = []
    with progress("checking", "texts", len(texts), quiet=quiet) as shown:
        for _, text in texts:
            found.append(forms.check(text, spec))
            shown.update(len(found))
    return found


def _open(paths: list[str], documents: str, reading: dict[str, Any], other: list[str]) -> Corpus:
    """The text at `paths`; --column is for the tables there, unless only `other` has some."""
    from rnngen.corpus import open_corpus
    from rnngen.corpus.tables import has_table

    if "format" not in reading and not has_table(paths) and (has_table(other) or "-" in other):
        reading = {name: value for name, value in reading.items() if name != "column"}
    return open_corpus(paths, documents=documents, **reading)


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
    """The keys of --json; docs/scripting.md explains them."""
    return {
        "characters": copied.characters,
        "longest_copied": copied.longest,
        "start": copied.start,
        "copied": text[copied.start : copied.start + copied.longest],
        "source": copied.source,
        "span": span,
        "copied_share": round(copied.share, 6),
    }


def _lines(facts: dict[str, Any]) -> str:
    """The same for people: a line for each thing that was asked."""
    shown = [_form_line(facts)] if "verdict" in facts else []
    return "\n".join([*shown, _copies_line(facts)] if "copied" in facts else shown)


def _form_line(facts: dict[str, Any]) -> str:
    """The verdict, what each line counts, and what is wrong or else how the text begins."""
    counts = "-".join("/".join(map(str, line["counts"])) for line in facts["lines"])
    first = facts["lines"][0]["text"] if facts["lines"] else ""
    said = " ".join(facts["reasons"]) or _short(first)
    return f"{facts['index'] + 1:>4}  {facts['verdict']:<8}  {counts}  {said}"


def _copies_line(facts: dict[str, Any]) -> str:
    """The figures in columns, then the words."""
    copied = facts["copied"]
    shown = json.dumps(_short(copied), ensure_ascii=False)
    where = f"{facts['source']}: {shown}" if copied else "-"
    return (
        f"{facts['index'] + 1:>4}  longest copy {facts['longest_copied']:>4}"
        f"  {facts['copied_share']:>6.1%} in copies of {facts['span']}+  {where}"
    )


def _short(text: str) -> str:
    return text if len(text) <= WIDTH else text[: WIDTH - 3] + "..."


def _judge(
    verdicts: list[Verdict], copies: list[Copied], novel: int | None, *, quiet: bool
) -> None:
    """End with the exit code of a check that did not hold, if one did not."""
    complaints = []
    if failed := sum(verdict.verdict == "no" for verdict in verdicts):
        complaints.append(f"{failed} of {len(verdicts)} texts do not have the form")
    if novel and (copying := sum(copied.longest >= novel for copied in copies)):
        complaints.append(
            f"{copying} of {len(copies)} texts copy {novel} characters or more in a row"
        )
    if not complaints:
        return
    if not quiet:
        for complaint in complaints:
            console.note(complaint)
    raise typer.Exit(DOES_NOT_HOLD)
