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
from typing import TYPE_CHECKING, Any

from rnngen import tensor_file, tokenizers
from rnngen.config import ModelConfig
from rnngen.errors import CheckpointError, ConfigError, TokenizerError
from rnngen.model import quantize
from rnngen.model.shapes import tensor_shapes
from rnngen.novelty import SpanIndex

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from rnngen.tokenizers.base import Tokenizer

    Tensors = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Model:
    """A model as it is stored: enough to sample from it, score with it and say what it is."""

    config: ModelConfig
    weights: dict[str, NDArray[np.float32]]
    """Named and shaped as in torch (see shapes.py)."""
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


def load_model(path: Path) -> Model:
    """Read `model.safetensors`.

    Raises CheckpointError if it is missing, damaged, of a newer format, or inconsistent.
    """
    tensors, facts = tensor_file.load_tensors(path, "model")
    try:
        config = ModelConfig.from_dict(facts.pop("model"))
        tokenizer = tokenizers.load(facts.pop("tokenizer"), strip_prefix("tokenizer.", tensors))
        continuous = bool(facts.pop("continuous"))
        storage = str(facts.pop("storage", "fp32"))
        novelty = _novelty(facts.pop("novelty", None), tensors)
        weights = quantize.unpack(strip_prefix("model.", tensors))
    except (KeyError, TypeError, ValueError, ConfigError, TokenizerError) as error:
        raise CheckpointError(f"{path}: not a model this version can use: {error}") from error
    _check_fit(path, config, weights, tokenizer)
    lexicon = {name: array for name, array in tensors.items() if name.startswith("lexicon.")}
    return Model(config, weights, tokenizer, continuous, facts, novelty, lexicon, storage)


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
        "parameters": sum(array.size for array in model.weights.values()),
        "tokenizer": model.tokenizer.kind,
        "vocab_size": model.config.vocab_size,
        **({"labels": list(model.tokenizer.labels)} if model.tokenizer.labels else {}),
        "continuous": model.continuous,
        **facts.get("metrics", {}),
        "step": facts.get("training", {}).get("step"),
        "novelty": model.novelty and model.novelty.describe(),
        "words": len(model.lexicon["lexicon.frequency"]) if model.lexicon else None,
        "corpus": facts.get("corpus", {}),
        "training": facts.get("training", {}),
        "created": facts.get("created"),
        "version": facts.get("version"),
    }


def _check_fit(path: Path, config: ModelConfig, weights: Tensors, tokenizer: Tokenizer) -> None:
    if config.vocab_size != tokenizer.vocab_size:
        raise CheckpointError(
            f"{path}: the model has {config.vocab_size} tokens, its tokenizer "
            f"{tokenizer.vocab_size}; they come from different runs."
        )
    expected = tensor_shapes(config)
    found = {name: array.shape for name, array in weights.items()}
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            raise CheckpointError(
                f"{path}: tensor {name} should have shape {expected.get(name)}, "
                f"it has {found.get(name)}; the file does not match its own settings."
            )


def strip_prefix(prefix: str, tensors: Tensors) -> dict[str, NDArray[Any]]:
    """The tensors whose names begin with `prefix`, without it."""
    return {n.removeprefix(prefix): a for n, a in tensors.items() if n.startswith(prefix)}
