"""Patterns: the checker's reading and the automaton's against `re`, and how large they may be."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.errors import FormError
from rnngen.forms import pattern as pattern_module
from rnngen.forms.automata.regex import Dfa
from rnngen.forms.automata.syntax import parse
from rnngen.forms.checker import check
from rnngen.forms.pattern import Pattern
from tests.forms import toys

CHARACTERS = "abAé1 _-^]"
ONE = ["a", "b", "é", ".", "[ab]", "[^a]", "[^]a-]", r"\d", r"\W", r"\s", r"[\w-]", r"\^", "[a-é]"]
PATTERNS = st.recursive(
    st.sampled_from([*ONE, ""]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{0,2}", "{1,}", "*?", "+?"])).map(
            lambda both: f"({both[0]}){both[1]}"
        ),
    ),
    max_leaves=6,
)


@settings(max_examples=400)
@given(
    PATTERNS,
    st.sampled_from(["", "(?i)", "(?a)", "(?s)", "^"]),
    st.sampled_from(["", "$"]),
    st.lists(st.text(CHARACTERS, max_size=6), min_size=1, max_size=6),
)
def test_a_line_matches_as_re_says(inner: str, before: str, after: str, lines: list[str]) -> None:
    pattern = f"{before}(?:{inner}){after}"
    matching, dfa = Pattern(pattern), Dfa(pattern, CHARACTERS)
    for line in lines:
        expected = re.fullmatch(pattern, line) is not None
        assert matching.matches(line) == expected
        state = 0
        for char in line:
            state = int(dfa.moves[state, CHARACTERS.index(char)]) if state >= 0 else -1
        assert (state >= 0 and bool(dfa.accepting[state])) == expected


def test_a_table_that_is_full_is_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pattern_module, "MOST_KEPT", 3)
    matching = Pattern("(a|ab|abb)*(b|ba)?")
    for line in ("abbabab" * 9, "abbb", "abababba", "abbbb"):
        assert matching.matches(line) == bool(re.fullmatch("(a|ab|abb)*(b|ba)?", line))


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a|a)*", "(a*)*b", "(a|aa)+$", "(.*)(.*)(.*)(.*)(.*)!", "(a?){200}a{200}"],
)
def test_no_pattern_takes_more_time_than_its_line_is_long(pattern: str) -> None:
    # To follow one way after the other takes longer than the age of the universe.
    form = toys.form(unit="chars", lines=[[1, 2000]], match=pattern)
    assert check("a" * 1999 + "b", form).verdict == ("exact" if pattern == "(a*)*b" else "no")


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(a{500}){500}", "stands for 250,000 characters once its repeats are written out"),
        ("((((a{9}){9}){9}){9}){9}", "stands for 59,049 characters"),
        ("(){1000000}", "stands for 1,000,000 characters"),
        ("a{1001}", "stands for 1,001 characters"),
        ("a" * 1001, "has 1001 characters; at most 1000 are allowed"),
        ("(" * 60 + "a" + ")" * 60, "is nested more than 50 deep"),
        ("(" * 499 + ")" * 499, "is nested"),
        ("a{99999999999999999999}", "repetition number is too large"),
        ("(?m)a", "flag m"),
        ("(?P<x>a)(?P=x)", "has groupref, which is not supported"),
    ],
)
def test_a_pattern_too_large_is_refused_before_anything_is_made(pattern: str, message: str) -> None:
    with pytest.raises(FormError, match=message) as caught:
        parse(pattern)
    assert len(str(caught.value)) < 300


def test_an_automaton_that_grows_beyond_measure_is_given_up() -> None:
    with pytest.raises(FormError, match="too large an automaton"):
        Dfa("(a|b)*a(a|b){20}", "ab")
    with pytest.raises(FormError, match="too large an automaton"):
        Dfa("(a?b?c?d?e?f?g?h?){120}", "abcdefgh")
