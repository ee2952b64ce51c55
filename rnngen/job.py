"""What a run is made from: from text files and settings, or from the saved state of a run.

Text is tokenized once. Its tokenizer and its token store are kept under the home of runs and
found again by the digests of what they were made from:

    checkpoints/.tokens/tokenizer-DIGEST.safetensors    of the text and the tokenizer's settings
    checkpoints/.tokens/store-DIGEST/                   of the text and the tokenizer
    checkpoints/.tokens/store-DIGEST.shards/2-of-8/     part of one, as a machine of many made it
    checkpoints/.tokens/sums.json                       digests of large files
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen import batches, checkpoint, novelty, recipe, runs, tokenizers
from rnngen.config import ModelConfig, TrainConfig
from rnngen.corpus import DOCUMENTS, STDIN, Corpus, Part, Sample, open_corpus, reopen
from rnngen.errors import CheckpointError, ConfigError, CorpusError
from rnngen.finetune import initial_weights
from rnngen.forms import lexicon
from rnngen.machine import cores
from rnngen.store import STORE_VERSION, TokenStore, build_store, open_shards, open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from rnngen.batches import Split
    from rnngen.checkpoint import Tensors
    from rnngen.novelty import SpanIndex
    from rnngen.recipe import Recipe
    from rnngen.tokenizers import Tokenizer

    Told = Callable[[int], None]

MOST_LISTED = 8
"""Missing shards that are named."""
MOST_HELD_OUT = 2_000_000
"""Tokens of documents held out by default; of more text, a smaller share is enough to measure."""


@dataclass(frozen=True)
class Text:
    """Which text to read, and how to cut it into tokens."""

    paths: Sequence[str]
    valid: str | None = None
    """A file to hold out in place of a share of the text."""
    documents: str = "auto"
    encoding: str = "utf-8"
    column: str | None = None
    tokenizer: str = "char"
    vocab_size: int | None = None
    model_type: str = "bpe"
    min_count: int = 2
    novelty: bool | None = None
    """Whether to keep an index of the text's spans; None: if it is not too large."""

    def __post_init__(self) -> None:
        _check_choice("--tokenizer", self.tokenizer, tokenizers.KINDS)
        _check_choice("--subwords", self.model_type, ("bpe", "unigram"))
        _check_choice("--documents", self.documents, DOCUMENTS)
        if self.vocab_size is not None and self.tokenizer != "subword":
            raise ConfigError(f"--vocab-size is for --tokenizer subword, not {self.tokenizer}.")
        for option, value in (("vocab-size", self.vocab_size), ("min-count", self.min_count)):
            if value is not None and (not isinstance(value, int) or value < 1):
                raise ConfigError(f"--{option} must be a whole number, at least 1, got {value}.")
        if self.novelty not in (None, True, False):
            raise ConfigError(f"--novelty is on or off, got {self.novelty!r}.")

    def corpus(self, home: Path) -> Corpus:
        return self._open(self.paths, home)

    def valid_corpus(self, home: Path) -> Corpus | None:
        return None if self.valid is None else self._open([self.valid], home)

    def _open(self, paths: Sequence[str], home: Path) -> Corpus:
        return open_corpus(
            paths,
            documents=self.documents,
            encoding=self.encoding,
            column=self.column,
            sums=_sums(home),
        )


@dataclass(frozen=True)
class Job:
    """All that a training run is made from."""

    folder: Path
    model: ModelConfig
    config: TrainConfig
    tokenizer: Tokenizer
    training: Split
    validation: Split
    counts: NDArray[np.int64]
    """(V,), how often each token occurs in the text."""
    continuous: bool
    facts: dict[str, Any] = field(default_factory=dict)
    """Told to whoever asks about the model: where its text came from, and the like."""
    source: dict[str, Any] = field(default_factory=dict)
    """How to find the text again when the run is resumed; holds paths of this machine."""
    sample: Callable[[checkpoint.Model, int], str] | None = None
    """Writes a text with the model as it is at a step; None: no samples."""
    novelty: SpanIndex | None = None
    """Stored with the model, so that text can be drawn that copies nothing."""
    lexicon: Tensors = field(default_factory=dict)
    """Stored with the model, so that text can be drawn that fits a form."""
    initial: Mapping[str, NDArray[np.float32]] | None = None
    """Weights to begin with; None: random ones. A resumed run has its own."""


