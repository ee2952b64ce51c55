"""Time constants and units that follow a feature, on models whose gates are set by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rnngen.analysis import units
from rnngen.analysis.trace import Tracer
from rnngen.config import ModelConfig
from rnngen.tokenizers.byte import ByteTokenizer
from rnngen.tokenizers.char import CharTokenizer
from tests.analysis.nets import (
    OPEN,
    SHUT,
    Weights,
    blank_net,
    logit,
    random_net,
    set_bias,
    set_token,
)

SHARES = (0.5, 0.9, 0.99, 0.2)
LINE = "it was said: \u201cthe %s is old\u201d and so on, the %s went by.\n"
QUOTES = "".join(
    LINE % (w, v) for w, v in zip(["pond", "frog", "moon"] * 9, "abcdefghi" * 3, strict=True)
)


@pytest.mark.parametrize(("cell", "name"), [("lstm", "forget"), ("gru", "update")])
def test_time_constants_are_those_of_the_gates(cell: str, name: str):
    config, weights = blank_net(cell=cell)
    for unit, share in enumerate(SHARES):
        set_bias(config, weights, name, unit, logit(share))
    tracer = Tracer(config, weights, np.float64)
    found = units.activity(tracer, ByteTokenizer(), ["an old pond"], start_id=256)
    expected = [-1 / math.log(share) for share in SHARES]  # 1.44, 9.49, 99.5, 0.62
    assert units.time_constants(found.kept[0]) == pytest.approx(expected, rel=1e-5)
    assert found.characters_per_token == 1
    assert units.histogram(units.time_constants(found.kept[0])) == [1, 1, 0, 0, 1, 0, 0, 1, 0, 0]


def test_a_gate_that_is_always_open_never_forgets_and_one_that_is_shut_does_at_once():
    never, at_once = units.time_constants(np.array([1.0, 0.0]))
    assert (never, at_once) == (math.inf, 0)
    assert units.histogram(np.array([never, at_once])) == [1, *[0] * 8, 1]


def test_memory_fades_by_its_time_constant():
    """What the time constant claims: after so many tokens 1/e of the memory is left."""
    config, weights = blank_net(cell="lstm", hidden_size=1)
    set_bias(config, weights, "forget", 0, logit(0.9))
    set_bias(config, weights, "input", 0, OPEN)
    set_token(config, weights, "candidate", 0, ord("x"), 1.0)
    ids = np.array([ord(c) for c in "x" + "." * 60])[:, None]
    memory = Tracer(config, weights, np.float64).read(ids).layers[0].memory[:, 0, 0]
    [tokens] = units.time_constants(np.array([0.9]))
    assert np.interp(tokens, np.arange(61), memory) == pytest.approx(memory[0] / math.e, rel=0.01)


def quote_net(tokenizer: CharTokenizer) -> tuple[ModelConfig, Weights]:
    """Random units, and unit 2, whose memory is 1 within curly quotes and 0 outside."""
    size = tokenizer.vocab_size
    config, weights = blank_net(vocab_size=size, embedding_dim=size, hidden_size=6)
    _, noise = random_net(**{k: v for k, v in config.to_dict().items() if k != "dropout"})
    for name in weights:
        if name.startswith("layers"):
            weights[name] = noise[name]
    for name in ("input", "forget", "candidate", "output"):
        row = ("input", "forget", "candidate", "output").index(name) * 6 + 2
        for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            weights[f"layers.0.{part}_l0"][row] = 0
    [opening, closing] = tokenizer.encode("\u201c\u201d")
    set_bias(config, weights, "input", 2, SHUT)
    set_token(config, weights, "input", 2, opening, 2 * OPEN)
    set_bias(config, weights, "forget", 2, OPEN)
    set_token(config, weights, "forget", 2, closing, 2 * SHUT)
    set_bias(config, weights, "candidate", 2, OPEN)
    set_bias(config, weights, "output", 2, SHUT)  # or other units would follow this one
    return config, weights


def test_a_planted_quote_unit_is_found_and_a_shuffled_one_is_not():
    tokenizer = CharTokenizer.train(_Texts(QUOTES), 1)
    config, weights = quote_net(tokenizer)
    tracer = Tracer(config, weights)
    found = units.activity(tracer, tokenizer, [QUOTES], start_id=tokenizer.end_id)
    followers, missing = units.followers(found)
    assert missing == []
    quotes = next(each for each in followers if each.feature == "inside quotes")
    assert (quotes.layer, quotes.unit) == (0, 2)
    assert quotes.correlation == pytest.approx(1)
    assert quotes.is_labelled
    assert quotes.shuffled < 0.2
    # The same unit, its memory shuffled: the feature has no follower any more.
    memory = found.memory.copy()
    memory[:, 2] = np.random.default_rng(1).permutation(memory[:, 2])
    again, _ = units.followers(found._replace(memory=memory))
    quotes = next(each for each in again if each.feature == "inside quotes")
    assert not quotes.is_labelled


def test_a_unit_is_chosen_on_the_first_half_and_measured_on_the_second():
    """Unit 0 follows the feature only in the first half, unit 1 only in the second."""
    rng = np.random.default_rng(0)
    values = rng.integers(0, 2, 400).astype(float)
    memory = rng.normal(0, 1, (400, 2))
    memory[:200, 0], memory[200:, 1] = values[:200], values[200:]
    made = units.UnitActivity([np.full(2, 0.5)], memory, {"word start": values}, 1.0)
    [found], _ = units.followers(made)
    assert found.unit == 0
    assert abs(found.correlation) < 0.3
    assert not found.is_labelled


def test_random_units_are_not_called_after_anything():
    config, weights = random_net(vocab_size=257, hidden_size=64, embedding_dim=8)
    text = QUOTES.replace("\u201c", '"').replace("\u201d", '"')
    found = units.activity(Tracer(config, weights), ByteTokenizer(), [text], start_id=256)
    followers, _ = units.followers(found)
    assert not any(f.is_labelled for f in followers if f.feature == "inside quotes")


def test_what_a_text_does_not_show_is_not_measured():
    config, weights = random_net(vocab_size=257)
    found = units.activity(Tracer(config, weights), ByteTokenizer(), ["an old pond"], start_id=256)
    assert units.followers(found) == ([], list(units.FEATURES))  # too short
    found = units.activity(
        Tracer(config, weights), ByteTokenizer(), ["an old pond " * 9], start_id=256
    )
    followers, missing = units.followers(found)
    assert missing == ["inside quotes", "after a newline"]
    assert {each.feature for each in followers} == {"line position", "word start"}


def test_features_are_those_of_the_text_up_to_the_end_of_a_token():
    text = 'a "b c"\nd'
    of = units.features(text, np.arange(1, len(text) + 1))
    assert of["inside quotes"].tolist() == [0, 0, 1, 1, 1, 1, 0, 0, 0]
    assert of["after a newline"].tolist() == [0, 0, 0, 0, 0, 0, 0, 1, 0]
    assert of["line position"].tolist() == [1, 2, 3, 4, 5, 6, 7, 0, 1]
    assert of["word start"].tolist() == [1, 0, 0, 1, 0, 1, 0, 0, 1]
    of = units.features("an old pond", np.array([2, 2, 6, 11]))  # an | part of nothing | _old | ..
    assert of["word start"].tolist() == [1, 0, 1, 1]
    of = units.features('"a\n\nb', np.arange(1, 6))
    assert of["inside quotes"].tolist() == [1, 1, 1, 0, 0]  # a blank line ends it


def test_a_text_is_read_from_an_empty_state_document_by_document():
    config, weights = random_net(vocab_size=257)
    tracer = Tracer(config, weights)
    both = units.activity(tracer, ByteTokenizer(), ["old pond", "a frog"], start_id=256)
    one, two = (
        units.activity(tracer, ByteTokenizer(), [text], start_id=256)
        for text in ("old pond", "a frog")
    )
    assert np.allclose(both.memory, np.concatenate([one.memory, two.memory]), atol=1e-6)
    assert np.allclose(both.kept, (8 * np.array(one.kept) + 6 * np.array(two.kept)) / 14)


def test_a_long_text_is_read_in_blocks_as_a_whole(monkeypatch: pytest.MonkeyPatch):
    config, weights = random_net(vocab_size=257)
    tracer = Tracer(config, weights)
    whole = units.activity(tracer, ByteTokenizer(), ["old pond " * 5], start_id=256)
    monkeypatch.setattr(units, "BLOCK", 7)
    parts = units.activity(tracer, ByteTokenizer(), ["old pond " * 5], start_id=256)
    assert np.allclose(whole.memory, parts.memory, atol=1e-6)
    assert np.allclose(whole.kept, parts.kept, atol=1e-6)
    monkeypatch.setattr(units, "MOST_TOKENS", 20)
    assert len(units.activity(tracer, ByteTokenizer(), ["old pond"] * 9, start_id=256).memory) == 20


class _Texts:
    def __init__(self, text: str) -> None:
        self._text = text

    def pieces(self):
        yield self._text, True
