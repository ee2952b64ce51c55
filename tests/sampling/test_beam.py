from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.config import SampleConfig
from rnngen.model.softmax import log_softmax
from rnngen.sampling import logits as rules
from rnngen.sampling.sampler import Sampler
from tests.doubles import MarkovRuntime, MemoryRuntime, Pieces, ToyModel

ABC = Pieces("abc")
END = ABC.end_id
LENGTH = 4


def search(runtime, **settings):
    config = SampleConfig(**{"length": LENGTH, **settings})
    [text] = Sampler(ToyModel(runtime, ABC), config).generate([""], seed=0, indices=[0])
    return text


def sequences():
    """Every text of up to LENGTH tokens: ended by the end token, or by the length."""
    for size in range(LENGTH):
        for ids in itertools.product(range(END), repeat=size):
            yield (*ids, END)
    yield from itertools.product(range(END), repeat=LENGTH)


def per_token(chain, ids):
    steps = itertools.pairwise([0, *ids])
    return math.fsum(math.log(chain[a, b]) for a, b in steps) / len(ids)


chains = st.lists(st.lists(st.integers(1, 20), min_size=4, max_size=4), min_size=4, max_size=4).map(
    lambda rows: np.array(rows) / np.sum(rows, axis=1, keepdims=True)
)


@settings(max_examples=30)
@given(chains)
def test_a_beam_of_full_width_finds_the_best_text(chain):
    best = max(per_token(chain, ids) for ids in sequences())
    text = search(MarkovRuntime(chain), beam=4**LENGTH)
    ids = [*ABC.encode(text.text), *([END] if text.stop_reason == "end" else [])]
    assert per_token(chain, ids) == pytest.approx(best, rel=1e-5)
    assert -text.nats_per_token == pytest.approx(best, rel=1e-5)


@settings(max_examples=30)
@given(chains)
def test_a_beam_of_full_width_finds_the_best_text_under_a_rule(chain):
    # Without "ab" and with an end no sooner than two characters, renormalised at each step.
    def steered(ids):
        total, before = 0.0, 0
        for n, token in enumerate(ids):
            allowed = np.ones(4, dtype=bool)
            allowed[END] = n >= 2
            allowed[1] = n == 0 or before != 0
            if not allowed[token]:
                return -math.inf
            total += math.log(chain[before, token] / chain[before, allowed].sum())
            before = token
        return total / len(ids)

    best = max(steered(ids) for ids in sequences())
    text = search(MarkovRuntime(chain), beam=4**LENGTH, ban=("ab",), min_chars=2)
    assert "ab" not in text.text
    assert text.drawn_log_probability / text.tokens == pytest.approx(best, rel=1e-5)


def test_a_narrow_beam_follows_each_candidates_own_state_and_words():
    runtime = MemoryRuntime(ABC.vocab_size)
    penalty = {"repetition_penalty": 1.5, "repetition_window": 3}
    text = search(runtime, beam=3, length=12, min_chars=12, **penalty)
    state, own, searched, path = runtime.start(1), 0.0, 0.0, [0]
    for token in ABC.encode(text.text).tolist():
        logits, state = runtime.step(np.array(path[-1:]), state)
        own += log_softmax(logits)[0, token]
        logits[0, END] = -np.inf
        searched += log_softmax(rules.repetition(logits, [path[1:][-3:]], 1.5))[0, token]
        path.append(token)
    assert text.log_probability == pytest.approx(own, rel=1e-5)
    assert text.drawn_log_probability == pytest.approx(searched, rel=1e-5)


def test_a_candidate_that_ends_leaves_its_place_to_another():
    # The end is likeliest at once; but after b, b is nearly certain, and so better a token.
    chain = np.array([[0.05, 0.4, 0.05, 0.5]] + [[0.005, 0.98, 0.005, 0.01]] * 3)
    assert search(MarkovRuntime(chain), beam=1).text == "bbbb"


def test_a_beam_of_one_that_may_not_end_is_greedy():
    runtime = MemoryRuntime(ABC.vocab_size)
    greedy = search(runtime, temperature=0.0, min_chars=9, length=9)
    assert search(runtime, beam=1, min_chars=9, length=9).text == greedy.text


def test_a_beam_stops_where_the_rules_say():
    runtime = MarkovRuntime(np.array([[0.1, 0.8, 0.05, 0.05]] * 4))
    assert search(runtime, beam=2, chars=2, length=50).text == "bb"
    stopped = search(runtime, beam=2, stop=("bb",), length=50)
    assert (stopped.text, stopped.stop_reason) == ("", "stop")


def test_a_search_that_nothing_can_better_ends_before_the_length():
    certain = np.array([[0.01, 0.01, 0.01, 0.97]] * 4)
    runtime = MarkovRuntime(certain)
    assert search(runtime, beam=2, length=10**4).stop_reason == "end"
    assert len(runtime.widths) < 100
