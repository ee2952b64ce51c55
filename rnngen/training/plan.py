"""What a run is made from: from text files and settings, or from the saved state of a run."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen import checkpoint, novelty, runs, tensor_file, tokenizers
from rnngen.config import BUDGET, ModelConfig, TrainConfig
from rnngen.cores import cores
from rnngen.corpus import Corpus, CorpusExcerpt
from rnngen.dataset import batches, cache
from rnngen.dataset.held_out import held_out_of
from rnngen.errors import CheckpointError
from rnngen.forms.language import lexicon as words
from rnngen.training import recipe
from rnngen.training.finetune import initial_weights
from rnngen.training.reopen import describe, find_corpus
from rnngen.training.situation import Situation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from rnngen.checkpoint import Tensors
    from rnngen.config import TextConfig
    from rnngen.dataset.batches import Split
    from rnngen.dataset.cache import OnProgress
    from rnngen.dataset.store import TokenStore
    from rnngen.novelty import SpanIndex
    from rnngen.tokenizers.base import Tokenizer
    from rnngen.training.recipe import Recipe

HELD_OUT = "text"
"""What a run's saved state says of how its text was divided: by length, see held_out.py."""
MOST_HELD_OUT = 2_000_000
"""Tokens of documents held out by default; of more text, a smaller share is enough to measure."""


@dataclass(frozen=True)
class Plan:
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
    """Stored with the model: where its text came from, and the like."""
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

    @property
    def evaluated_tokens(self) -> int:
        """Tokens that one evaluation reads."""
        held_out = self.validation.num_tokens
        return min(self.config.valid_tokens or held_out, held_out)


@dataclass(frozen=True)
class Pretrained:
    """A trained model to go on from, and the name it was found by."""

    name: str
    model: checkpoint.Model


def new_plan(
    text: TextConfig,
    folder: Path,
    given: Mapping[str, Any],
    *,
    home: Path | None = None,
    pretrained: Pretrained | None = None,
    device: str = "cpu",
    progress: OnProgress | None = None,
    note: Callable[[str], None] | None = None,
) -> tuple[Plan, Recipe]:
    """A run on `text`, its settings chosen by the recipe but for those `given`.

    home: where tokens are kept; None: beside the run's folder.
    pretrained: the model to go on from; its tokens and shape are kept, `text.tokenizer` is unused.
    device: the kind of device that was found, `cpu`, `cuda` or `mps`; the run is for that one.
    Raises CorpusError, TokenizerError or ConfigError.
    """
    recipe.check(given, pretrained.model.config if pretrained else None)
    home = home or folder.parent
    corpus = cache.open_text(text, home)
    tell = note or (lambda line: None)
    for line in corpus.notes:
        tell(line)
    tokenizer = _tokenizer(corpus, text, home, pretrained, note)
    store = cache.find_store(corpus, tokenizer, home, progress)
    valid = cache.open_valid(text, home)
    fraction = given.get("valid_fraction", _valid_fraction(store))
    training, validation, reason = _sides(store, valid, tokenizer, fraction, home, by=HELD_OUT)
    situation = _situation(training, validation, tokenizer, device, pretrained)
    chosen = recipe.choose(situation, {"valid_fraction": fraction, **given, "device": device})
    index = _span_index(corpus, text.novelty, note)
    lexicon = _lexicon(corpus)
    for line in _remarks(corpus, valid, reason):
        tell(line)
    plan = Plan(
        folder=folder,
        model=chosen.model,
        config=chosen.train,
        tokenizer=tokenizer,
        training=training,
        validation=validation,
        counts=store.counts,
        continuous=store.documents == "none",
        facts={
            "corpus": _corpus_facts(corpus, store, training, validation),
            "init_from": pretrained.name if pretrained else None,
        },
        source=_source(corpus, valid, folder, has_index=index is not None),
        novelty=index,
        lexicon=lexicon,
        initial=initial_weights(pretrained.model, tokenizer.vocab_size) if pretrained else None,
    )
    return plan, chosen


def _tokenizer(
    corpus: Corpus,
    text: TextConfig,
    home: Path,
    pretrained: Pretrained | None,
    note: Callable[[str], None] | None,
) -> Tokenizer:
    """The text's own, or that of the model to go on from with new tokens for what it lacks."""
    if pretrained is None:
        return cache.find_tokenizer(corpus, text, home, note)
    return pretrained.model.tokenizer.extend(CorpusExcerpt(corpus), text.min_count)


