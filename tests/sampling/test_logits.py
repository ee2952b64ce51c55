from __future__ import annotations

import math
from bisect import bisect_right
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rnngen.config import SampleConfig
from rnngen.model import softmax
from rnngen.sampling import logits as rules

EPSILON = 1e-9
shares = st.floats(0.01, 0.99)
# Halves make many ties; -inf is a token forbidden before.
LEVELS = np.array([*np.arange(-12, 12) / 2, -np.inf])


@st.composite
def rows(draw):
    """Logits (B, V) float64 in which every row has a token."""
    shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 9)))
    codes = draw(st.binary(min_size=math.prod(shape), max_size=math.prod(shape)))
    logits = LEVELS[np.frombuffer(codes, np.uint8).reshape(shape) % len(LEVELS)]
    logits[:, draw(st.integers(0, shape[1] - 1))] = 1
    return logits


def plain_softmax(row):
    weights = [math.exp(x) for x in row]
    return [w / math.fsum(weights) for w in weights]


def kept(row):
    return [v for v, x in enumerate(row) if x > -math.inf]


def likeliest_first(row):
    return sorted(kept(row), key=lambda v: (-row[v], v))


def only(row, tokens):
    return [x if v in tokens else -math.inf for v, x in enumerate(row)]


@given(rows(), st.integers(1, 10))
def test_top_k_keeps_the_k_likeliest_and_of_equals_the_lowest_ids(logits, k):
    for row, result in zip(logits, rules.top_k(logits, k), strict=True):
        assert result.tolist() == only(row, likeliest_first(row)[:k])


@given(rows(), shares)
def test_top_p_keeps_the_smallest_set_that_holds_the_probability(logits, p):
    for row, result in zip(logits, rules.top_p(logits, p), strict=True):
        ranking, probabilities = likeliest_first(row), plain_softmax(row)
        count = len(kept(result))
        assert result.tolist() == only(row, ranking[:count])
        held = [probabilities[v] for v in ranking[:count]]
        assert math.fsum(held) >= p - EPSILON
        assert math.fsum(held[:-1]) < p + EPSILON


@given(rows(), shares)
def test_min_p_keeps_what_is_likely_enough_beside_the_likeliest(logits, p):
    for row, result in zip(logits, rules.min_p(logits, p), strict=True):
        ratios = [math.exp(x - max(row)) for x in row]
        for v, ratio in enumerate(ratios):
            if abs(ratio - p) > EPSILON:
                assert result[v] == (row[v] if ratio > p else -math.inf)


@given(rows(), shares)
def test_typical_keeps_the_tokens_of_most_ordinary_surprise(logits, mass):
    for row, result in zip(logits, rules.typical(logits, mass), strict=True):
        p = plain_softmax(row)
        entropy = -math.fsum(q * math.log(q) for q in p if q > 0)
        distance = {v: abs(-math.log(p[v]) - entropy) for v in kept(row)}
        stays = kept(result)
        assert result.tolist() == only(row, stays)
        goes = [distance[v] for v in distance if v not in stays]
        farthest = max(stays, key=distance.get)
        assert distance[farthest] <= min(goes, default=math.inf) + EPSILON
        held = math.fsum(p[v] for v in stays)
        assert held >= mass - EPSILON
        nearest_probability = min(p[v] for v in stays if distance[v] > distance[farthest] - EPSILON)
        assert held - nearest_probability < mass + EPSILON


def test_typical_can_drop_the_likeliest_token():
    # Entropy 1.03 nats; the surprises .69, 1.20, 1.61 lie .34, .17, .58 from it.
    [result] = rules.typical(np.log([[0.5, 0.3, 0.2]]), 0.25)
    assert kept(result) == [1]


def test_of_equally_typical_tokens_the_lowest_ids_stay():
    # Odd ids hold e / (1 + e) = .731 together and lie .27 nats off the entropy, even ids .73.
    [result] = rules.typical(np.tile([[0.0, 1.0]], 100), 0.2)
    assert kept(result) == list(range(1, 56, 2))  # .2 / .00731 = 27.4


