"""Checkpoint files: safetensors, whole by themselves, replaced in one move, checked when read.

    checkpoints/NAME/model.safetensors      the best model so far, all that sampling needs
    checkpoints/NAME/training.safetensors   the last state of the run, all that resuming needs
    checkpoints/NAME/log.jsonl              what happened (see events.py)

Every file carries, as safetensors metadata: `rnngen` (what the file is), `format_version`,
`facts` (one JSON object) and `digest`, a SHA-256 over the facts and every tensor's name, type,
shape and bytes. Nothing in a file is ever executed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from rnngen import quantize, tokenizers
from rnngen.config import ModelConfig
from rnngen.errors import CheckpointError, ConfigError, TokenizerError
from rnngen.novelty import SpanIndex
from rnngen.shapes import tensor_shapes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from rnngen.tokenizers import Tokenizer

    Tensors = Mapping[str, NDArray[Any]]

FORMAT_VERSION = 1


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
    write(path, "model", tensors, facts)


def load_model(path: Path) -> Model:
    """Read `model.safetensors`.

    Raises CheckpointError if it is missing, damaged, of a newer format, or inconsistent.
    """
    tensors, facts = read(path, "model")
    try:
        config = ModelConfig.from_dict(facts.pop("model"))
        tokenizer = tokenizers.load(facts.pop("tokenizer"), under("tokenizer.", tensors))
        continuous = bool(facts.pop("continuous"))
        storage = str(facts.pop("storage", "fp32"))
        novelty = _novelty(facts.pop("novelty", None), tensors)
        weights = quantize.unpack(under("model.", tensors))
    except (KeyError, TypeError, ValueError, ConfigError, TokenizerError) as error:
        raise CheckpointError(f"{path}: not a model this version can use: {error}") from error
    _check_fit(path, config, weights, tokenizer)
    lexicon = {name: array for name, array in tensors.items() if name.startswith("lexicon.")}
    return Model(config, weights, tokenizer, continuous, facts, novelty, lexicon, storage)


def _novelty(settings: dict[str, int] | None, tensors: Tensors) -> SpanIndex | None:
    """The index of a model file, if it has one. Raises KeyError, TypeError or ValueError."""
    return None if settings is None else SpanIndex(bits=tensors["novelty.bits"], **settings)


def describe(path: Path, model: Model) -> dict[str, Any]:
    """What `rnngen info --json` prints; the README explains the keys."""
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


def under(prefix: str, tensors: Tensors) -> dict[str, NDArray[Any]]:
    """The tensors whose names begin with `prefix`, without it."""
    return {n.removeprefix(prefix): a for n, a in tensors.items() if n.startswith(prefix)}


def write(path: Path, kind: str, tensors: Tensors, facts: Mapping[str, Any]) -> None:
    """Replace the file at `path` in one move, after its bytes are on the disk.

    A reader sees the old file or the new one, never a part; so does the machine after a power cut.
    Raises CheckpointError if it cannot be written; the old file is then intact.
    """
    # safetensors writes arrays that are not C-contiguous wrongly, and silently.
    tensors = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    text = json.dumps(facts, sort_keys=True)
    metadata = {"rnngen": kind, "format_version": str(FORMAT_VERSION), "facts": text}
    metadata["digest"] = _digest(kind, text, tensors)
    replace(path, save(dict(tensors), metadata))


def read(path: Path, kind: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The tensors and facts of a file that `write` made, checked against its digest."""
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file.")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            _check_header(path, kind, metadata)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        facts = json.loads(metadata["facts"])
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path}: damaged or not a checkpoint: {error}") from error
    if _digest(kind, metadata["facts"], tensors) != metadata.get("digest"):
        raise CheckpointError(f"{path}: damaged: its content does not match its digest.")
    return tensors, facts


def _check_header(path: Path, kind: str, metadata: Mapping[str, str]) -> None:
    found = metadata.get("rnngen")
    if found is None:
        raise CheckpointError(f"{path}: a safetensors file, but not one of rnngen's.")
    version = metadata.get("format_version", "")
    if not version.isdecimal() or int(version) > FORMAT_VERSION:
        raise CheckpointError(
            f"{path}: format {version}, this rnngen reads up to {FORMAT_VERSION}; update rnngen."
        )
    if found != kind:
        raise CheckpointError(f"{path}: holds a {found} state, a {kind} file is needed here.")


def _digest(kind: str, facts: str, tensors: Tensors) -> str:
    hasher = hashlib.sha256(f"{kind}\n{facts}\n".encode())
    for name, array in sorted(tensors.items()):
        hasher.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        hasher.update(np.ascontiguousarray(array).data)
    return hasher.hexdigest()


def replace(path: Path, content: bytes) -> None:
    """Put `content` at `path`: whole, on the disk, or not at all (CheckpointError)."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise CheckpointError(
            f"{path}: cannot be written: {error.strerror}. What was saved before is intact."
        ) from error


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself durable, where the system lets a folder be opened."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
