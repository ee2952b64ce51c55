"""Runs of seconds on a text that a model can learn by heart."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from rnngen import runs, tensor_file
from rnngen.config import ModelConfig, TrainConfig
from rnngen.dataset import batches
from rnngen.tokenizers.byte import ByteTokenizer
from rnngen.training import run as training_run
from rnngen.training.events import Event
from rnngen.training.plan import Plan
from tests.precision import PRECISION

TEXT = b"the quick brown fox jumps over the lazy dog. " * 60


def plan(folder: Path, *, model: dict[str, Any] | None = None, **settings: Any) -> Plan:
    """A run on a text of a few thousand bytes that a model can learn by heart."""
    tokens = np.frombuffer(TEXT, np.uint8).astype(np.int64)
    store = SimpleNamespace(
        documents="none",
        num_tokens=len(tokens),
        offsets=np.array([0, len(tokens)], np.uint64),
        hashes=np.zeros(1, np.uint64),
        read=lambda start, stop: tokens[start:stop],
    )
    training, validation = batches.split(store, 0.1)  # type: ignore[arg-type]
    sizes = {"embedding_dim": 12, "hidden_size": 12, "num_layers": 2, "dropout": 0.2, "ngrams": 3}
    config = {"batch_size": 4, "seq_len": 16, "warmup_steps": 5, "evaluations": 4, "device": "cpu"}
    config["precision"] = PRECISION
    folder.mkdir(exist_ok=True)
    return Plan(
        folder=folder,
        model=ModelConfig(**{"vocab_size": 257, **sizes, **(model or {})}),
        config=TrainConfig(**{**config, **settings}),
        tokenizer=ByteTokenizer(),
        training=training,
        validation=validation,
        counts=np.bincount(tokens, minlength=257),
        continuous=True,
        facts={"corpus": {"names": ["fox"]}},
    )


def run(work: Plan, *, stop_at: int | None = None, resume: bool = False) -> list[Event]:
    """All events; stop_at: ask for a stop once that step was made."""
    events: list[Event] = []
    seen = {"steps": 0}
    if resume:
        facts = tensor_file.load_tensors(work.folder / runs.TRAINING_FILE, "training")[1]
        seen["steps"] = facts["progress"]["step"]

    def should_stop() -> bool:
        seen["steps"] += 1
        return stop_at is not None and seen["steps"] >= stop_at

    for event in training_run.train(work, resume=resume, should_stop=should_stop):
        events.append(event)
    return events


def tensors(folder: Path) -> dict[str, Any]:
    return tensor_file.load_tensors(folder / runs.TRAINING_FILE, "training")[0]


def of(kind: type[Event], events: list[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]
