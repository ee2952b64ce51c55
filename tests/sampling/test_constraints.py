from __future__ import annotations

import codecs
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rnngen.config import SampleConfig
from rnngen.sampling.constraints import Constraints
from tests.doubles import Pieces

LETTERS = [a + b for a in ("", "a", "b", "c") for b in ("a", "b", "c", "é")]
BYTES = [bytes([n]) for n in range(256)]
words = st.text("abcé", min_size=1, max_size=5)
paths = st.lists(st.integers(0, len(LETTERS) - 1), max_size=15)


def constraints(pieces, forbidden=None, **settings):
    return Constraints(Pieces(pieces), SampleConfig(**settings), forbidden)


def walk(rules, ids, prompt=""):
    """The states before each token of `ids`, and the last."""
    states = [rules.start(prompt)]
    for token in ids:
        states.append(rules.advance(states[-1], token))
    return states


@given(st.lists(words, min_size=1, max_size=3), words, paths)
def test_a_ban_forbids_exactly_the_tokens_that_complete_the_string(ban, prompt, ids):
    rules = constraints(LETTERS, ban=tuple(ban))
    before = prompt + "".join(LETTERS[i] for i in ids)
    mask = rules.mask(walk(rules, ids, prompt)[-1], True)
    for token, piece in enumerate(LETTERS):
        after = before + piece
        completes = any(word in after[max(0, len(before) - len(word) + 1) :] for word in ban)
        assert mask[token] == completes
    assert not mask[rules.end_id]


@given(words, st.floats(-5, 5), paths)
@example("aa", 1.0, [0, 0, 0])  # occurrences that overlap count once, as in str.count
def test_the_biases_of_a_text_add_up_to_its_occurrences(word, nats, ids):
    rules = constraints(LETTERS, bias=((word, nats),))
    states = walk(rules, ids)
    paid = sum(rules.weights(s)[i] for s, i in zip(states[:-1], ids, strict=True))
    data = word.encode()
    *whole, rest = "".join(LETTERS[i] for i in ids).encode().split(data)
    begun = max(k for k in range(len(data)) if rest.endswith(data[:k]))
    assert paid == pytest.approx(nats * (len(whole) + begun / len(data)))
    with_end = paid + rules.weights(states[-1])[rules.end_id]
    assert with_end == pytest.approx(nats * len(whole))


def test_a_bias_on_one_token_is_added_to_that_token():
    rules = constraints("abc", bias=(("b", 1.5), ("c", -2.0)))
    assert rules.weights(rules.start("")).tolist() == [0, 1.5, -2, 0]


@given(st.one_of(st.binary(max_size=6), st.text("\u0800\ud7ff😀\U0010ffff").map(str.encode)))
def test_exactly_the_bytes_that_go_on_as_utf8_are_allowed(data):
    rules = constraints(BYTES)
    states, decoder = rules.start(""), codecs.getincrementaldecoder("utf-8")()
    for byte in data:
        within_character = decoder.getstate()[0]
        mask = rules.mask(states, True)
        assert tuple(mask[:256]) == breaks(within_character)
        assert mask[rules.end_id] == bool(within_character)
        if mask[byte]:
            return
        decoder.decode(bytes([byte]))
        states = rules.advance(states, byte)


REST = [b"", b"\x80", b"\x80\x80", b"\xa0\x80", b"\x80\x80\x80", b"\x90\x80\x80"]


@cache
def breaks(start):
    """For each byte: whether no character begins with the bytes `start` and then it."""
    return tuple(
        not any(is_utf8(start + bytes([byte]) + rest) for rest in REST) for byte in range(256)
    )


def is_utf8(data):
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_every_character_can_be_written_in_bytes():
    rules = constraints(BYTES)
    for char in ("\0", "\x7f", "\x80", "߿", "ࠀ", "\ud7ff", "\ue000", "￿", "𐀀", "\U0010ffff"):
        states = walk(rules, char.encode())
        for state, byte in zip(states[:-1], char.encode(), strict=True):
            assert not rules.mask(state, True)[byte]
        assert states[-1] == rules.start("")


def test_tokens_without_bytes_are_forbidden_and_the_end_token_is_not():
    rules = constraints(["a", b""])
    assert rules.mask(rules.start(""), True).tolist() == [False, True, False]


def test_when_every_token_is_forbidden_the_text_ends():
    rules = constraints("ab", np.array([True, False, True]), ban=("b",))
    assert rules.mask(rules.start(""), False).tolist() == [True, True, False]


def test_texts_in_the_same_state_share_one_mask():
    rules = constraints("ab", ban=("ab",), bias=(("bbb", 1.0),))
    assert rules.masks([(rules.start(start), True) for start in ("", "b", "bb")]).shape == (3,)
    fresh, after_a = rules.start(""), rules.start("a")
    assert rules.masks([(fresh, True), (after_a, False)]).tolist() == [
        [False, False, False],
        [False, True, True],
    ]
