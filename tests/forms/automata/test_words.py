"""Every way through an automaton, and models that would rather do anything else."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rnngen.errors import FormError
from rnngen.forms.automata.masks import Masks
from rnngen.forms.compile import compile_form, fit_prompt
from rnngen.forms.search import Attempt, SearchSettings, draw
from tests.forms import toys
from tests.forms.doubles import ContextRuntime

BREAKS = st.sampled_from(["wrap", "newline"])
ENDS = st.sampled_from(["any", "sentence", "text"])
LIMITS = st.tuples(st.integers(1, 4), st.integers(0, 2)).map(lambda x: [x[0], x[0] + x[1]])
WORDS = st.dictionaries(
    st.text("abcd", min_size=1, max_size=4),
    st.builds(
        toys.Word,
        st.integers(1, 50),
        st.integers(1, 4),
        st.integers(-1, 2),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=12,
)


@st.composite
def forms(draw: Any) -> dict[str, Any]:
    lines = draw(st.lists(LIMITS, min_size=1, max_size=4))
    size = len(lines)
    keys = {"lines": lines, "break": draw(BREAKS), "end": draw(ENDS)}
    if draw(st.booleans()):
        keys["rhyme"] = draw(st.text("AB.", min_size=size, max_size=size))
    if draw(st.booleans()):
        keys["acrostic"] = draw(st.text("abcd", min_size=size, max_size=size))
    return keys


def compiled(keys: dict[str, Any], words: dict[str, toys.Word], pieces: list[bytes]) -> Masks:
    try:
        return compile_form(toys.form(**keys), pieces, toys.END_ID, toys.lexicon(words))
    except FormError:
        assume(False)
        raise


def reachable(masks: Masks, most: int = 3000) -> list[Any]:
    """All states, or the first so many of them."""
    start = masks.start()
    found, waiting = {start: None}, [start]
    while waiting and len(found) < most:
        state = waiting.pop()
        if not state.is_final:
            for token in state.mask().tokens.tolist():
                after = state.after(token)
                if after not in found:
                    found[after] = None
                    waiting.append(after)
    return list(found)


@settings(max_examples=60)
@given(forms(), WORDS)
def test_every_reachable_state_has_a_way_on_and_is_worth_something(
    keys: dict[str, Any], words: dict[str, toys.Word]
) -> None:
    masks = compiled(keys, words, toys.PIECES)
    for state in reachable(masks):
        assert state.worth > 0
        if not state.is_final:
            mask = state.mask()
            assert len(mask.tokens) > 0
            assert len(set(mask.tokens.tolist())) == len(mask.tokens)
            assert np.isfinite(mask.log_worths).all()


@settings(max_examples=60)
@given(forms(), WORDS, st.integers(0, 2**32))
def test_any_way_through_ends_and_has_the_form(
    keys: dict[str, Any], words: dict[str, toys.Word], seed: int
) -> None:
    masks = compiled(keys, words, toys.PIECES)
    random = np.random.default_rng(seed)
    for _ in range(5):
        state, tokens = masks.start(), []
        while not state.is_final:
            assert len(tokens) < 400, "runs are bounded"
            tokens.append(int(random.choice(state.mask().tokens)))
            state = state.after(tokens[-1])
        assert_has_form(masks.render(tokens), keys, words)


def assert_has_form(text: str, keys: dict[str, Any], words: dict[str, toys.Word]) -> None:
    """The form judged by hand: words are runs of letters, everything else parts them."""
    lines = ["".join(c if c in "abcd" else " " for c in line).split() for line in text.split("\n")]
    assert len(lines) == len(keys["lines"])
    for line, (low, high) in zip(lines, keys["lines"], strict=True):
        assert low <= sum(words[word].syllables for word in line) <= high
    for line, letter in zip(lines, keys.get("acrostic", ""), strict=False):
        assert line[0][0] == letter
    last = [words[line[-1]] for line in lines]
    scheme = keys.get("rhyme", "." * len(lines))
    for (a, one), (b, other) in itertools.combinations(zip(scheme, last, strict=True), 2):
        if a == b != ".":
            assert one.ending == other.ending != -1
            assert one.onset != other.onset
    if keys["end"] == "sentence":
        assert text.endswith(".")
    assert text == text.strip()


@settings(max_examples=30)
@given(forms(), WORDS)
def test_a_model_that_wants_only_what_is_forbidden_still_writes_the_form(
    keys: dict[str, Any], words: dict[str, toys.Word]
) -> None:
    masks = compiled(keys, words, [*toys.PIECES, b"7"])
    forbidden = np.full(len(toys.PIECES) + 1, -np.inf)
    forbidden[-1] = 0.0
    model = ContextRuntime(len(forbidden), 1, lambda context: forbidden)
    for result in draw(
        model, masks, [toys.END_ID], [Attempt(0), Attempt(1)], SearchSettings(particles=1)
    ):
        assert_has_form(result.text, keys, words)


SUBWORDS = ["ab", "ba", "ad", " a", " b", "a b", ".\n", "a.", ". a", "\na", " c", "dada", "7", "'"]


@settings(max_examples=60)
@given(forms(), WORDS, st.integers(0, 2**32))
def test_a_subword_may_follow_exactly_if_its_characters_may(
    keys: dict[str, Any], words: dict[str, toys.Word], seed: int
) -> None:
    """The memoised mask of a subword vocabulary is what stepping character by character gives."""
    pieces = [*toys.PIECES, *(text.encode() for text in SUBWORDS), b"\xc3"]
    masks = compiled(keys, words, pieces)
    random = np.random.default_rng(seed)
    state, automaton = masks.automaton.start(), masks.automaton
    while not automaton.is_final(state):
        mask = masks.mask(state)
        brute = {}
        for token, text in enumerate(masks.vocabulary.texts):
            after = state
            for char in text or ([""] if token == toys.END_ID else []):
                over = after is None or automaton.is_final(after)
                after = None if over else automaton.step(after, char)
            if after is not None and (text or token == toys.END_ID):
                brute[token] = np.log(automaton.worth(after))
        assert dict(zip(mask.tokens.tolist(), mask.log_worths, strict=True)) == pytest.approx(brute)
        for char in masks.vocabulary.texts[int(random.choice(mask.tokens))] or [""]:
            state = automaton.step(state, char)


def test_a_form_that_cannot_be_filled_says_which_line_and_why() -> None:
    lexicon = toys.lexicon(toys.WORDS)

    def message(pieces: list[bytes], **keys: Any) -> str:
        with pytest.raises(FormError) as caught:
            compile_form(toys.form(**keys), pieces, toys.END_ID, lexicon)
        return str(caught.value)

    newline = {"break": "newline"}
    assert message(toys.PIECES, lines=[2, 1], acrostic="ax") == (
        "line 2: no words of the model that begin with 'x' make 1 to 1."
    )
    assert "lines 1, 2, 3, 4: the model knows too few words that rhyme" in message(
        toys.PIECES, lines=[1] * 4, rhyme="AAAA"
    )
    without = [b"~" if piece == b"\n" else piece for piece in toys.PIECES]
    assert "no newline" in message(without, lines=[1, 1], **newline)
    assert "no token for a space" in message(
        [b"~" if piece == b" " else piece for piece in toys.PIECES], lines=[1, 1]
    )
    assert "none of . ! ?" in message(
        [b"~" if piece == b"." else piece for piece in toys.PIECES], lines=[1], end="sentence"
    )
    assert "no letters" in message([b"1"] * 7 + [b""], lines=[1], end="any")


def test_a_prompt_that_breaks_the_form_is_refused_at_its_place() -> None:
    masks = compiled({"lines": [2, 2], "break": "newline", "end": "any"}, toys.WORDS, toys.PIECES)
    with pytest.raises(FormError, match=r"no text that fits begins 'ab a '"):
        fit_prompt(masks, "ab a c")


@pytest.mark.parametrize(
    ("given", "read"),
    [("ab", "ab"), ("ab ", "ab "), ("ab\n", "ab "), ("ab a ", "ab a\n"), ("ab a \n ", "ab a\n")],
)
def test_a_blank_at_the_end_of_a_prompt_is_the_one_that_fits(given: str, read: str) -> None:
    masks = compiled({"lines": [2, 2], "break": "newline", "end": "any"}, toys.WORDS, toys.PIECES)
    assert fit_prompt(masks, given) == read
