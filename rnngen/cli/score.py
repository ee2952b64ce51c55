"""`rnngen score`: how much a text surprises a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnngen import console
from rnngen.cli import options, text_options
from rnngen.console.progress import reading_progress
from rnngen.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rnngen.api import LanguageModel
    from rnngen.corpus import Corpus
    from rnngen.score import DocumentScore, TextPiece, TokenScore

EXAMPLES = """
\b
Examples:
  rnngen score haiku poem.txt
  rnngen sample haiku -n 9 | rnngen score haiku - --rank
  rnngen score haiku poems/one.txt --each > poems.jsonl
"""
ADAPT_RATE = 1e-3
"""Of rates from 3e-4 to 3e-3 the best, on text like the training text and on other text."""


def command(
    ctx: typer.Context,
    name: options.NamedModel = None,
    files: options.Files = None,
    each: Annotated[
        bool, typer.Option("--each", help="Print one JSON object per document.")
    ] = False,
    rank: Annotated[
        bool, typer.Option("--rank", help="List the documents, least surprising first.")
    ] = False,
    tokens: Annotated[
        bool,
        typer.Option(
            "--tokens",
            help="Show the surprise of each token: as colour on a terminal, else as JSON.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    stride: Annotated[
        int | None,
        typer.Option(help="Read in windows of this many tokens, each from an empty state."),
    ] = None,
    adapt: Annotated[
        bool, typer.Option("--adapt", help="Learn from the text while reading it. Needs PyTorch.")
    ] = False,
    adapt_rate: Annotated[
        float | None, typer.Option(help=f"How fast --adapt learns.  [default: {ADAPT_RATE:g}]")
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="Label of the texts, for a model with labels.")
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
    quiet: options.Quiet = False,
    raw: options.Raw = False,
) -> None:
    """Measure how much a text surprises a model: bits per byte and character, perplexity.

    The model reads each document by itself. Documents are what they were in its training, unless
    you pass --documents. A model of continuous text reads each file as one stream.
    """
    name, files = options.resolve_model_of(name, files)
    if not name or not files:
        raise ConfigError("name a model, then a text: rnngen score NAME FILE, or - for stdin.")
    if tokens and (each or rank):
        raise ConfigError(
            "--tokens shows tokens, --each and --rank show documents. Leave one of them out."
        )
    if adapt_rate is not None and not adapt:
        raise ConfigError("--adapt-rate has no effect without --adapt. Add it.")
    from rnngen import api
    from rnngen.score import text_pieces

    rate = ADAPT_RATE if adapt and adapt_rate is None else adapt_rate
    model = api.load(name)
    scorer = model.scorer(stride=stride, adapt_rate=rate, label=label)
    corpus = open_corpus_for(model, files, documents, **text_options.reading(ctx.params))
    pieces = _UnseenTracker(model, text_pieces(corpus))
    how = {"stride": stride, "adapted": adapt, "adapt_rate": rate}
    with reading_progress("scoring", corpus, quiet=quiet) as reading:
        reading.work(0)  # reading is ahead of scoring, perhaps by the whole text
        scorer.on_progress = reading.work
        if tokens:
            _show_tokens(scorer.tokens(pieces), as_json=as_json)
        elif rank or each:
            _show_documents(scorer.each(pieces), how, rank=rank, as_json=as_json or each, raw=raw)
        else:
            facts = _whole(scorer.each(pieces)) | how
            shown = console.to_json(facts) if as_json else console.table(_readable(facts))
            console.put(shown + "\n")
    if not quiet:
        text_options.tell_corpus(corpus)
        options.tell_unseen(list(pieces.unseen), "the text")
        if adapt and (tokens or rank or each or as_json):  # the table says so itself
            console.remark(f"{_how(how)}.")


def open_corpus_for(
    model: LanguageModel, files: list[str], documents: str | None = None, **reading: Any
) -> Corpus:
    """The texts of files, in documents; by default of the kind the model was trained on."""
    from rnngen.corpus import open_corpus

    learned = model.facts.get("corpus", {}).get("documents")
    mode = documents or learned or ("none" if model.continuous else "auto")
    return open_corpus(files, documents=mode, **reading)


class _UnseenTracker:
    """Passes pieces on, and keeps which of their characters the model never saw."""

    def __init__(self, model: LanguageModel, pieces: Iterable[TextPiece]) -> None:
        self._model = model
        self._parts = pieces
        self._known: set[str] = set()
        self.unseen: dict[str, None] = {}

    def __iter__(self) -> Iterator[TextPiece]:
        for piece in self._parts:
            if new := set(piece.text) - self._known:
                self._known |= new
                self.unseen.update(dict.fromkeys(self._model.tokenizer.unseen(piece.text)))
            yield piece


def _show_tokens(tokens: Iterable[TokenScore], *, as_json: bool) -> None:
    from rnngen.console import surprise

    if surprise.shows_colour() and not as_json:
        surprise.show_surprise(tokens)
        return
    for token in tokens:
        _put(console.to_json(token._asdict()))


def _show_documents(
    documents: Iterable[DocumentScore],
    how: dict[str, Any],
    *,
    rank: bool,
    as_json: bool,
    raw: bool,
) -> None:
    if rank:
        documents = sorted(documents, key=lambda document: document.score.bits_per_byte)
    for document in documents:
        if as_json:
            _put(console.to_json(_facts(document) | how))
        else:
            _put(f"{document.score.bits_per_byte:8.4f}  {document.first_words}", raw=raw)


def _facts(document: DocumentScore) -> dict[str, Any]:
    return {
        "index": document.index,
        "file": document.file,
        "first_words": document.first_words,
        **document.score.to_dict(),
    }


def _put(line: str, *, raw: bool = False) -> None:
    console.put(line + "\n", raw=raw, flush=False)


def _whole(documents: Iterable[DocumentScore]) -> dict[str, Any]:
    from rnngen.score import Score

    total, count = Score(), 0
    for document in documents:
        total, count = total + document.score, count + 1
    return {"documents": count, **total.to_dict()}


def _readable(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts as a person reads them, what matters first."""
    measures = {
        name: f"{facts[name]:.4f}"
        for name in ("bits_per_byte", "bits_per_character", "nats_per_token")
    }
    counts = {name: f"{facts[name]:,}" for name in ("documents", "tokens", "characters", "bytes")}
    perplexity = f"{facts['perplexity']:.4f} per token"
    return measures | {"perplexity": perplexity} | counts | {"read": _how(facts)}


def _how(facts: dict[str, Any]) -> str:
    """How the text was read: figures read in different ways do not compare."""
    if facts["adapted"]:
        return (
            f"adapted: the model learned from the text while reading it, at rate "
            f"{facts['adapt_rate']:g}. Do not compare this with figures of a fixed model"
        )
    if facts["stride"]:
        return f"in windows of {facts['stride']} tokens, each from an empty state"
    return "each text from an empty state, which is carried to its end"
