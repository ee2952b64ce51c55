"""Checkpoint files: safetensors, whole by themselves, replaced in one move, checked when read.

    checkpoints/NAME/model.safetensors      the best model so far, all that sampling needs
    checkpoints/NAME/training.safetensors   the last state of the run, all that resuming needs
    checkpoints/NAME/log.jsonl              what happened (see events.py)

Every file carries, as safetensors metadata: `rnngen` (what the file is), `format_version`,
`facts` (one JSON object) and `digest`, a SHA-256 over the facts and every tensor's name, type,
shape and bytes. Nothing in a file is ever executed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import NoneType
from typing import TYPE_CHECKING, Any, TypeVar

from rnngen import tensor_file, tokenizers
from rnngen.config import ModelConfig
from rnngen.errors import CheckpointError, RnngenError
from rnngen.model import quantize
from rnngen.model.shapes import parameter_count, tensor_shapes
from rnngen.novelty import SpanIndex

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from rnngen.tensor_file import TensorEntry
    from rnngen.tokenizers.base import Tokenizer

    Tensors = Mapping[str, NDArray[Any]]

Part = TypeVar("Part")
FACTS: dict[str, tuple[type, ...]] = {
    "tokenizer": (dict,),
    "continuous": (bool,),
    "storage": (str,),
    "corpus": (dict,),
    "training": (dict,),
    "metrics": (dict,),
    "preset": (dict,),
    "init_from": (str, NoneType),
    "created": (str,),
    "version": (str,),
}
"""What a model file says besides its config, and of which type that is."""


METRICS = ("best_valid_nats_per_token", "best_valid_bits_per_byte")


@dataclass(frozen=True)
class Model:
    """A model as it is stored: enough to sample from it, score with it and say what it is."""

    config: ModelConfig
    weights: Mapping[str, NDArray[np.float32]]
    """Named and shaped as in torch (see shapes.py). Those of a file are PackedWeights."""
    tokenizer: Tokenizer
    continuous: bool
    """Trained on one continuous text: it never saw an end token, so it must not write one."""
    facts: dict[str, Any]
    """What it was trained on, and how well: `corpus`, `training`, `metrics`, and the like."""
    novelty: SpanIndex | None = None
    """Of the training text; None if that was too large, or it was not wanted."""
    lexicon: Tensors = field(default_factory=dict)
    """The words of the training text, as `Lexicon.to_tensors` has them; empty in older files."""
    storage: str = "fp32"
    """How weights are kept in the file: one of `quantize.STORAGES`."""

    @property
    def start_id(self) -> int:
        return start_id(self.tokenizer, self.continuous)


def start_id(tokenizer: Tokenizer, continuous: bool) -> int:
    """The token to feed before any text: the end token, or a newline in a continuous text."""
    return int(tokenizer.encode("\n")[0]) if continuous else tokenizer.end_id


def save_model(path: Path, model: Model) -> None:
    """Write `model.safetensors`. Raises CheckpointError; what stood there before is then intact."""
    packed = quantize.pack(model.weights, model.storage)
    tensors: dict[str, NDArray[Any]] = {f"model.{n}": a for n, a in packed.items()}
    tensors |= {f"tokenizer.{n}": array for n, array in model.tokenizer.tensors().items()}
    facts = {
        "model": model.config.to_dict(),
        "tokenizer": model.tokenizer.settings(),
        "continuous": model.continuous,
        "storage": model.storage,
        **model.facts,
    }
    if model.novelty is not None:
        tensors["novelty.bits"] = model.novelty.bits
        facts["novelty"] = model.novelty.settings()
    tensors |= model.lexicon
    tensor_file.save_tensors(path, "model", tensors, facts)


def set_preset(path: Path, preset: Mapping[str, Any]) -> None:
    """Store with the model at `path` how it is best sampled; see forms/preset.py.

    Raises CheckpointError; what stood there before is then intact.
    """
    tensors, facts = tensor_file.load_tensors(path, "model")
    facts.pop("preset", None)
    tensor_file.save_tensors(
        path, "model", tensors, {**facts, **({"preset": dict(preset)} if preset else {})}
    )


def load_model(path: Path) -> Model:
    """Read `model.safetensors`.

    Raises CheckpointError if it is missing, damaged, of a newer format, or inconsistent.
    """
    header = tensor_file.read_header(path, "model")
    facts = header.facts
    try:
        config = ModelConfig.from_dict(facts.pop("model"))
        check_facts(facts)
        check_shapes(path, config, header.entries)  # before memory is taken for what is unpacked
        tensors = header.map_tensors()
        tokenizer = tokenizers.load(facts.pop("tokenizer"), strip_prefix("tokenizer.", tensors))
        check_vocabulary(path, config, tokenizer)
        novelty = _novelty(facts.pop("novelty", None), tensors)
        lexicon = {name: array for name, array in tensors.items() if name.startswith("lexicon.")}
        if lexicon and lexicon["lexicon.frequency"].ndim != 1:
            raise ValueError("its word list is no list")
        weights = quantize.PackedWeights(strip_prefix("model.", tensors))
    except CheckpointError:
        raise
    except (RnngenError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(f"{path}: not a model this version can use: {error}") from error
    continuous, storage = facts.pop("continuous"), facts.pop("storage", "fp32")
    return Model(config, weights, tokenizer, continuous, facts, novelty, lexicon, storage)


def check_facts(facts: Mapping[str, Any]) -> None:
    """Raises TypeError if a fact is missing or of another type than is written."""
    for name, types in FACTS.items():
        is_needed = name in ("tokenizer", "continuous")
        if (name in facts or is_needed) and not isinstance(facts.get(name), types):
            raise TypeError(f"{name} is {type(facts.get(name)).__name__}")
    for name, value in facts.get("metrics", {}).items():
        if not isinstance(value, int | float | NoneType):
            raise TypeError(f"metric {name} is {type(value).__name__}")


def _novelty(settings: dict[str, int] | None, tensors: Tensors) -> SpanIndex | None:
    """The index of a model file, if it has one. Raises KeyError, TypeError or ValueError."""
    return None if settings is None else SpanIndex(bits=tensors["novelty.bits"], **settings)


def describe(path: Path, model: Model) -> dict[str, Any]:
    """What `rnngen info --json` prints; docs/scripting.md explains the keys."""
    facts = model.facts
    return {
        "name": path.parent.name,
        "path": str(path),
        "bytes": path.stat().st_size,
        "cell": model.config.cell,
        "num_layers": model.config.num_layers,
        "hidden_size": model.config.hidden_size,
        "embedding_dim": model.config.embedding_dim,
        "tie_weights": model.config.tie_weights,
        "norm": model.config.norm,
        "skip": model.config.skip,
        "ngrams": model.config.ngrams,
        "ngram_buckets": model.config.ngram_buckets,
        "ngram_dim": model.config.ngram_dim,
        "storage": model.storage,
        "init_from": facts.get("init_from"),
        "dropout": model.config.dropout,
        "parameters": parameter_count(model.config),
        "tokenizer": model.tokenizer.kind,
        "vocab_size": model.config.vocab_size,
        "labels": list(model.tokenizer.labels) or None,
        "continuous": model.continuous,
        **{key: facts.get("metrics", {}).get(key) for key in METRICS},
        "step": facts.get("training", {}).get("step"),
        "novelty": model.novelty and model.novelty.describe(),
        "words": len(model.lexicon["lexicon.frequency"]) if model.lexicon else None,
        "carries": carried_text(model),
        "corpus": facts.get("corpus", {}),
        "training": facts.get("training", {}),
        "preset": facts.get("preset"),
        "created": facts.get("created"),
        "version": facts.get("version"),
    }


def carried_text(model: Model) -> list[str]:
    """What a model file holds of its text besides the weights, of words, spans, subwords, labels
    and names (of files). Empty for a model that was trained with `private`."""
    corpus = model.facts.get("corpus", {})
    held = {
        "words": bool(model.lexicon) and len(model.lexicon["lexicon.frequency"]) > 0,
        "spans": model.novelty is not None,
        "subwords": model.tokenizer.kind == "subword",
        "labels": bool(model.tokenizer.labels),
        "names": bool(corpus.get("names")),
    }
    return [name for name, is_held in held.items() if is_held]


def check_vocabulary(path: Path, config: ModelConfig, tokenizer: Tokenizer) -> None:
    """Raises CheckpointError if the model of a file has other tokens than its tokenizer."""
    if config.vocab_size != tokenizer.vocab_size:
        raise CheckpointError(
            f"{path}: the model has {config.vocab_size} tokens, its tokenizer "
            f"{tokenizer.vocab_size}; they come from different runs."
        )


def check_shapes(path: Path, config: ModelConfig, entries: Mapping[str, TensorEntry]) -> None:
    """Raises CheckpointError unless the tensors of a file are those of a model of this config."""
    expected = tensor_shapes(config)
    for name in [name for name in expected if f"model.{quantize.SCALE}{name}" in entries]:
        expected[quantize.SCALE + name] = expected[name][:1]
    found = strip_prefix("model.", {name: entry.shape for name, entry in entries.items()})
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            raise CheckpointError(
                f"{path}: tensor {name} should have shape {expected.get(name)}, "
                f"it has {found.get(name)}; the file does not match its own settings."
            )


def strip_prefix(prefix: str, parts: Mapping[str, Part]) -> dict[str, Part]:
    """The parts whose names begin with `prefix`, without it."""
    return {n.removeprefix(prefix): part for n, part in parts.items() if n.startswith(prefix)}
