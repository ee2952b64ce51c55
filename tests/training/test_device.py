"""Why a run has its device, precision and threads."""

from __future__ import annotations

from typing import Any

import pytest

from rnngen.config import ModelConfig, TrainConfig
from rnngen.training import device
from rnngen.training.processes import SINGLE
from rnngen.training.recipe import Recipe


def recipe(asked: dict[str, Any], **model: Any) -> Recipe:
    train = TrainConfig(**{"device": "cpu", "batch_size": 32, **asked})
    plain = Recipe(ModelConfig(vocab_size=9, **model), train, {"cell": "as asked"})
    return device.explained(plain, asked, SINGLE)


@pytest.mark.parametrize(
    ("has_bf16", "model", "precision", "reason"),
    [
        (False, {}, "fp32", "this CPU has no bf16 instructions"),
        (True, {"hidden_size": 256}, "bf16", "faster on this CPU from 192 units on"),
        (True, {"hidden_size": 64}, "fp32", "on this CPU bf16 would be no faster below 192 units"),
        (True, {"cell": "gru"}, "fp32", "on this CPU bf16 would be no faster for a GRU"),
    ],
)
def test_the_precision_has_the_reason_of_its_rule(monkeypatch, has_bf16, model, precision, reason):
    monkeypatch.setattr(device, "has_bf16_instructions", lambda: has_bf16)
    found = recipe({}, **model)
    assert (found.train.precision, found.reasons["precision"]) == (precision, reason)


@pytest.mark.parametrize(
    ("cores", "batch_size", "threads", "reason"),
    [
        (1, 32, 1, "this machine has one core"),
        (2, 32, 2, "one per core"),
        (8, 32, 8, "one per core"),
        (16, 32, 8, "each needs 4 rows of the batch"),
        (4, 6, 1, "the batch is too small for more"),
    ],
)
def test_the_threads_have_the_reason_of_their_rule(monkeypatch, cores, batch_size, threads, reason):
    monkeypatch.setattr(device, "cores", lambda: cores)
    found = recipe({"batch_size": batch_size})
    assert (found.train.threads, found.reasons["threads"]) == (threads, reason)


def test_what_was_asked_for_is_called_so():
    found = recipe({"precision": "fp32", "threads": 1, "device": "cpu"})
    asked = {name: found.reasons[name] for name in ("precision", "threads", "device")}
    assert set(asked.values()) == {"as asked"}
    automatic = recipe({"precision": "auto", "threads": 0})
    assert "as asked" not in {automatic.reasons[name] for name in ("precision", "threads")}
    assert automatic.reasons["device"] == "PyTorch finds no GPU"
    assert list(automatic.reasons) == ["cell", "device", "precision", "threads"]
