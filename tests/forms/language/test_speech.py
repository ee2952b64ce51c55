"""Lines as they are read aloud."""

from __future__ import annotations

import unicodedata
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen.forms.language.letters import APOSTROPHES, plain
from rnngen.forms.language.speech import Spoken, add_choices, add_others, read


def heard(line: str) -> tuple[int, ...]:
    return add_choices(item.counts for item in read(plain(line)))


def item(line: str, text: str) -> Spoken:
    return next(item for item in read(plain(line)) if item.text == text)


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("PDF", (3,)),
        ("GPS", (3,)),
        ("SSH", (3,)),
        ("CSS", (3,)),
        ("CMD", (2, 3)),  # or "command"
        ("HTML", (4,)),
        ("DNS", (3,)),
        ("TV", (2,)),
        ("the TVs", (3,)),
        ("PDFs", (3,)),
        ("dvds", (3,)),
        ("two VCRs", (4,)),
        ("USA", (3,)),
        ("U.S.A.", (3,)),
        ("U.S.", (2,)),
        ("the C.I.A.", (4,)),
        ("CIA", (3,)),
        ("FBI", (3,)),
        ("NASA", (2,)),
        ("NATO", (2,)),
        ("BMW", (5,)),
        ("w", (3,)),
        ("b", (1,)),
        ("ok", (2,)),
        ("OK", (2,)),
        ("etc.", (4,)),
        ("etc", (4,)),
        ("Mr. Lee", (3,)),
        ("Mrs. Lee", (3,)),
        ("Ms. Lee", (2,)),
        ("Dr. Lee", (3,)),
        ("St. James", (2,)),
        ("Prof. Lee", (2, 4)),
        ("nine PM", (3,)),
        ("late, pm", (3,)),
        ("at nine p.m.", (4,)),
        ("nine am", (2, 3)),
        ("I am", (2,)),
        ("Sat. night", (4,)),
        ("we sat. night", (3,)),
        ("w/o you", (3,)),
        ("PhD", (3,)),
        ("CD's", (2,)),
        ("hmm", (1,)),
        ("iPhone", (2,)),
    ],
)
def test_letters_and_little_words_are_said_as_people_say_them(
    line: str, counts: tuple[int, ...]
) -> None:
    assert set(counts) <= set(heard(line))
    if len(counts) == 1:
        assert heard(line) == counts
    assert all(item.sure for item in read(plain(line)))


@pytest.mark.parametrize(
    ("line", "sign", "way"),
    [
        ("bread & salt", "&", "and"),
        ("one + one", "+", "plus"),
        ("one = one", "=", "equals"),
        ("five % of it", "%", "percent"),
        ("meet me @ home", "@", "at"),
        ("72\u00b0", "\u00b0", "degrees"),
        ("20\u00b0C", "\u00b0C", "degrees celsius"),
        ("# 5", "#", "number"),
        ("a \u00d7 b", "\u00d7", "times"),
        ("\u2116 5", "\u2116", "number"),
        ("12 crows", "12", "twelve"),
        ("\u0663 crows", "3", "three"),
        ("\u0967\u0968 crows", "12", "twelve"),
        ("\uff11\uff12 crows", "12", "twelve"),
        ("\u2460 crows", "1", "one"),
        ("m\u00b2", "\u00b2", "squared"),
        ("Part VI", "VI", "six"),
        ("Henry VIII", "VIII", "the eighth"),
        ("Henry V", "V", "the fifth"),
        ("\u2163 crows", "IV", "four"),
        ("July 4", "4", "fourth"),
        ("4 July", "4", "the fourth"),
        ("-5 outside", "-", "minus"),
        ("\u03c0", "\u03c0", "pi"),
        ("foo.com", ".", "dot"),
    ],
)
def test_figures_and_signs_have_readings_and_are_never_sure(line: str, sign: str, way: str) -> None:
    found = item(line, sign)
    assert way in dict(found.ways)
    assert not found.sure


@pytest.mark.parametrize(
    "sign", ["\U0001f319", "\u2603", ":)", "<3", "~", "***", "\U0001f1ef\U0001f1f5"]
)
def test_what_is_not_spoken_is_never_sure(sign: str) -> None:
    items = read(plain(f"the moon {sign} is so full"))
    assert 5 in add_choices(each.counts for each in items)
    assert not all(each.sure for each in items)


@pytest.mark.parametrize(
    "word", ["xkq", "bdgh", "\u4fb3\u53e5", "\u043f\u0440\u0438\u0432\u0435\u0442"]
)
def test_a_word_that_cannot_be_read_is_never_sure(word: str) -> None:
    [found] = read(word)
    assert not found.sure
    assert len(found.counts) > 1


def test_a_text_in_capitals_is_read_as_words() -> None:
    line = "IT WAS US WHO SAT"
    assert add_choices(each.counts for each in read(line, shouted=True)) == (5,)


@pytest.mark.parametrize("mark", APOSTROPHES)
def test_every_apostrophe_is_one(mark: str) -> None:
    assert heard(f"I don{mark}t, it{mark}s, o{mark}er") == heard("I don't, it's, o'er") == (4,)


@pytest.mark.parametrize("nothing", ["\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff"])
def test_what_cannot_be_seen_is_not_there(nothing: str) -> None:
    assert plain(f"wa{nothing}ter") == "water"


STYLES = ["\U0001d41a", "\U0001d44e", "\U0001d4ea", "\U0001d586", "\uff41", "\u24d0", "\u1d43"]
MIXED = ["the", "caf\u00e9", "don't", "12", "&", "TV", "\u00bd", "Dr.", "\u263d", "7:30"]


@pytest.mark.parametrize("letter", STYLES)
def test_letters_of_every_style_are_letters(letter: str) -> None:
    assert plain(letter) == "a"


@given(st.lists(st.sampled_from(MIXED), max_size=6).map(" ".join))
def test_composed_and_decomposed_lines_are_read_alike(line: str) -> None:
    one, other = (read(plain(unicodedata.normalize(form, line))) for form in ("NFC", "NFD"))
    assert one == other


@given(st.text(max_size=30))
def test_any_line_can_be_read_and_nothing_but_punctuation_goes_unsaid(line: str) -> None:
    line = plain(line)
    items = read(line)
    said = "".join(each.text for each in items)
    for char in line:
        if char.isalnum() or unicodedata.category(char).startswith("S"):
            assert char in said or char.lower() in said or not plain(char).isascii(), char
    assert all(each.counts == tuple(sorted(set(each.counts))) and each.counts for each in items)


@given(st.lists(st.lists(st.integers(0, 5), max_size=3).map(tuple), max_size=6), st.integers(0, 12))
def test_sums_of_choices_are_those_of_every_way_to_choose(
    choices: list[tuple[int, ...]], most: int
) -> None:
    assert add_choices(choices) == tuple(sorted({sum(way) for way in product(*choices)}))
    for place, found in enumerate(add_others(choices, most)):
        ways = product(*choices[:place], *choices[place + 1 :])
        assert found == tuple(sorted({sum(way) for way in ways if sum(way) <= most}))