@dataclass(frozen=True)
class Start:
    """A trained model to go on from, and the name it was found by."""

    name: str
    model: checkpoint.Model


def _check_choice(option: str, value: object, choices: Sequence[str]) -> None:
    if value not in choices:
        raise ConfigError(f"{option} must be one of {', '.join(choices)}, got {value}.")


def tokenize(
    text: Text,
    home: Path,
    *,
    shard: tuple[int, int] | None = None,
    progress: Told | None = None,
    note: Callable[[str], None] | None = None,
) -> tuple[Corpus, Tokenizer, TokenStore]:
    """The text as token ids, made now or found where an earlier call left them under `home`.

    shard: (i, n): only part i of n, from 1 on, which is made now; `new_job` joins all of them.
    progress: told the characters encoded so far.  note: told what turned out otherwise than asked.
    Raises CorpusError or TokenizerError.
    """
    corpus = text.corpus(home)
    if shard is not None and STDIN in text.paths:
        raise ConfigError("--shard needs files that every machine can read, not stdin (-).")
    tokenizer = _tokenizer(corpus, text, home, note)
    if shard is not None:
        return corpus, tokenizer, _shard(corpus, tokenizer, home, shard, progress)
    path = _store_path(corpus, tokenizer, home)
    if _complete(_shard_folders(path)) or path.is_dir():
        return corpus, tokenizer, _store(corpus, tokenizer, home, progress)
    return corpus, tokenizer, _built(corpus, tokenizer, path, progress)


def new_job(
    text: Text,
    folder: Path,
    given: Mapping[str, Any],
    *,
    start: Start | None = None,
    device: str = "cpu",
    progress: Told | None = None,
    note: Callable[[str], None] | None = None,
) -> tuple[Job, Recipe]:
    """A run on `text`, its settings chosen by the recipe but for those `given`.

    start: the model to go on from, whose tokens and shape are kept; `text.tokenizer` is not used.
    device: the kind of device that was found: `cpu`, `cuda` or `mps`.
    Raises CorpusError, TokenizerError or ConfigError.
    """
    home = folder.parent
    corpus = text.corpus(home)
    if start is None:
        tokenizer = _tokenizer(corpus, text, home, note)
    else:  # its tokens are kept, with new ones for characters it lacks
        tokenizer = start.model.tokenizer.extended(Sample(corpus), text.min_count)
    store = _store(corpus, tokenizer, home, progress)
    valid = text.valid_corpus(home)
    fraction = given.get("valid_fraction", _valid_fraction(store))
    training, validation = _sides(store, valid, tokenizer, fraction, home)
    situation = recipe.Situation(
        num_tokens=training.num_tokens,
        held_out=validation.num_tokens,
        vocab_size=tokenizer.vocab_size,
        cores=cores(),
        device=device,
        pretrained=start.model.config if start else None,
    )
    plan = recipe.choose(situation, {"valid_fraction": fraction, **given})
    index = _span_index(corpus, text.novelty, note)
    source = {
        "corpus": _remember(corpus),
        "valid": _remember(valid) if valid else None,
        "novelty": index is not None,
    }
    job = Job(
        folder=folder,
        model=plan.model,
        config=plan.train,
        tokenizer=tokenizer,
        training=training,
        validation=validation,
        counts=store.counts,
        continuous=store.documents == "none",
        facts={
            "corpus": _corpus_facts(corpus, store, training, validation),
            "init_from": start.name if start else None,
        },
        source=source,
        novelty=index,
        lexicon=_lexicon(corpus),
        initial=initial_weights(start.model, tokenizer.vocab_size) if start else None,
    )
    return job, plan


