"""Forms that count characters: chars, tweet and match."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rnngen.errors import FormError
from rnngen.forms.automata.line_masks import LineMasks
from rnngen.forms.automata.masks import Masks
from rnngen.forms.automata.regex import Dfa
from rnngen.forms.compile import compile_form
from rnngen.forms.distinct import _prompt_end
from rnngen.forms.language import tweet
from rnngen.forms.search import Attempt, SearchSettings, draw
from rnngen.forms.spec import load
from tests.forms import toys
from tests.forms.doubles import ContextRuntime

CHARACTERS = "ab.!: /1@é日\n👊"
PIECES = [*(c.encode() for c in CHARACTERS), b"ab", b" a", b". a", b"a.a", b"b\n", b""]
END_ID = len(PIECES) - 1
PATTERNS = [
    "a*b",
    "(ab|ba)+",
    "[^b]{2,3}",
    r"\d?\w+",
    "a.b?",
    "(?:a|b){1,4}!",
    r"\S+ \S+",
    "[a-b1]*",
]


def compiled(**keys: Any) -> Masks:
    try:
        return compile_form(toys.form(**keys), PIECES, END_ID, toys.lexicon(toys.WORDS))
    except FormError:
        assume(False)
        raise


@given(st.sampled_from(PATTERNS), st.text("ab1 !", max_size=6))
def test_the_automaton_of_a_pattern_accepts_what_re_accepts(pattern: str, text: str) -> None:
    characters = "ab1 !"
    dfa = Dfa(pattern, characters)
    state = 0
    for char in text:
        state = int(dfa.moves[state, characters.index(char)]) if state >= 0 else -1
    accepted = state >= 0 and bool(dfa.accepting[state])
    assert accepted == (re.fullmatch(pattern, text) is not None)


@pytest.mark.parametrize("pattern", ["a^", r"(a)\1", r"a\b", "a(?=b)", "(?!a)b"])
def test_what_automata_cannot_follow_is_refused(pattern: str) -> None:
    with pytest.raises(FormError, match="not supported"):
        Dfa(pattern, "ab")


LIMITS = st.tuples(st.integers(1, 9), st.integers(0, 6)).map(lambda x: [x[0], x[0] + x[1]])


@settings(max_examples=60)
@given(
    st.lists(LIMITS, min_size=1, max_size=3),
    st.sampled_from(["wrap", "newline"]),
    st.sampled_from(["any", "sentence", "text"]),
    st.sampled_from(["", *PATTERNS]),
    st.integers(0, 2**32),
)
def test_any_way_through_has_the_form(
    lines: list[list[int]], breaks: str, end: str, match: str, seed: int
) -> None:
    masks = compiled(unit="chars", lines=lines, **{"break": breaks}, end=end, match=match)
    text = wander(masks, seed)
    written = text.split("\n")
    assert len(written) == len(lines)
    for line, (low, high) in zip(written, lines, strict=True):
        assert low <= len(line) <= high
        assert line == line.strip()
        assert not match or re.fullmatch(match, line)
    assert end != "sentence" or text[-1] in ".!"


@settings(max_examples=60)
@given(st.integers(1, 90), st.sampled_from(["any", "sentence", "text"]), st.integers(0, 2**32))
def test_any_tweet_fits_and_ends_at_a_stop(most: int, end: str, seed: int) -> None:
    text = wander(compiled(unit="tweet", max_weight=most, lines=[[1, most]], end=end), seed)
    assert 1 <= tweet.weight(text) <= most
    assert text == text.strip()
    assert end != "sentence" or text[-1] in ".!"
    assert "@" not in text
    assert not re.search(r"[a-z]\.[a-z1]|1\.[a-z]", text)


@settings(max_examples=60)
@given(
    st.integers(1, 60),
    st.sampled_from(["chars", "tweet"]),
    st.sampled_from(["any", "sentence", "text"]),
    st.sampled_from(["", "", *PATTERNS]),
    st.integers(0, 2**32),
)
def test_all_tokens_at_once_are_what_stepping_gives(
    most: int, unit: str, end: str, match: str, seed: int
) -> None:
    keys = {"max_weight": most} if unit == "tweet" else {"break": "wrap"}
    masks = compiled(unit=unit, lines=[[min(3, most), most]], end=end, match=match, **keys)
    random = np.random.default_rng(seed)
    step = masks.automaton.step
    state, automaton = masks.automaton.start(), masks.automaton
    assert isinstance(masks, LineMasks)
    while not automaton.is_final(state):
        brute = {}
        for token, text in enumerate(masks.vocabulary.texts):
            after = state
            for char in text or [""]:
                after = None if after is None or automaton.is_final(after) else step(after, char)
            if after is not None:
                brute[token] = np.log(automaton.worth(after))
        found = masks.text_mask(state)
        assert {*found.tokens.tolist(), END_ID} | set(brute) == {*found.tokens.tolist(), END_ID}
        assert {t: brute.get(t) for t in found.tokens.tolist()} == pytest.approx(
            dict(zip(found.tokens.tolist(), found.log_worths, strict=True))
        )
        token = int(random.choice(masks.mask(state).tokens))
        for char in masks.vocabulary.texts[token] or [""]:
            state = step(state, char)


def wander(masks: Masks, seed: int) -> str:
    random = np.random.default_rng(seed)
    state, tokens = masks.start(), []
    while not state.is_final:
        mask = state.mask()
        assert len(mask.tokens) > 0
        assert np.isfinite(mask.log_worths).all()
        tokens.append(int(random.choice(mask.tokens)))
        state = state.after(tokens[-1])
    return masks.render(tokens)


def test_a_tweet_of_a_model_that_never_stops_is_still_whole() -> None:
    logits = np.full(len(PIECES), -np.inf)
    logits[PIECES.index(b"ab")] = 0.0
    model = ContextRuntime(len(PIECES), 1, lambda context: logits)
    masks = compiled(unit="tweet", end="sentence")
    for result in draw(
        model, masks, [END_ID], [Attempt(0), Attempt(1)], SearchSettings(particles=2)
    ):
        assert tweet.weight(result.text) <= tweet.LIMIT
        assert result.text[-1] in ".!"


def test_lines_of_chinese_need_no_space() -> None:
    pieces = [c.encode() for c in "床前明月光\n"] + [b""]
    spec = toys.form(unit="chars", lines=[5, 5], **{"break": "newline"})
    masks = compile_form(spec, pieces, len(pieces) - 1, toys.lexicon(toys.WORDS))
    assert [len(line) for line in wander(masks, 0).split("\n")] == [5, 5]


def test_the_built_in_tweet_is_a_tweet() -> None:
    assert load("tweet").max_weight == tweet.LIMIT


FIGURES = "0a1.:,[] /c5om"


@settings(max_examples=200)
@given(st.text(FIGURES, max_size=12))
def test_a_tweet_may_hold_figures_but_no_address(text: str) -> None:
    pieces = [*(c.encode() for c in FIGURES), b""]
    spec = toys.form(unit="tweet", lines=[[1, 280]], end="text")
    masks = compile_form(spec, pieces, len(pieces) - 1, toys.lexicon(toys.WORDS))
    allowed = masks.read(text) is not None
    assert not allowed or tweet.weight(text) == len(text)  # an address would weigh 23
    if re.fullmatch(r"[0-9\[\],]([0-9.,\[\]]|(?<! ) (?!$))*", text):
        assert allowed


@pytest.mark.parametrize("text", ["[05.12.23, 21:41:05] a", "1.5", "24.12. or 0.5: a"])
def test_a_tweet_goes_on_after_the_point_of_a_date_or_a_number(text: str) -> None:
    pieces = [*(bytes([b]) for b in range(32, 127)), b""]
    for end in ("any", "text", "sentence"):
        spec = toys.form(unit="tweet", lines=[[1, 280]], end=end)
        masks = compile_form(spec, pieces, len(pieces) - 1, toys.lexicon(toys.WORDS))
        assert masks.read(text) is not None


SPACELESS = [*(c.encode() for c in "古池蛙飛。"), b""]


@settings(max_examples=60)
@given(
    st.lists(LIMITS, min_size=2, max_size=3),
    st.sampled_from(["wrap", "auto"]),
    st.sampled_from(["any", "sentence", "text"]),
    st.integers(0, 2**32),
)
def test_lines_of_a_model_without_spaces_and_newlines_are_cut_by_length(
    lines: list[list[int]], breaks: str, end: str, seed: int
) -> None:
    spec = toys.form(unit="chars", lines=lines, **{"break": breaks}, end=end)
    stops = [*SPACELESS[:-1], b".", b""]
    masks = compile_form(spec, stops, len(stops) - 1, toys.lexicon(toys.WORDS))
    written = wander(masks, seed).split("\n")
    assert len(written) == len(lines)
    for line, (low, high) in zip(written, lines, strict=True):
        assert low <= len(line) <= high


def test_a_cut_comes_after_a_mark_if_it_can() -> None:
    spec = toys.form(unit="chars", lines=[[2, 4], [2, 4]], **{"break": "wrap"}, end="any")
    masks = compile_form(spec, SPACELESS, len(SPACELESS) - 1, toys.lexicon(toys.WORDS))
    ids = [0, 4, 1, 2, 3, 2, len(SPACELESS) - 1]
    assert masks.render(ids) == "\u53e4\u3002\n\u6c60\u86d9\u98db\u86d9"
    ids = [0, 1, 2, 2, 3, 2, len(SPACELESS) - 1]
    assert masks.render(ids) == "\u53e4\u6c60\u86d9\n\u86d9\u98db\u86d9"


def test_words_and_patterns_need_spaces_or_newlines() -> None:
    keys = {"lines": [[2, 4], [2, 4]], "break": "wrap"}
    letters = [*(c.encode() for c in "abcdefghijklmnopqrstuvwxyz"), b""]
    for more, message in (({"unit": "words"}, 'use unit = "chars"'), ({"match": "a*"}, "`match`")):
        spec = toys.form(**{"unit": "chars", **keys, **more})
        with pytest.raises(FormError, match=message):
            compile_form(spec, letters, len(letters) - 1, toys.lexicon(toys.WORDS))


def test_a_prompt_is_found_in_a_text_that_the_form_has_cut() -> None:
    assert _prompt_end("abc\ndef", "abcd") == 5
    assert _prompt_end("abc\ndef", "abc") == 3
    assert _prompt_end("ab\ncd ef", "ab cd") == 5
    assert _prompt_end("abc\ndef", "abd") == 0
    assert _prompt_end("ab", "abc") == 0


@pytest.mark.parametrize(("text", "ends"), [("at 5. ", False), ("so. ", True), ("at 5! ", True)])
def test_a_figure_with_a_stop_ends_no_sentence_while_more_text_follows(
    text: str, ends: bool
) -> None:
    pieces = [*(bytes([b]) for b in range(32, 127)), b""]
    spec = toys.form(unit="tweet", lines=[[1, 9]], max_weight=9, end="sentence")
    masks = compile_form(spec, pieces, len(pieces) - 1, toys.lexicon(toys.WORDS))
    state = masks.automaton.start()
    for char in text[:-1]:
        state = masks.automaton.step(state, char)
    after = masks.automaton.step(state, text[-1])
    assert (after is not None and masks.automaton.is_final(after)) == ends
    assert masks.automaton.is_final(masks.automaton.step(state, ""))  # the model's own end is one
