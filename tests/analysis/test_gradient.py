"""Connectivity and effects against finite differences of the log-probability."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rnngen.analysis import gradient
from rnngen.analysis.trace import Tracer
from rnngen.config import CELLS, ModelConfig
from rnngen.model import ngrams
from tests.analysis.nets import Weights, random_net

IDS = np.random.default_rng(3).permutation(30)[:9]  # each token once: its row is its place
INPUTS, TARGETS = IDS[:-1], IDS[1:]
STEP = 1e-4


def log_probabilities(config: ModelConfig, weights: Weights) -> np.ndarray:
    """ln p of each target, (T,)."""
    logits = Tracer(config, weights, np.float64).read(INPUTS[:, None]).logits[:, 0]
    normal = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return normal[np.arange(len(TARGETS)), TARGETS]


def changed(weights: Weights, name: str, place: Any, change: Any) -> Weights:
    array = weights[name].copy()
    array[place] = change(array[place])
    return {**weights, name: array}


def difference(config: ModelConfig, high: Weights, low: Weights) -> np.ndarray:
    return (log_probabilities(config, high) - log_probabilities(config, low)) / (2 * STEP)


def found(config: ModelConfig, weights: Weights) -> gradient.Influence:
    tracer = Tracer(config, weights, np.float64)
    return gradient.influence(tracer, tracer.read(INPUTS[:, None]), TARGETS)


SETTINGS: list[dict[str, Any]] = [
    {},
    {"norm": False},
    {"skip": False},
    {"embedding_dim": 5},
    {"ngrams": 1, "num_layers": 1},
]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("settings", SETTINGS)
def test_connectivity_is_the_length_of_the_finite_difference(cell: str, settings):
    config, weights = random_net(cell=cell, **settings)
    expected = np.zeros((len(TARGETS), len(INPUTS)))
    for column, token in enumerate(INPUTS):
        slopes = [
            difference(
                config,
                *(
                    changed(weights, "embedding.weight", (token, unit), lambda v, s=s: v + s)
                    for s in (STEP, -STEP)
                ),
            )
            for unit in range(config.embedding_dim)
        ]
        expected[:, column] = np.sqrt(np.square(slopes).sum(0))
    assert expected[-1, 0] > 1e-5  # the first token reaches the last one, if faintly
    assert np.allclose(found(config, weights).connectivity, expected, rtol=0.01, atol=1e-7)


@pytest.mark.parametrize("cell", CELLS)
def test_the_effect_is_that_of_fading_a_token_and_all_ngrams_that_hold_it(cell: str):
    config, weights = random_net(cell=cell)
    tokens = np.concatenate([np.zeros(config.ngrams - 1, np.int64), INPUTS + 1])
    rows = ngrams.rows(tokens, config.ngrams, config.ngram_buckets)
    assert len(set(np.concatenate(rows).tolist())) == 2 * len(INPUTS)  # no row is of two places
    expected = np.zeros((len(TARGETS), len(INPUTS)))
    for column, token in enumerate(INPUTS):
        holding = [
            int(each[place])
            for length, each in enumerate(rows, start=2)
            for place in range(column, min(column + length, len(INPUTS)))
        ]
        high, low = (
            changed(
                changed(weights, "embedding.weight", token, lambda v, s=s: v * (1 + s)),
                "ngrams.weight",
                holding,
                lambda v, s=s: v * (1 + s),
            )
            for s in (STEP, -STEP)
        )
        expected[:, column] = difference(config, high, low)
    effect = found(config, weights).effect
    assert (effect > 0.01).any()
    assert (effect < -0.01).any()
    assert np.allclose(effect, expected, rtol=0.01, atol=1e-7)


@pytest.mark.parametrize("cell", CELLS)
def test_nothing_is_moved_by_what_comes_after_it(cell: str):
    for each in found(*random_net(cell=cell)):
        assert np.array_equal(each, np.tril(each))
        assert (np.diag(each) != 0).all()


@pytest.mark.parametrize("cell", CELLS)
def test_targets_in_groups_are_targets_one_by_one(cell: str, monkeypatch: pytest.MonkeyPatch):
    config, weights = random_net(cell=cell)
    together = found(config, weights)
    monkeypatch.setattr(gradient, "TARGETS_AT_ONCE", 3)
    apart = found(config, weights)
    for one, other in zip(together, apart, strict=True):
        assert np.allclose(one, other, rtol=1e-9, atol=1e-14)