def resumed_job(folder: Path) -> Job:
    """The run whose state stands in `folder`, as it was.

    Raises CheckpointError if there is no such state, CorpusError if its text is gone or changed.
    """
    path = folder / runs.TRAINING_FILE
    tensors, facts = checkpoint.read(path, "training")
    try:
        model, config = ModelConfig(**facts["model"]), TrainConfig(**facts["config"])
        tokenizer = tokenizers.load(facts["tokenizer"], checkpoint.under("tokenizer.", tensors))
        source, told = facts["source"], facts["job"]
        corpus = _find_again(source["corpus"], folder.parent)
        valid = _find_again(source["valid"], folder.parent) if source["valid"] else None
    except (KeyError, TypeError) as error:
        raise CheckpointError(f"{path}: not a run this version can resume: {error}") from error
    store = _store(corpus, tokenizer, folder.parent, None)
    training, validation = _sides(store, valid, tokenizer, config.valid_fraction, folder.parent)
    return Job(
        folder=folder,
        model=model,
        config=config,
        tokenizer=tokenizer,
        training=training,
        validation=validation,
        counts=store.counts,
        continuous=store.documents == "none",
        facts=told,
        source=source,
        novelty=_span_index(corpus, bool(source.get("novelty")), None),
        lexicon=_lexicon(corpus),
    )


def _span_index(
    corpus: Corpus, wanted: bool | None, note: Callable[[str], None] | None
) -> SpanIndex | None:
    """The index of the whole text, held-out part and all: to the user it is one text."""
    if wanted is False:
        return None
    index = novelty.build(corpus, most_bytes=None if wanted else novelty.MOST_BYTES)
    if index is None and note is not None:
        note(
            f"no index of the text is kept, it would take more than {novelty.MOST_BYTES >> 20} MB;"
            " --novelty keeps one, for rnngen sample --novel."
        )
    return index


def _lexicon(corpus: Corpus) -> Tensors:
    """The words of the text, which forms are made of."""
    return lexicon.of_texts(corpus, continuous=corpus.documents == "none").to_tensors()


def _sides(
    store: TokenStore, valid: Corpus | None, tokenizer: Tokenizer, fraction: float, home: Path
) -> tuple[Split, Split]:
    if valid is None:
        return batches.split(store, fraction)
    return batches.whole(store), batches.whole(_store(valid, tokenizer, home, None))


def _valid_fraction(store: TokenStore) -> float:
    """A tenth; of many documents less, but never of continuous text: published figures use 10%."""
    if store.documents == "none":
        return 0.1
    return min(0.1, MOST_HELD_OUT / store.num_tokens)


def _tokenizer(
    corpus: Corpus, text: Text, home: Path, note: Callable[[str], None] | None
) -> Tokenizer:
    settings = [text.tokenizer, text.vocab_size, text.model_type, text.min_count]
    path = _cache(home) / f"tokenizer-{_key(corpus.digest(), settings)}.safetensors"
    if path.is_file():
        tensors, facts = checkpoint.read(path, "tokenizer")
        return tokenizers.load(facts, tensors)
    tokenizer = tokenizers.train(
        text.tokenizer,
        Sample(corpus),
        vocab_size=text.vocab_size,
        model_type=text.model_type,
        min_count=text.min_count,
        note=note,
    )
    _make_folder(path.parent)
    checkpoint.write(path, "tokenizer", tokenizer.tensors(), tokenizer.settings())
    return tokenizer


def _store(corpus: Corpus, tokenizer: Tokenizer, home: Path, progress: Told | None) -> TokenStore:
    """The store that is there, or its shards, or one made now.

    Raises CorpusError if some of its shards are there and others are not.
    """
    path = _store_path(corpus, tokenizer, home)
    if path.is_dir():
        return open_store(path)
    shards = _shard_folders(path)
    if complete := _complete(shards):
        return open_shards(_around(path), complete)
    if shards:
        raise CorpusError(_missing(path, shards))
    return _built(corpus, tokenizer, path, progress)


