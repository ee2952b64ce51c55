"""Verdicts by hand."""

from __future__ import annotations

import pytest

from rnngen.forms.checker import check
from rnngen.forms.spec import builtin_names, load
from tests.forms import toys

HAIKU = load("haiku")


@pytest.mark.parametrize("name", builtin_names())
def test_the_example_of_every_built_in_form_has_it(name: str) -> None:
    spec = load(name)
    if name == "acrostic":
        spec = spec.with_acrostic("sea")
    assert check(spec.example, spec).verdict == "exact"


def test_a_word_said_in_two_ways_makes_a_line_possible() -> None:
    verdict = check("the fire in the stove\nsomebody has left a glove\ndrying on the fence", HAIKU)
    assert verdict.verdict == "possible"
    assert verdict.lines[0].counts == (5, 6)
    assert verdict.lines[0].words[1] == ("fire", (1, 2))
    assert verdict.reasons == ("line 1 has 5 or 6 syllables, wanted 5.",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("old pond\na frog\nsplash", "line 1 has 2 syllables, wanted 5."),
        ("first warm afternoon\nsomebody has left a glove", "it has 2 lines, wanted 3."),
        ("", "it has 1 lines, wanted 3."),
    ],
)
def test_what_does_not_fit_is_said(text: str, reason: str) -> None:
    verdict = check(text, HAIKU)
    assert verdict.verdict == "no"
    assert reason in verdict.reasons


def test_figures_may_be_read_in_many_ways() -> None:
    spec = toys.form(lines=[5])
    assert check("7 warm afternoon day", spec).verdict == "possible"


def test_accents_capitals_and_curly_apostrophes_change_nothing() -> None:
    spec = toys.form(lines=[5])
    assert check("It isn\u2019t a CAFE\u0301", spec).lines[0].counts == (6,)
    assert check("it isn't a cafe", spec).lines[0].counts == (6,)


@pytest.mark.parametrize(
    ("pair", "verdict"),
    [
        ("the hill\nthe mill", "exact"),
        ("the hill\nthe hill", "no"),
        ("i write\nyou right", "no"),
        ("the hill\nthe moon", "no"),
        ("the wind\nthe bind", "possible"),
        ("the hill\nthe zyzzyx", "possible"),
    ],
)
def test_a_rhyme_has_one_ending_and_two_onsets(pair: str, verdict: str) -> None:
    assert check(pair, toys.form(unit="words", lines=[2, 2], rhyme="AA")).verdict == verdict


def test_ends_acrostics_weights_and_patterns_are_judged() -> None:
    words = {"unit": "words", "lines": [2, 2]}
    assert check("a b.\nc d", toys.form(**words, end="sentence")).verdict == "no"
    assert check("a b\nc d!\u201d", toys.form(**words, end="sentence")).verdict == "exact"
    assert check("a b\nc d", toys.form(**words, acrostic="ax")).verdict == "no"
    assert check("A b\nc d", toys.form(**words, acrostic="aC")).verdict == "exact"
    chars = toys.form(unit="chars", lines=[3], match="[ab]+")
    assert [check(t, chars).verdict for t in ("aba", "abc", "ab")] == ["exact", "no", "no"]
    tweet = toys.form(unit="tweet", max_weight=10)
    assert [check(t, tweet).verdict for t in ("a" * 10, "a" * 11, "x.com")] == ["exact", "no", "no"]


def test_a_verdict_is_json() -> None:
    found = check("hm. pond\nb", toys.form(lines=[1, 1])).to_dict()
    assert found["lines"][0]["words"][1] == {"word": "pond", "counts": [1]}
    assert set(found) == {"verdict", "reasons", "lines"}
