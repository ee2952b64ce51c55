"""What is suggested for a word that is not known, and that nothing is where nothing is near."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen.cli import COMMANDS
from rnngen.suggest import SETTING_SYNONYMS, _distance, closest, did_you_mean, similar_file
from scripts.make_docs import command

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
        ("posts.txt", MODELS, ""),
        ("pots", MODELS, "posts"),
        ("--learning_rate", ["--learning-rate"], "--learning-rate"),
        ("haiku", [], ""),
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


def slips(one: str, other: str) -> int:
    """By the definition: the least cost over all ways to take both words apart from the end."""
    if not one or not other:
        return len(one) + len(other)
    found = [
        slips(one[:-1], other) + 1,
        slips(one, other[:-1]) + 1,
        slips(one[:-1], other[:-1]) + (one[-1] != other[-1]),
    ]
    if len(one) > 1 and one[-2:] == other[-2:][::-1]:
        found.append(slips(one[:-2], other[:-2]) + 1)
    return min(found)


@given(st.text("abc", max_size=5), st.text("abc", max_size=5))
def test_slips_are_counted_as_they_are_defined(one: str, other: str):
    assert _distance(one, other) == slips(one, other)


def test_every_synonym_stands_for_an_option_that_exists():
    known = {o.lstrip("-") for name in COMMANDS for p in command(name).params for o in p.opts}
    assert set(SETTING_SYNONYMS.values()) <= known
    assert set(SETTING_SYNONYMS) & known == {"output", "tokens"}  # of other commands


def test_a_file_of_the_folder_is_meant_and_no_hidden_one(tmp_path: Path):
    for name in ("haiku.txt", "lyrics.txt", ".haikus.txt"):
        (tmp_path / name).touch()
    assert similar_file(tmp_path / "hiaku.txt") == f" Did you mean {tmp_path / 'haiku.txt'}?"
    assert similar_file(tmp_path / "sonnets.txt") == ""
    assert similar_file(tmp_path / "gone" / "haiku.txt") == ""
