"""What `train` says would have helped most."""

from __future__ import annotations

import dataclasses
import json
import random
from pathlib import Path

import pytest

import rnngen
from rnngen import runs
from rnngen.config import ModelConfig
from rnngen.model.shapes import parameter_count, tensor_shapes, weights_per_token
from rnngen.training.events import Evaluation, Limited
from rnngen.training.limit import Ending, oddness, what_limited
from tests.training.short_runs import TEXT, of, plan, run

CORPORA = Path(__file__).resolve().parents[2] / "corpora"
FED = Ending(train=1.4, valid=1.41, tokens=10_000_000, weights=100_000, dropout=0.0)


@pytest.mark.parametrize(
    ("changed", "by"),
    [
        ({}, "size"),
        ({"valid": 1.6}, "text"),
        ({"valid": 1.6, "dropout": 0.5}, "text"),
        ({"valid": 1.6, "tokens": 100_000}, "text"),
        ({"dropout": 0.5}, "dropout"),
        ({"dropout": 0.1}, "size"),
        ({"tokens": 100_000}, "time"),
        ({"weights": 1_000_000}, "time"),
        ({"is_fine_tuned": True}, "time"),
        ({"valid": 1.3}, "size"),
    ],
)
def test_what_is_short_follows_from_the_losses(changed: dict[str, float], by: str):
    named, why = what_limited(dataclasses.replace(FED, **changed))
    assert named == by
    assert why.endswith(".")


def test_an_odd_text_comes_before_everything_else():
    ending = dataclasses.replace(FED, valid=3.0)
    assert what_limited(ending, "It is odd.") == ("oddness", "another text. It is odd.")


@pytest.mark.parametrize("name", ["haiku", "posts", "lyrics"])
@pytest.mark.parametrize("size", [2_000, 12_000, 200_000])
def test_the_shipped_texts_are_not_odd(name: str, size: int):
    assert oddness((CORPORA / f"{name}.txt").read_text(encoding="utf-8")[:size]) == ""


def test_what_teaches_nothing_is_odd():
    draw = random.Random(1)
    assert "stood there before" in oddness("All work and no play makes Jack dull.\n" * 100)
    assert "stood there before" in oddness("All work and no play makes Jack dull.\n" * 1000)
    assert "digits" in oddness("".join(f"{draw.random():.5f}\n" for _ in range(100)))
    assert "no order" in oddness("".join(draw.choice("abcdefgh   ") for _ in range(20_000)))
    assert "same again" in oddness("again and again " * 2_000)
    assert oddness("") == ""


def test_a_run_says_at_its_end_what_limited_it(tmp_path: Path):
    events = run(plan(tmp_path / "r", steps=40))
    [limited] = of(Limited, events)
    assert limited.by == "oddness"  # one line, sixty times
    assert [type(event).__name__ for event in events[-3:]] == ["Limited", "Saved", "Stopped"]
    lines = (tmp_path / "r" / runs.LOG_FILE).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["event"] for line in lines].count("limited") == 1


def test_a_run_that_was_stopped_says_nothing_until_it_ends(tmp_path: Path):
    first = run(plan(tmp_path / "r", steps=40), stop_at=10)
    assert not of(Limited, first)
    assert len(of(Limited, run(plan(tmp_path / "r", steps=40), resume=True))) == 1


def test_the_loss_of_the_training_text_is_the_score_of_it(tmp_path: Path):
    """Of as much of it as was held out: 270 tokens, and without dropout, which scoring has not."""
    work = plan(tmp_path / "r", model={"dropout": 0.5}, steps=60, learning_rate=1e-2)
    events = run(work)
    [limited] = of(Limited, events)
    assert of(Evaluation, events)[-1].best  # so the model on the disk is the last one
    assert work.evaluated_tokens == 270
    scored = rnngen.load(tmp_path / "r").score(TEXT[:270].decode())
    assert limited.train_nats_per_token == pytest.approx(scored.nats_per_token, rel=1e-5)


@pytest.mark.parametrize("tied", [True, False])
def test_weights_a_token_is_multiplied_by(tied: bool):
    config = ModelConfig(
        vocab_size=50, embedding_dim=8, hidden_size=8, num_layers=2, tie_weights=tied, ngrams=1
    )
    vectors = sum(shape[0] for shape in tensor_shapes(config).values() if len(shape) == 1)
    looked_up = 0 if tied else 50 * 8
    assert weights_per_token(config) == parameter_count(config) - vectors - looked_up
