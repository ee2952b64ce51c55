"""What a run is made from: from text files and settings, or from the saved state of a run."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rnngen import checkpoint, novelty, runs, tensor_file, tokenizers
from rnngen.config import BUDGET, ModelConfig, TrainConfig
from rnngen.cores import cores
from rnngen.corpus import Corpus, CorpusExcerpt
from rnngen.counts import count
from rnngen.dataset import cache
from rnngen.errors import CheckpointError, ConfigError, CorpusError, RnngenError
from rnngen.forms.language import lexicon as words
from rnngen.forms.language.own_words import without_words
from rnngen.tokenizers.labelled import listed, with_labels
from rnngen.training import recipe
from rnngen.training.divided_text import BY_LENGTH, divide
from rnngen.training.finetune import initial_weights
from rnngen.training.reopen import describe, find_corpus
from rnngen.training.situation import Situation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from rnngen.checkpoint import Tensors
    from rnngen.config import TextConfig
    from rnngen.dataset.batches import Split
    from rnngen.dataset.cache import OnProgress
    from rnngen.novelty import SpanIndex
    from rnngen.tokenizers.base import Tokenizer
    from rnngen.training.divided_text import DividedText
    from rnngen.training.recipe import Recipe


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
    opened: Callable[[Corpus], None] | None = None,
) -> tuple[Plan, Recipe]:
    """A run on `text`, its settings chosen by the recipe but for those `given`.

    home: where tokens are kept; None: beside the run's folder.
    pretrained: the model to go on from; its tokens and shape are kept, `text.tokenizer` is unused.
    device: the kind of device that was found, `cpu`, `cuda` or `mps`; the run is for that one.
    Raises CorpusError, TokenizerError or ConfigError.
    """
    base = pretrained.model if pretrained else None
    recipe.check(given, base.config if base else None)
    tell = note or (lambda line: None)
    read = _read(text, given, base, home or folder.parent, progress, tell, opened)
    chosen = _choose(read, given, base, device)
    index = _span_index(read.corpus, False if text.private else text.novelty, note)
    plan = _plan(
        folder,
        chosen.model,
        chosen.train,
        read,
        facts={
            "corpus": read.facts(private=text.private),
            "init_from": pretrained.name if pretrained else None,
        },
        source=_source(read, folder, has_index=index is not None, is_private=text.private),
        index=index,
        initial=initial_weights(base, read.tokenizer) if base else None,
    )
    for line in read.remarks():  # now that the last one, the word list, has read it all
        tell(line)
    return plan, chosen


def _source(
    read: DividedText, folder: Path, *, has_index: bool, is_private: bool
) -> dict[str, Any]:
    """How `resumed_plan` finds the text again, and makes of it what was made."""
    return {
        "corpus": describe(read.corpus, folder),
        "valid": describe(read.valid, folder) if read.valid else None,
        "novelty": has_index,
        "held_out": BY_LENGTH,
        **({"private": True} if is_private else {}),
    }


def _choose(
    read: DividedText, given: Mapping[str, Any], base: checkpoint.Model | None, device: str
) -> Recipe:
    situation = Situation(
        num_tokens=read.training.num_tokens,
        held_out=read.validation.num_tokens,
        vocab_size=read.tokenizer.vocab_size,
        cores=cores(),
        device=device,
        pretrained=base.config if base else None,
    )
    return recipe.choose(situation, {**given, "valid_fraction": read.fraction, "device": device})


def _read(
    text: TextConfig,
    given: Mapping[str, Any],
    base: checkpoint.Model | None,
    home: Path,
    progress: OnProgress | None,
    note: Callable[[str], None],
    opened: Callable[[Corpus], None] | None = None,
) -> DividedText:
    """The text as tokens: those of `base`, if a run starts from it."""
    corpus = cache.open_text(text, home)
    for line in corpus.notes:
        note(line)
    if opened is not None:
        opened(corpus)
    if base is None:
        tokenizer = cache.find_tokenizer(corpus, text, home, note)
    else:  # its tokens are kept, with new ones for characters it lacks
        tokenizer = _extended(base.tokenizer, corpus, text)
    valid, fraction = cache.open_valid(text, home), given.get("valid_fraction")
    if tokenizer.labels:
        note(f"{count(len(tokenizer.labels), 'label')}: {listed(tokenizer.labels)}.")
    for label in cache.labels_of(valid):
        if label not in tokenizer.labels:
            raise CorpusError(f"{text.valid}: its label {label!r} is none of those of the text.")
    return divide(
        corpus, valid, tokenizer, home=home, fraction=fraction, progress=progress, note=note
    )


def _extended(tokenizer: Tokenizer, corpus: Corpus, text: TextConfig) -> Tokenizer:
    """The tokens of a model to start from, with new ones for what only the text has."""
    if tokenizer.labels and text.label is None:
        raise ConfigError(
            f"the model of `init_from` has labels, such as {listed(tokenizer.labels[:3])}. Say with"
            " `label` where this text has its own."
        )
    larger = tokenizer.extend(CorpusExcerpt(corpus), text.min_count)
    return with_labels(larger, cache.labels_of(corpus))


def _plan(
    folder: Path,
    model: ModelConfig,
    config: TrainConfig,
    read: DividedText,
    *,
    facts: dict[str, Any],
    source: dict[str, Any],
    index: SpanIndex | None,
    initial: Mapping[str, NDArray[np.float32]] | None = None,
) -> Plan:
    return Plan(
        folder=folder,
        model=model,
        config=config,
        tokenizer=read.tokenizer,
        training=read.training,
        validation=read.validation,
        counts=read.store.counts,
        continuous=read.is_continuous,
        facts=facts,
        source=source,
        novelty=index,
        lexicon=_lexicon(read.corpus, is_private=bool(source.get("private"))),
        initial=initial,
    )


def resumed_plan(
    folder: Path,
    end: Mapping[str, Any] | None = None,
    *,
    home: Path | None = None,
    named: Sequence[str] = (),
    is_named_only: bool = False,
    note: Callable[[str], None] | None = None,
) -> Plan:
    """The run whose state stands in `folder`, as it was.

    end: another end of it, as settings named in BUDGET, counted from its beginning; only then are
    its settings not what they were, as patience is off.
    home: where tokens are kept; None: beside the run's folder.
    named, is_named_only: where the text is now; see `find_corpus`.
    note: called with a line where something is not as it was.
    Raises CheckpointError if there is no such state, CorpusError if its text is gone or changed,
    ConfigError for an end that cannot be.
    """
    saved = _read_state(folder / runs.TRAINING_FILE)
    config = with_end(saved.config, end) if end else saved.config
    home, source = home or folder.parent, saved.source
    digests = cache.digests_file(home)
    try:
        corpus, valid = _find_texts(source, folder, named, is_named_only, digests)
    except (KeyError, TypeError, ValueError, AttributeError) as error:  # what the state says of it
        raise _unfit(folder / runs.TRAINING_FILE, error) from error
    fraction, by = config.valid_fraction, source.get("held_out")
    read = divide(corpus, valid, saved.tokenizer, home=home, fraction=fraction, by=by, note=note)
    index = _span_index(corpus, bool(source.get("novelty")), None)
    return _plan(folder, saved.model, config, read, facts=saved.facts, source=source, index=index)


def _find_texts(
    source: Mapping[str, Any],
    folder: Path,
    named: Sequence[str],
    is_named_only: bool,
    digests: Path | None,
) -> tuple[Corpus, Corpus | None]:
    """The text of a run, and what it holds out in its place; see `find_corpus`."""
    if source["valid"] is None:
        corpus = find_corpus(
            source["corpus"], folder, named=named, is_named_only=is_named_only, digests=digests
        )
        return corpus, None
    held_out = source["valid"]["description"]["files"]
    of_valid = [name for name in named if name in held_out]
    of_text = [name for name in named if name not in of_valid]
    corpus = find_corpus(
        source["corpus"], folder, named=of_text, is_named_only=is_named_only, digests=digests
    )
    return corpus, find_corpus(source["valid"], folder, named=of_valid, digests=digests)


@dataclass(frozen=True)
class _State:
    """What a saved state says of its run."""

    model: ModelConfig
    config: TrainConfig
    tokenizer: Tokenizer
    source: dict[str, Any]
    facts: dict[str, Any]


def _read_state(path: Path) -> _State:
    """Raises CheckpointError for a state that is not there, or not one of this version's runs."""
    header = tensor_file.read_header(path, "training")
    try:
        parts = {name: header.facts[name] for name in ("model", "config", "tokenizer", "job")}
        source = header.facts["source"]
        corpora = [source["corpus"]] + ([source["valid"]] if source["valid"] else [])
        for part in (*parts.values(), *corpora, *(corpus["description"] for corpus in corpora)):
            if not isinstance(part, dict):
                raise TypeError(f"{type(part).__name__} in place of an object")
        model, config = (
            ModelConfig.from_dict(parts["model"]),
            TrainConfig.from_dict(parts["config"]),
        )
        checkpoint.check_shapes(path, model, header.entries)
        tensors = checkpoint.strip_prefix("tokenizer.", header.read_tensors())
        tokenizer = tokenizers.load(parts["tokenizer"], tensors)
        checkpoint.check_vocabulary(path, model, tokenizer)
    except CheckpointError:
        raise
    except (RnngenError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unfit(path, error) from error
    return _State(model, config, tokenizer, source, parts["job"])


def _unfit(path: Path, error: Exception) -> CheckpointError:
    reason = f"{error} is missing" if isinstance(error, KeyError) else str(error).rstrip(".")
    return CheckpointError(f"{path}: not a run this version can resume: {reason}.")


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


def _lexicon(corpus: Corpus, *, is_private: bool) -> Tensors:
    """The words of the text, which forms are made of, and how long its lines are."""
    found = words.of_texts(corpus, continuous=corpus.documents == "none")
    return (without_words(found) if is_private else found).to_tensors()
