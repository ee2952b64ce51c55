"""A prompt cut anywhere: texts are those the model writes anyway, given that they begin so."""

from __future__ import annotations

import functools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rnngen
from rnngen import novelty
from rnngen.config import SampleConfig
from rnngen.sampling.prompts import PromptReader
from rnngen.sampling.sampler import Sampler
from tests.doubles import MarkovRuntime, MemoryRuntime, Pieces, ToyModel
from tests.novelty.test_novelty import Documents


class OpenPieces(Pieces):
    """Pieces of words, of which the last one may grow; a word begins with its space."""

    def settled(self, text: str) -> int:
        return max(0, text.rfind(" "))


TOKENS = OpenPieces(["a", "b", "ab", "ba", " ", " a", " b", " ab", " ba", " aba"])
END = TOKENS.end_id
PROMPTS = ["a", "ab", "aba", "ab ", "ab a", "ab ab", "b aba", " "]


def random_chain(seed: int) -> np.ndarray:
    """A model that ends a third of its texts at each token."""
    rows = np.random.default_rng(seed).dirichlet(np.ones(END), size=END + 1)
    return np.hstack([rows * 2 / 3, np.full((END + 1, 1), 1 / 3)])


def sequences(chain: np.ndarray, last: int, depth: int, mass: float = 1.0):
    """Every sequence of tokens after `last` and its probability: ended, or `depth` tokens long."""
    for token, share in enumerate(chain[last]):
        if token == END or depth == 1:
            yield (token,), mass * share
        else:
            for rest, probability in sequences(chain, token, depth - 1, mass * share):
                yield (token, *rest), probability


def texts_given(chain: np.ndarray, prompt: str) -> dict[str, float]:
    """The distribution of what follows the prompt, by enumeration of all there is."""
    settled = TOKENS.settled(prompt)
    last = [END, *TOKENS.encode(prompt[:settled]).tolist()][-1]
    found: Counter[str] = Counter()
    for ids, probability in sequences(chain, last, 5):
        text = b"".join(TOKENS.pieces[i] for i in ids).decode() + ("$" if ids[-1] == END else "")
        if text.startswith(prompt[settled:]):
            found[text[len(prompt) - settled :]] += probability
    total = sum(found.values())
    return {text: probability / total for text, probability in found.items()}


@pytest.mark.parametrize("prompt", PROMPTS)
def test_texts_after_any_cut_are_the_models_own_given_that_they_begin_so(prompt: str):
    chain = random_chain(len(prompt))
    model = ToyModel(MarkovRuntime(chain), TOKENS, start_id=END)
    drawn = Sampler(model, SampleConfig(temperature=1)).generate(
        [prompt], seed=1, indices=range(3000)
    )
    whole = [text.text + ("$" if text.stop_reason == "end" else "") for text in drawn]
    # Texts too long to enumerate are compared as one lump, with the rare ones.
    law = {text: p for text, p in texts_given(chain, prompt).items() if text.endswith("$")}
    likely = {text: p for text, p in law.items() if 3000 * p >= 10}
    counts = Counter(text if text in likely else "other" for text in whole)
    expected = {**likely, "other": 1 - sum(likely.values())}
    chi_square = sum((counts[k] - 3000 * p) ** 2 / (3000 * p) for k, p in expected.items())
    degrees = len(expected) - 1
    assert chi_square < degrees + 4 * math.sqrt(2 * degrees) + 8  # beyond the 99.9% point


@settings(max_examples=40)
@given(st.integers(0, 999), st.text("ab ", min_size=1, max_size=6), st.sampled_from([0.5, 1, 2]))
def test_each_spelling_has_its_exact_probability(seed: int, prompt: str, temperature: float):
    chain = random_chain(seed)
    config = SampleConfig(temperature=temperature)
    nothing = np.zeros(END + 1, bool)
    reader = PromptReader(MarkovRuntime(chain), TOKENS, config, start_id=END, forbidden=nothing)
    colder = chain ** (1 / temperature)
    colder /= colder.sum(axis=1, keepdims=True)
    settled = TOKENS.settled(prompt)
    before = [END, *TOKENS.encode(prompt[:settled]).tolist()]
    learned = spellings(chain, before[-1], prompt[settled:].encode())
    drawn = spellings(colder, before[-1], prompt[settled:].encode())
    found = {}
    opened = reader.read(prompt)
    for uniform in np.linspace(0, 1, 200, endpoint=False):
        beginning = opened.draw(temperature, iter([uniform]), lambda _: True)
        found[tuple(beginning.ids[len(before) :])] = beginning
        spelled = b"".join(TOKENS.pieces[i] for i in beginning.ids)
        assert spelled == prompt.encode() + beginning.added
    for ids, beginning in found.items():
        assert math.exp(beginning.log_probability) == pytest.approx(learned[ids], rel=1e-4)
        assert math.exp(beginning.drawn_log_probability) == pytest.approx(drawn[ids], rel=1e-4)
    assert sum(drawn[ids] for ids in found) > 0.5