@given(rows(), st.lists(st.integers(0, 8), max_size=6), st.floats(0.2, 5))
def test_repetition_divides_positive_and_multiplies_negative_logits(logits, recent, penalty):
    recent = [v for v in recent if v < logits.shape[1]]
    result = rules.repetition(logits, [recent] * len(logits), penalty)
    for row, penalised in zip(logits, result, strict=True):
        expected = [
            x if v not in recent else x / penalty if x > 0 else x * penalty
            for v, x in enumerate(row)
        ]
        assert penalised.tolist() == expected


@given(rows(), st.lists(st.integers(0, 8), max_size=6))
def test_a_penalty_of_1_changes_nothing(logits, recent):
    assert rules.repetition(logits, [recent] * len(logits), 1.0) is logits


def test_repetition_raises_a_probability_to_a_power():
    [[first, second]] = rules.repetition(np.log([[0.9, 0.1]]), [[0, 1]], 2.0)
    assert (math.exp(first), math.exp(second)) == pytest.approx((0.81, 0.01))


@given(rows(), st.floats(0.1, 10))
def test_temperature_divides_differences(logits, value):
    for row, result in zip(logits, rules.temperature(logits, value), strict=True):
        best = max(row)
        assert result.tolist() == pytest.approx([(x - best) / value for x in row])


@given(rows())
def test_temperature_0_is_argmax(logits):
    for row, result in zip(logits, rules.temperature(logits, 0.0), strict=True):
        assert kept(result) == likeliest_first(row)[:1]


@given(rows(), st.data())
def test_each_row_may_have_its_own_temperature(logits, data):
    choice = st.sampled_from([0.0, 1e-300, 0.5, 1.0, 2.0])
    values = np.array(data.draw(st.lists(choice, min_size=len(logits), max_size=len(logits))))
    together = rules.temperature(logits, values)
    for n, value in enumerate(values):
        assert np.array_equal(together[n], rules.temperature(logits[n : n + 1], value)[0])


@given(rows(), st.floats(1e-320, 1e-3))
def test_a_tiny_temperature_still_leaves_the_likeliest(logits, value):
    for dtype in (np.float32, np.float64):
        result = rules.temperature(logits.astype(dtype), value)
        assert (result.max(axis=1) == 0).all()
        assert not np.isnan(result).any()


def config(**settings):
    return SampleConfig(**settings)


@st.composite
def configs(draw):
    optional = st.one_of(st.none(), shares)
    return config(
        top_k=draw(st.one_of(st.none(), st.integers(1, 9))),
        top_p=draw(optional),
        min_p=draw(st.one_of(optional, st.just(1.0), st.just(0.0))),
        typical=draw(optional),
    )


@limits(max_examples=50)
@given(rows(), configs(), st.sampled_from([0.0, 0.3, 1.0, 4.0]))
def test_no_rule_leaves_a_row_without_a_token(logits, settings, value):
    for dtype in (np.float32, np.float64):
        result = rules.truncate(logits.astype(dtype), settings, np.full(len(logits), value))
        assert result.dtype == dtype
        assert (result > -np.inf).any(axis=1).all()
        assert (logits[result > -np.inf] > -np.inf).all()


@limits(max_examples=50)
@given(rows(), configs(), st.sampled_from([0.0, 0.3, 1.0, 4.0]))
def test_the_order_is_temperature_top_k_top_p_min_p_typical(logits, settings, value):
    expected = logits if value == 1 else rules.temperature(logits, value)
    expected = rules.top_k(expected, settings.top_k or 99)
    expected = rules.top_p(expected, settings.top_p or 1.0)
    expected = rules.min_p(expected, settings.min_p or 0.0)
    expected = rules.typical(expected, settings.typical or 1.0)
    assert np.array_equal(rules.truncate(logits, settings, np.full(len(logits), value)), expected)


def test_top_p_acts_on_what_temperature_and_top_k_left():
    logits = np.log([[0.4, 0.3, 0.2, 0.1]])
    # Squared: 16, 9, 4, 1 of 30, so the first two hold .83; as learned they hold only .7.
    cold = rules.truncate(logits, config(top_p=0.8), np.array([0.5]))
    assert kept(cold[0]) == [0, 1]
    # Of the first two the likeliest holds .57; of all it holds only .4.
    few = rules.truncate(logits, config(top_k=2, top_p=0.5), np.array([1.0]))
    assert kept(few[0]) == [0]


