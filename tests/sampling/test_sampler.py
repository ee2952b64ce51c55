from __future__ import annotations

import dataclasses
import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.api import LanguageModel
from rnngen.config import SampleConfig
from rnngen.errors import CheckpointError
from rnngen.sampling.draft import uniforms
from rnngen.sampling.sampler import Sampler
from tests.doubles import (
    MarkovRuntime,
    MemoryRuntime,
    Pieces,
    ScriptRuntime,
    ToyModel,
    UniformRuntime,
)
from tests.models import small_model

ABC = Pieces("abc")  # and the end token, 3
AB = Pieces("ab ")
FROM_A = 0
CHAIN = np.array([[0.1, 0.4, 0.3, 0.2], [0.5, 0.1, 0.1, 0.3], [0.2, 0.2, 0.5, 0.1], [1, 0, 0, 0]])
# The 99.9% points of chi-square; a seeded test fails only if the law does.
CHI_SQUARE = {2: 13.82, 3: 16.27, 15: 37.70}
WORDS = Pieces(["a", "b", " ", "ab", "ba ", ". ", "\n", "é", b"\xc3", b"\xa9", b"\xf0"])


def texts(runtime, tokenizer=WORDS, *, indices=range(7), seed=5, width=64, **rest):
    prompt, forbidden = rest.pop("prompt", ""), rest.pop("forbidden", None)
    model = ToyModel(runtime, tokenizer, forbidden=forbidden)
    sampler = Sampler(model, SampleConfig(**rest), width=width)
    prompts = [prompt] if isinstance(prompt, str) else prompt
    return list(sampler.generate(prompts, seed=seed, indices=indices))


def streamed(runtime, tokenizer=WORDS, *, index=0, seed=5, prompt="", **settings):
    """The pieces of `stream`, and the text it returns."""
    pieces = []
    sampler = Sampler(ToyModel(runtime, tokenizer), SampleConfig(**settings))
    source = sampler.stream(prompt, seed=seed, index=index)
    while True:
        try:
            pieces.append(next(source))
        except StopIteration as stop:
            return pieces, stop.value


def chi_square(counts, expected):
    return sum((counts[k] - e) ** 2 / e for k, e in expected.items())


def test_drawn_tokens_follow_the_exact_distribution():
    drawn = texts(MarkovRuntime(CHAIN), ABC, indices=range(4000), length=2, temperature=1)
    first = Counter((text.text or "$")[0] for text in drawn)
    assert chi_square(first, dict(zip("abc$", 4000 * CHAIN[0], strict=True))) < CHI_SQUARE[3]
    pairs = {x + y: CHAIN[i, j] for i, x in enumerate("abc") for j, y in enumerate("abc")}
    expected = {p: 4000 * CHAIN[0, "abc".index(p[0])] * q for p, q in pairs.items()}
    both = Counter(text.text for text in drawn if len(text.text) == 2)
    assert chi_square(both, expected) < CHI_SQUARE[15]


@pytest.mark.parametrize(
    ("rule", "law"),
    [
        ({"temperature": 0.5}, [0.01, 0.16, 0.09, 0.04]),
        ({"top_k": 3}, [0, 0.4, 0.3, 0.2]),
        ({"bias": (("a", math.log(4)),)}, [0.4, 0.4, 0.3, 0.2]),
        ({"min_chars": 1}, [0.1, 0.4, 0.3, 0]),
        ({"forbidden": np.array([False, True, False, False])}, [0.1, 0, 0.3, 0.2]),
    ],
)
def test_a_rule_changes_the_distribution_as_it_says(rule, law):
    settings = {"length": 1, "temperature": 1, **rule}
    drawn = texts(MarkovRuntime(CHAIN), ABC, indices=range(2000), **settings)
    counts = Counter(text.text or "$" for text in drawn)
    expected = {k: 2000 * p / sum(law) for k, p in zip("abc$", law, strict=True) if p}
    assert set(counts) == set(expected)
    assert chi_square(counts, expected) < CHI_SQUARE[len(expected) - 1]


def test_log_probabilities_are_the_models_own_and_the_drawing_ones():
    for text in texts(MarkovRuntime(CHAIN), ABC, temperature=0.5, length=6, indices=range(20)):
        ids = [FROM_A, *ABC.encode(text.text), *([3] if text.stop_reason == "end" else [])]
        steps = list(itertools.pairwise(ids))
        own = sum(math.log(CHAIN[a, b]) for a, b in steps)
        colder = CHAIN**2 / (CHAIN**2).sum(axis=1, keepdims=True)
        assert text.log_probability == pytest.approx(own, rel=1e-5)
        drawn = sum(math.log(colder[a, b]) for a, b in steps)
        assert text.drawn_log_probability == pytest.approx(drawn, rel=1e-5)
        assert text.tokens == len(steps)
        bits = -own / math.log(2) / len(text.text) if text.text else 0
        assert text.bits_per_character == pytest.approx(bits, rel=1e-5)


