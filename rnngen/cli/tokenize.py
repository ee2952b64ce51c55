"""`rnngen tokenize`: the token store of a text, ahead of training."""

from __future__ import annotations

from typing import Annotated

import typer

from rnngen import console
from rnngen.cli import options, text_options
from rnngen.cli.values import share

EXAMPLES = """
\b
Examples:
  rnngen tokenize corpora/haiku.txt
  rnngen tokenize books.txt.gz --tokenizer subword --vocab-size 4000
  rnngen tokenize corpora/posts.txt --shard 2/3 --json
"""


def command(
    ctx: typer.Context,
    files: options.Files = None,
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
    label: text_options.Label = None,
    tokenizer: text_options.TokenizerKind = None,
    vocab_size: text_options.VocabSize = None,
    subwords: text_options.Subwords = None,
    min_count: text_options.MinCount = None,
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Only part I of N. Run each part on its own machine."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quiet: options.Quiet = False,
) -> None:
    """Cut text into tokens ahead of training.

    Then pass the same files and options to rnngen train, which finds the tokens. With --shard,
    each of several machines cuts a part into the same RNNGEN_HOME.
    """
    from rnngen import runs
    from rnngen.console.progress import reading_progress
    from rnngen.corpus import CorpusShard
    from rnngen.dataset.cache import tokenize
    from rnngen.errors import ConfigError

    if not files:
        raise ConfigError("name a text file to tokenize.")
    part = None if shard is None else share("--shard", shard)
    given = {k: v for k, v in ctx.params.items() if k in text_options.TEXT and v is not None}
    with reading_progress("reading", quiet=quiet) as reading:
        corpus, cutter, store = tokenize(
            text_options.text(files, given),
            runs.home(),
            shard=part,
            opened=reading.open,
            training=lambda: reading.wait("making the tokenizer"),
            progress=lambda _: reading.rename("tokenizing"),
            note=None if quiet else console.translated_note,
        )
    if not quiet:
        if corpus.reason:
            console.note(corpus.reason)
        text_options.tell_corpus(corpus, CorpusShard(corpus, *part) if part else None)
    facts = {
        "tokens": store.num_tokens,
        "bytes": store.num_bytes,
        "documents": store.documents,
        "num_documents": len(store.hashes),
        "tokenizer": cutter.kind,
        "vocab_size": cutter.vocab_size,
        "path": str(store.path),
    }
    console.put((console.to_json(facts) if as_json else console.table(facts)) + "\n")