def _situation(
    training: Split,
    validation: Split,
    tokenizer: Tokenizer,
    device: str,
    pretrained: Pretrained | None,
) -> Situation:
    return Situation(
        num_tokens=training.num_tokens,
        held_out=validation.num_tokens,
        vocab_size=tokenizer.vocab_size,
        cores=cores(),
        device=device,
        pretrained=pretrained.model.config if pretrained else None,
    )


def _source(
    corpus: Corpus, valid: Corpus | None, folder: Path, *, has_index: bool
) -> dict[str, Any]:
    """What a run that goes on finds its text by, and needs to know of how it was used."""
    return {
        "corpus": describe(corpus, folder),
        "valid": describe(valid, folder) if valid else None,
        "novelty": has_index,
        "held_out": HELD_OUT,
    }


def resumed_plan(
    folder: Path,
    end: Mapping[str, Any] | None = None,
    *,
    home: Path | None = None,
    named: Sequence[str] = (),
    is_named_only: bool = False,
) -> Plan:
    """The run whose state stands in `folder`, as it was.

    end: another end of it, as settings named in BUDGET, counted from its beginning; only then are
    its settings not what they were, as patience is off.
    home: where tokens are kept; None: beside the run's folder.
    named, is_named_only: where the text is now; see `find_corpus`.
    Raises CheckpointError if there is no such state, CorpusError if its text is gone or changed,
    ConfigError for an end that cannot be.
    """
    path, home = folder / runs.TRAINING_FILE, home or folder.parent
    tensors, facts = tensor_file.load_tensors(path, "training")
    try:
        model, config = ModelConfig(**facts["model"]), TrainConfig(**facts["config"])
        config = with_end(config, end) if end else config
        tokenizer = tokenizers.load(
            facts["tokenizer"], checkpoint.strip_prefix("tokenizer.", tensors)
        )
        source, about = facts["source"], facts["job"]
        digests = cache.digests_file(home)
        corpus = find_corpus(
            source["corpus"], folder, named=named, is_named_only=is_named_only, digests=digests
        )
        valid = find_corpus(source["valid"], folder, digests=digests) if source["valid"] else None
    except (KeyError, TypeError) as error:
        raise CheckpointError(f"{path}: not a run this version can resume: {error}") from error
    store = cache.find_store(corpus, tokenizer, home, None)
    sides = _sides(store, valid, tokenizer, config.valid_fraction, home, by=source.get("held_out"))
    training, validation, _ = sides
    return Plan(
        folder=folder,
        model=model,
        config=config,
        tokenizer=tokenizer,
        training=training,
        validation=validation,
        counts=store.counts,
        continuous=store.documents == "none",
        facts=about,
        source=source,
        novelty=_span_index(corpus, bool(source.get("novelty")), None),
        lexicon=_lexicon(corpus),
    )


def with_end(config: TrainConfig, end: Mapping[str, Any]) -> TrainConfig:
    """The settings with another end, if it is another, and then without patience.

    With more to go the rate rises again, and held-out text is read worse before it is read better.
    """
    if all(getattr(config, name) == value for name, value in end.items()):
        return config
    settings: dict[str, Any] = {name: end.get(name) for name in BUDGET}
    return dataclasses.replace(config, **settings, patience=0)


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
            " `novelty` keeps one, for rnngen sample `novel`."
        )
    return index


def _lexicon(corpus: Corpus) -> Tensors:
    """The words of the text, which forms are made of."""
    return words.of_texts(corpus, continuous=corpus.documents == "none").to_tensors()


def _remarks(corpus: Corpus, valid: Corpus | None, reason: str) -> list[str]:
    """What was left out of the text, now that it has been read, and how it was divided."""
    read = [corpus, valid] if valid else [corpus]
    found = [line for each in read for line in each.remarks()]
    found += valid.notes if valid else ()
    return [*found, reason] if reason else found


def _sides(
    store: TokenStore,
    valid: Corpus | None,
    tokenizer: Tokenizer,
    fraction: float,
    home: Path,
    *,
    by: str | None,
) -> tuple[Split, Split, str]:
    """The training and the held-out text, and how it was divided if not the usual way.

    by: None for a run of version 0.1, which divided documents by their number alone.
    """
    if valid is not None:
        held_out = batches.whole(cache.find_store(valid, tokenizer, home, None))
        return batches.whole(store), held_out, ""
    draw = held_out_of(store, fraction) if by == HELD_OUT else None
    return *batches.split(store, fraction, draw), draw.reason if draw else ""


def _valid_fraction(store: TokenStore) -> float:
    """A tenth; of many documents less, but never of continuous text: published figures use 10%."""
    if store.documents == "none":
        return 0.1
    return min(0.1, MOST_HELD_OUT / store.num_tokens)


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