EVERYTHING = {
    "temperature": (0.5, 1.0, 1.7),
    "top_p": 0.95,
    "repetition_penalty": 1.1,
    "stop": ("b a",),
    "ban": ("aa",),
    "bias": (("é", 1.0),),
    "min_chars": 3,
    "chars": 25,
    "length": 40,
}


def test_a_text_is_the_same_however_many_are_asked_for():
    runtime = MemoryRuntime(WORDS.vocab_size)
    of_64 = texts(runtime, indices=range(64), **EVERYTHING)
    assert len({text.text for text in of_64}) > 50
    for n in (1, 7):
        assert texts(runtime, indices=range(n), **EVERYTHING) == of_64[:n]
    for width in (5, 200):
        assert texts(runtime, indices=range(64), width=width, **EVERYTHING) == of_64
    assert texts(runtime, indices=[40, 3, 3], **EVERYTHING) == [of_64[i] for i in (40, 3, 3)]


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_a_real_models_text_is_the_same_in_any_batch(cell):
    model = LanguageModel(small_model(cell=cell, num_layers=2))
    config = SampleConfig(length=30, temperature=0.8, top_p=0.9, min_p=0.01, typical=0.95)
    alone = [next(model.generate(config, "é", seed=3, indices=[i])) for i in range(12)]
    assert list(model.generate(config, "é", seed=3, indices=range(12))) == alone


def test_a_streamed_text_is_the_generated_one():
    runtime = MemoryRuntime(WORDS.vocab_size)
    for index, text in enumerate(texts(runtime, prompt="ab a", **EVERYTHING)):
        pieces, whole = streamed(runtime, index=index, prompt="ab a", **EVERYTHING)
        assert whole == text
        assert "".join(pieces) == text.text
        assert all(pieces)


def test_a_stream_gives_text_before_it_is_finished():
    model = ToyModel(UniformRuntime(2), Pieces("a"))
    source = Sampler(model, SampleConfig(length=10**9)).stream(seed=0)
    assert next(source) == "a"


def test_pieces_may_be_read_while_later_texts_are_not_yet_begun():
    sampler = Sampler(ToyModel(MemoryRuntime(4), ABC), SampleConfig(length=5))
    endless = sampler.generate([""], seed=1, indices=itertools.count())
    assert [text.index for text in itertools.islice(endless, 300)] == list(range(300))


def test_the_batch_is_kept_full():
    runtime = MemoryRuntime(ABC.vocab_size)
    tokens = sum(text.tokens for text in texts(runtime, ABC, indices=range(200), width=8))
    assert sum(runtime.widths) == tokens
    assert max(runtime.widths) == 8
    full = runtime.widths.count(8)
    assert runtime.widths[:full] == [8] * full  # only the last texts leave places empty


def test_prompts_and_temperatures_take_turns():
    runtime, prompts, heats = MemoryRuntime(WORDS.vocab_size), ["", "ab. ", "é"], (0.0, 0.7)
    together = texts(runtime, prompt=prompts, temperature=heats, length=12)
    for i, text in enumerate(together):
        alone = {"prompt": prompts[i % 3], "temperature": heats[i % 2]}
        assert [text] == texts(runtime, indices=[i], length=12, **alone)
        assert text.prompt == prompts[i % 3]


def test_a_long_prompt_is_read_whole_in_blocks():
    class Measured(MemoryRuntime):
        def forward(self, ids, state):
            assert ids.shape[1] <= 256
            return super().forward(ids, state)

    prompt = "ab a" * 300
    [text] = texts(
        Measured(AB.vocab_size), AB, indices=[0], prompt=prompt, length=1, temperature=0.0
    )
    runtime = MemoryRuntime(AB.vocab_size)
    state = runtime.start(1)
    for token in [0, *AB.encode(prompt).tolist()]:
        logits, state = runtime.step(np.array([token]), state)
    expected = logits.max() - np.log(np.exp(logits).sum())
    assert text.log_probability == pytest.approx(float(expected), rel=1e-5)


def test_temperature_0_takes_the_likeliest_token():
    [first, second] = texts(MarkovRuntime(CHAIN), ABC, indices=[0, 1], length=9, temperature=0.0)
    expected, at = "", FROM_A
    for _ in range(9):
        at = int(CHAIN[at].argmax())
        expected += "abc$"[at]
    assert first.text == second.text == expected
    assert first.drawn_log_probability == 0


strings = st.text("ab é", min_size=1, max_size=4)


@settings(max_examples=25)
@given(st.lists(strings, min_size=1, max_size=3), st.integers(0, 999), st.text("ab ", max_size=4))
def test_a_banned_string_never_occurs(ban, seed, prompt):
    drawn = texts(UniformRuntime(WORDS.vocab_size), seed=seed, ban=tuple(ban), prompt=prompt)
    for text in drawn:
        for word in ban:
            seen = (prompt + text.text)[max(0, len(prompt) - len(word) + 1) :]
            assert word not in seen