def _built(corpus: Corpus, tokenizer: Tokenizer, path: Path, progress: Told | None) -> TokenStore:
    _make_folder(path.parent)
    return build_store(corpus, tokenizer, path, progress=progress)


def _shard(
    corpus: Corpus,
    tokenizer: Tokenizer,
    home: Path,
    shard: tuple[int, int],
    progress: Told | None,
) -> TokenStore:
    folder = _around(_store_path(corpus, tokenizer, home))
    _make_folder(folder)
    path = folder / "{}-of-{}".format(*shard)
    return build_store(Part(corpus, *shard), tokenizer, path, progress=progress, may_be_empty=True)


def _store_path(corpus: Corpus, tokenizer: Tokenizer, home: Path) -> Path:
    digests = [corpus.digest(), tokenizers.digest(tokenizer)]
    return _cache(home) / f"store-{_key(*digests, STORE_VERSION)}"


def _around(path: Path) -> Path:
    """The folder of the shards that stand for the store at `path`."""
    return path.with_name(path.name + ".shards")


def _shard_folders(path: Path) -> dict[int, dict[int, Path]]:
    """The shards there are: number of machines -> number of the machine -> folder."""
    found: dict[int, dict[int, Path]] = {}
    if _around(path).is_dir():
        for folder in _around(path).iterdir():
            if name := re.fullmatch(r"(\d+)-of-(\d+)", folder.name):
                found.setdefault(int(name[2]), {})[int(name[1])] = folder
    return found


def _complete(shards: Mapping[int, Mapping[int, Path]]) -> list[Path]:
    """The shards of one number of machines, in order, if all are there."""
    for count, folders in sorted(shards.items()):
        if set(folders) == set(range(1, count + 1)):
            return [folders[index] for index in sorted(folders)]
    return []


def _missing(path: Path, shards: Mapping[int, Mapping[int, Path]]) -> str:
    lacking = {n: sorted(set(range(1, n + 1)) - set(folders)) for n, folders in shards.items()}
    count, missing = min(lacking.items(), key=lambda item: (len(item[1]), item[0]))
    listed = ", ".join(f"{index}/{count}" for index in missing[:MOST_LISTED])
    more = f" and {len(missing) - MOST_LISTED} more" if len(missing) > MOST_LISTED else ""
    return (
        f"{_around(path)}: shards {listed}{more} of the text are missing. "
        f"Make them, as: rnngen tokenize FILES --shard {missing[0]}/{count}; "
        "or leave --shard out, and all is cut into tokens here."
    )


def _cache(home: Path) -> Path:
    return home / ".tokens"


def _sums(home: Path) -> Path:
    return _cache(home) / "sums.json"


def _key(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CheckpointError(
            f"{path}: cannot be made: {error.strerror}. Set RNNGEN_HOME to a folder you may write."
        ) from error


def _remember(corpus: Corpus) -> dict[str, Any]:
    return {"description": corpus.description(), "digest": corpus.digest()}


def _find_again(remembered: Mapping[str, Any], home: Path) -> Corpus:
    corpus = reopen(remembered["description"], sums=_sums(home))
    if corpus.digest() != remembered["digest"]:
        raise CorpusError(
            f"{', '.join(corpus.names)}: changed since the run began, so it cannot be resumed. "
            "Put the old text back, or start again with --overwrite."
        )
    return corpus


def _corpus_facts(
    corpus: Corpus, store: TokenStore, training: Split, validation: Split
) -> dict[str, Any]:
    return {
        "names": [Path(name).name for name in corpus.names],
        "digest": corpus.digest(),
        "bytes": store.num_bytes,
        "tokens": store.num_tokens,
        "documents": corpus.documents,
        "documents_reason": corpus.reason or "as asked",
        "num_documents": len(store.hashes),
        "training_tokens": training.num_tokens,
        "held_out_tokens": validation.num_tokens,
    }
