"""What is suggested for a word that is not known, and that nothing is where nothing is near."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen.suggest import closest, did_you_mean

MODELS = ["haiku", "posts", "lyrics", "base-en"]
OPTIONS = ["--temperature", "--top-p", "--top-k", "--number", "--null", "--length", "--ban"]


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("hiaku", MODELS, "haiku"),
        ("HAIKU", MODELS, "haiku"),
        ("lyric", MODELS, "lyrics"),
        ("base_en", MODELS, "base-en"),
        ("--temp", OPTIONS, "--temperature"),
        ("--num", OPTIONS, "--number"),
        ("--topp", OPTIONS, "--top-p"),
        ("sonnet", MODELS, ""),
        ("--lr", OPTIONS, ""),
        ("--to", OPTIONS, ""),
        ("", MODELS, ""),
    ],
)
def test_close_words_are_found_and_others_are_not(word: str, known: list[str], meant: str):
    assert closest(word, known) == meant


def test_synonyms_go_first_and_only_to_words_there_are():
    assert closest("--max-tokens", OPTIONS, {"max-tokens": "--length"}) == "--length"
    assert closest("--max-tokens", ["--ban"], {"max-tokens": "--length"}) == ""


@given(st.sampled_from(MODELS), st.integers(0, 6), st.sampled_from("abcxyz"))
def test_one_wrong_letter_is_seen_through(word: str, place: int, letter: str):
    place = min(place, len(word) - 1)
    assert closest(word[:place] + letter + word[place + 1 :], MODELS) == word


def test_the_sentence_is_empty_where_nothing_is_near():
    assert did_you_mean("hiaku", MODELS) == " Did you mean haiku?"
    assert did_you_mean("sonnet", MODELS) == ""