@settings(max_examples=25)
@given(strings, st.integers(0, 999))
def test_a_stop_string_cuts_what_would_have_been_written(stop, seed):
    runtime = UniformRuntime(WORDS.vocab_size)
    for text, whole in zip(
        texts(runtime, seed=seed, stop=(stop,)), texts(runtime, seed=seed), strict=True
    ):
        assert text.text == whole.text.split(stop)[0]
        assert text.stop_reason == ("stop" if stop in whole.text else whole.stop_reason)


@settings(max_examples=20)
@given(st.integers(0, 999), st.integers(1, 30))
def test_text_is_whole_characters_even_from_bytes(seed, length):
    tokenizer = Pieces(bytes([n]) for n in [*range(256)] * 2 if n > 100)
    for text in texts(UniformRuntime(tokenizer.vocab_size), tokenizer, seed=seed, length=length):
        assert "\ufffd" not in text.text
        text.text.encode()
        assert text.tokens == length or text.stop_reason == "end"


@pytest.mark.parametrize(
    ("rule", "text", "reason"),
    [
        ({}, "ab ab", "end"),
        ({"length": 3}, "ab a", "length"),
        ({"chars": 3}, "ab ", "chars"),
        ({"stop": (" a",)}, "ab", "stop"),
        ({"stop": ("x", "b a"), "min_chars": 2}, "ab ab", "end"),
        ({"until": "line"}, "ab ab", "end"),
    ],
)
def test_a_text_says_why_it_ended(rule, text, reason):
    runtime = ScriptRuntime([3, 2, 0, 1, WORDS.end_id], WORDS.vocab_size)
    [found] = texts(runtime, indices=[0], **rule)
    assert (found.text, found.stop_reason) == (text, reason)


def test_min_chars_forbids_the_end_token_until_then():
    for text in texts(MarkovRuntime(CHAIN), ABC, indices=range(50), min_chars=7):
        assert len(text.text) >= 7


def test_forbidden_tokens_are_never_drawn():
    forbidden = np.array([False, True, False, True])  # b, and the end
    for text in texts(UniformRuntime(4), ABC, forbidden=forbidden, length=99):
        assert text.stop_reason == "length"
        assert set(text.text) == {"a", "c"}


def test_the_repetition_penalty_counts_the_prompt_and_forgets_beyond_the_window():
    chain = np.full((4, 4), 0.25)
    chain[:, 0] += 1e-3
    runtime = MarkovRuntime(chain / chain.sum(axis=1, keepdims=True))
    rule = {"temperature": 0.0, "length": 4, "repetition_penalty": 1.5, "repetition_window": 2}
    [text] = texts(runtime, ABC, indices=[0], prompt="a", min_chars=4, **rule)
    assert text.text == "bcab"  # a log-probability times 1.5; of equals the first


def test_best_of_keeps_the_candidate_likeliest_a_token():
    runtime = MemoryRuntime(WORDS.vocab_size)
    [single] = texts(runtime, indices=[4], length=20)
    of = {k: texts(runtime, indices=[4], length=20, best_of=k)[0] for k in (1, 2, 5, 30)}
    assert of[1] == single
    surprise = [text.nats_per_token for text in of.values()]
    assert surprise == sorted(surprise, reverse=True)
    assert surprise[-1] < surprise[0]
    pieces, whole = streamed(runtime, index=4, length=20, best_of=5)
    assert (pieces, whole) == ([of[5].text], of[5])


def test_uniforms_are_philoxs_own_and_differ_by_seed_index_and_candidate():
    def first(*key, count=600):
        return list(itertools.islice(uniforms(*key), count))

    for seed, index in [(0, 0), (7, 3), (2**64 - 1, 10**6)]:
        key = np.array([seed, index], dtype=np.uint64)
        expected = np.random.Generator(np.random.Philox(key=key)).random(600)
        assert first(seed, index) == first(seed, index, 0) == expected.tolist()
    keys = itertools.product(range(3), range(3), range(3))
    assert len({tuple(first(*key, count=4)) for key in keys}) == 27


def test_a_model_of_nans_is_an_error_and_not_a_text():
    class Broken(UniformRuntime):
        def advance(self, ids, hidden):
            return np.full((len(ids), 4), np.nan), hidden

    with pytest.raises(CheckpointError, match="not finite"):
        texts(Broken(4), ABC)


def test_a_text_can_be_stored_as_plain_values():
    [text] = texts(UniformRuntime(4), ABC, indices=[0], length=3)
    types = {type(value) for value in dataclasses.asdict(text).values()}
    assert types <= {int, float, str, type(None)}  # no label