def spellings(chain: np.ndarray, last: int, rest: bytes) -> dict[tuple[int, ...], float]:
    """Each sequence of tokens that reaches the end of `rest`, with its share."""

    def walk(last: int, rest: bytes, mass: float):
        for token, piece in enumerate(TOKENS.pieces[:END]):
            share = mass * chain[last, token]
            if piece.startswith(rest):
                yield (token,), share
            elif rest.startswith(piece):
                for more, probability in walk(token, rest[len(piece) :], share):
                    yield (token, *more), probability

    found = dict(walk(last, rest, 1.0))
    total = sum(found.values())
    return {ids: probability / total for ids, probability in found.items()}


def test_what_is_settled_is_read_as_it_stands_and_takes_no_chance():
    config, nothing = SampleConfig(), np.zeros(END + 1, bool)
    runtime = MemoryRuntime(END + 1)
    reader = PromptReader(runtime, Pieces(["a", "b", "ab"]), config, start_id=0, forbidden=nothing)
    beginning = reader.read("abab").draw(1.0, iter([]), lambda _: True)
    assert (beginning.ids, beginning.added) == ([0, 2, 2], b"")
    assert beginning.log_probability == 0


def test_bans_stops_limits_and_copies_hold_within_the_first_token_too():
    chain = random_chain(3)
    model = ToyModel(MarkovRuntime(chain), TOKENS, start_id=END)

    def written(model=model, **rules):
        sampler = Sampler(model, SampleConfig(temperature=1, **rules))
        return list(sampler.generate(["b a"], seed=2, indices=range(200)))

    assert any(text.text.startswith("ba") for text in written())
    assert not any("b" in text.text for text in written(ban=("b",)))
    assert all("b" not in text.text for text in written(stop=("b",)))
    assert {text.tokens for text in written(length=1)} == {1}
    assert max(len(text.text) for text in written(chars=1)) == 1


def test_a_copy_is_not_completed_by_the_first_token_either():
    copied = "ab " * 10
    model = ToyModel(
        MarkovRuntime(random_chain(3)), TOKENS, END, novelty=novelty.build(Documents([copied]))
    )
    prompt, length = copied[:19], 20
    for novel, copies in ((None, True), (length, False)):
        sampler = Sampler(model, SampleConfig(temperature=1, novel=novel))
        texts = sampler.generate([prompt], seed=2, indices=range(200))
        assert any(text.text.startswith(copied[19]) for text in texts) == copies


def test_a_beam_of_full_width_finds_the_likeliest_text_among_all_spellings():
    chain, prompt = random_chain(5), "ba"
    model = ToyModel(MarkovRuntime(chain), TOKENS, start_id=END)
    length = 2
    sampler = Sampler(model, SampleConfig(beam=1000, length=length))
    [text] = sampler.generate([prompt], seed=0, indices=[0])
    scores = []
    for ids, share in spellings(chain, END, prompt.encode()).items():
        added = len(b"".join(TOKENS.pieces[i] for i in ids)) > len(prompt)
        for more, probability in sequences(chain, ids[-1], length - added):
            scores.append(math.log(share * probability) / (added + len(more)))
    assert text.drawn_log_probability / text.tokens == pytest.approx(max(scores), rel=1e-5)


@functools.cache
def shipped(name: str) -> rnngen.LanguageModel:
    return rnngen.load(f"shipped/{name}")


def test_a_word_cut_short_is_completed_to_one_that_the_corpus_knows():
    """`ri` by itself is a token that in texts only `pe` follows."""
    texts = shipped("haiku").sample("the ri", n=60, seed=1, length=3)
    ends = Counter(text.text[:3] for text in texts)
    assert ends.most_common(1)[0][0] == "ver"
    assert ends["pe"] + ends["pe "] < 5


def test_a_space_after_a_prompt_changes_nothing():
    """The next word begins with it, so it is the same text, cut one character later."""
    model = shipped("base-en")
    without = [t.text for t in model.sample("The old house", n=300, seed=3, length=4)]
    after = [t.text for t in model.sample("The old house ", n=300, seed=3, length=4)]
    letters = sum(text[:1].isalpha() for text in after)
    expected = [text[1:2].isalpha() for text in without if text.startswith(" ")]
    assert letters / len(after) == pytest.approx(sum(expected) / len(expected), abs=0.06)


@settings(max_examples=200, deadline=None)
@given(st.text("ab \n,é▁1", max_size=12), st.text("ab \n,é▁1", max_size=6))
def test_settled_text_keeps_its_tokens(text: str, more: str):
    tokenizer = shipped("haiku").tokenizer
    settled = tokenizer.encode(text[: tokenizer.settled(text)]).tolist()
    assert tokenizer.encode(text + more).tolist()[: len(settled)] == settled