def test_forbidding_first_leaves_the_best_of_the_rest():
    logits = rules.forbid(np.array([[5.0, 4.0, 3.0]]), np.array([True, False, False]))
    assert kept(rules.top_k(logits, 1)[0]) == [1]


EVERY_RULE = {
    "forbid": lambda x: rules.forbid(x, np.arange(x.shape[1]) % 3 == 1),
    "repetition": lambda x: rules.repetition(x, [[0, x.shape[1] - 1]] * len(x), 1.3),
    "bias": lambda x: rules.bias(x, np.linspace(-1, 1, x.shape[1])),
    "temperature": lambda x: rules.temperature(x, 0.7),
    "top_k": lambda x: rules.top_k(x, 5),
    "top_p": lambda x: rules.top_p(x, 0.8),
    "min_p": lambda x: rules.min_p(x, 0.1),
    "typical": lambda x: rules.typical(x, 0.8),
    "log_softmax": softmax.log_softmax,
    "log_probability": lambda x: softmax.log_probability(x, np.zeros(len(x), dtype=np.int64)),
    "draw": lambda x: rules.draw(x, np.full(len(x), 0.6180339)),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", EVERY_RULE)
def test_a_row_alone_gives_the_same_bits_as_in_a_batch(name, dtype):
    rule, rng = EVERY_RULE[name], np.random.default_rng(1)
    for vocab_size in (2, 7, 129, 1003, 9001):
        logits = rng.normal(0, 3, (64, vocab_size)).astype(dtype)
        rows = [0, 1, 30, 63]
        alone = np.stack([rule(logits[n : n + 1].copy())[0] for n in rows])
        for batch in (logits, np.asfortranarray(logits)):
            assert np.array_equal(rule(batch)[rows], alone)
        assert np.array_equal(rule(logits[63:56:-1])[0], alone[3])


@given(rows())
def test_log_softmax_is_the_log_of_softmax(logits):
    for row, result in zip(logits, softmax.log_softmax(logits), strict=True):
        assert np.exp(result).tolist() == pytest.approx(plain_softmax(row))


@given(rows(), st.data())
def test_log_probability_is_log_softmax_of_one_token(logits, data):
    ids = np.array([data.draw(st.sampled_from(kept(row))) for row in logits])
    expected = softmax.log_softmax(logits)[np.arange(len(ids)), ids]
    assert softmax.log_probability(logits, ids).tolist() == pytest.approx(expected.tolist())


@given(rows(), st.floats(0, 1, exclude_max=True))
def test_draw_inverts_the_cumulative_distribution(logits, uniform):
    drawn = rules.draw(logits, np.full(len(logits), uniform))
    for row, token in zip(logits, drawn, strict=True):
        assert token in kept(row)
        steps = list(accumulate(plain_softmax(row)))
        if min(abs(step - uniform) for step in steps) > EPSILON:
            assert token == bisect_right(steps, uniform)


def test_draw_reaches_exactly_the_tokens_of_some_probability():
    row = np.log([[0.25, 0.5, 0.25]])
    padded = np.concatenate([[[-np.inf]], row, [[-np.inf]]], axis=1)
    edges = np.array([0.0, 0.2499, 0.2501, 0.7499, 0.7501, 1 - 2**-53])
    assert rules.draw(np.repeat(padded, 6, axis=0), edges).tolist() == [1, 1, 2, 2, 3, 3]


@given(arrays(np.float64, 6, elements=st.floats(0.01, 1)))
def test_evenly_spaced_uniforms_draw_every_token_its_share(weights):
    count = 1000
    uniforms = (np.arange(count) + 0.5) / count
    drawn = rules.draw(np.repeat(np.log(weights)[None], count, axis=0), uniforms)
    shares = np.bincount(drawn, minlength=6)
    assert np.abs(shares - count * weights / weights.sum()).max() <= 1 + EPSILON
