"""`rnngen tokenize`: the token store of a text, ahead of training."""

from __future__ import annotations

from typing import Annotated

import typer

from rnngen import console
from rnngen.cli import options
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
    documents: options.Documents = None,
    encoding: options.Encoding = None,
    column: options.Column = None,
    errors: options.Errors = None,
    format: options.Format = None,
    delimiter: options.Delimiter = None,
    quoting: options.Quoting = None,
    strict: options.StrictRows = None,
    tokenizer: options.TokenizerKind = None,
    vocab_size: options.VocabSize = None,
    subwords: options.Subwords = None,
    min_count: options.MinCount = None,
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
    from rnngen.corpus import CorpusShard
    from rnngen.dataset.cache import tokenize
    from rnngen.errors import ConfigError

    if not files:
        raise ConfigError("name a text file to tokenize.")
    part = None if shard is None else share("--shard", shard)
    given = {k: v for k, v in ctx.params.items() if k in options.TEXT and v is not None}
    with console.counting("tokenizing", "characters", quiet=quiet) as count:
        corpus, cutter, store = tokenize(
            options.text(files, given),
            runs.home(),
            shard=part,
            progress=count,
            note=None if quiet else console.translated_note,
        )
    if not quiet:
        if corpus.reason:
            console.note(corpus.reason)
        options.tell_corpus(corpus, CorpusShard(corpus, *part) if part else None)
    facts = {
        "tokens": store.num_tokens,
        "bytes": store.num_bytes,
        "documents": store.documents,
        "num_documents": len(store.hashes),
        "tokenizer": cutter.kind,
        "vocab_size": cutter.vocab_size,
        "path": str(store.path),
    }
    typer.echo(console.to_json(facts) if as_json else console.table(facts))
