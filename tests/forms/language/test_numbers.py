"""Numbers, figures and roman numerals as they are read aloud."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen.forms.language.figures import read_at
from rnngen.forms.language.numbers import LARGEST, as_roman, cardinal, ordinal, roman, whole, year
from rnngen.forms.language.syllables import by_rule, syllables_of_words


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ("0", "zero"),
        ("3", "three"),
        ("12", "twelve"),
        ("21", "twenty one"),
        ("100", "a hundred"),
        ("105", "one hundred and five"),
        ("105", "one oh five"),
        ("911", "nine one one"),
        ("911", "nine eleven"),
        ("007", "double oh seven"),
        ("1,000", "a thousand"),
        ("12,345", "twelve thousand three hundred forty five"),
        ("1,000,000", "one million"),
        ("1984", "nineteen eighty four"),
        ("1900", "nineteen hundred"),
        ("1905", "nineteen oh five"),
        ("2000", "two thousand"),
        ("2005", "two thousand and five"),
        ("2024", "twenty twenty four"),
        ("1066", "ten sixty six"),
        ("2nd", "second"),
        ("1st", "first"),
        ("12th", "twelfth"),
        ("20th", "twentieth"),
        ("31st", "thirty first"),
        ("100th", "one hundredth"),
        ("3.14", "three point one four"),
        ("0.5", "point five"),
        ("2.5", "two and a half"),
        (".5", "zero point five"),
        ("1,5", "one point five"),
        ("7:30", "seven thirty"),
        ("7:30", "half past seven"),
        ("7:00", "seven o'clock"),
        ("7:05", "seven oh five"),
        ("7:15", "quarter past seven"),
        ("7:45", "a quarter to eight"),
        ("12:00", "noon"),
        ("0:00", "midnight"),
        ("7:30pm", "seven thirty p m"),
        ("7:30 a.m.", "seven thirty a m"),
        ("9am", "nine a m"),
        ("3:16", "three sixteen"),
        ("\u00bd", "half"),
        ("\u00bd", "a half"),
        ("\u00bc", "a quarter"),
        ("\u00be", "three quarters"),
        ("\u2154", "two thirds"),
        ("1\u00bd", "one and a half"),
        ("1/2", "one half"),
        ("3/4", "three quarters"),
        ("24/7", "twenty four seven"),
        ("$5", "five dollars"),
        ("$1", "a dollar"),
        ("$5.99", "five ninety nine"),
        ("$3 million", "three million dollars"),
        ("\u00a35", "five pounds"),
        ("5\u20ac", "five euros"),
        ("5-7-5", "five seven five"),
        ("5\u20137", "five to seven"),
        ("1990s", "nineteen nineties"),
        ("'90s", "nineties"),
        ("80's", "eighties"),
        ("5km", "five kilometers"),
        ("5 km", "five kilometers"),
        ("60mph", "sixty miles an hour"),
        ("10k", "ten thousand"),
        ("2x", "two times"),
        ("5'10\"", "five foot ten"),
    ],
)
def test_figures_are_said_in_their_usual_ways(figures: str, said: str) -> None:
    stop, ways = read_at(figures, 0)
    assert stop == len(figures), "all of it is read"
    assert said in ways


@given(st.integers(0, LARGEST))
def test_every_number_is_said_in_words_of_the_dictionary(number: int) -> None:
    for way in (*cardinal(number), *ordinal(number), *year(number % 10_000)):
        assert all(by_rule(word)[0] for word in way.split()), way
        assert min(syllables_of_words(way)) >= 1


@given(st.integers(0, 10**6 - 1))
def test_a_number_is_said_as_arithmetic_has_it(number: int) -> None:
    """The value of the words, worked out by another rule: multiply at hundred, add the rest."""
    values = {cardinal(n)[0]: n for n in (*range(20), *range(20, 100, 10))}
    for way in cardinal(number):
        total = group = 0
        for word in way.split():
            if word == "hundred":
                group *= 100
            elif word == "thousand":
                total, group = total + group * 1000, 0
            elif word != "and":
                group += 1 if word == "a" else values[word]
        assert total + group == number


@given(st.from_regex(r"[0-9]{1,9}", fullmatch=True))
def test_any_run_of_figures_is_read_to_its_end(figures: str) -> None:
    stop, ways = read_at(figures, 0)
    assert stop == len(figures)
    assert ways == whole(figures)


@given(st.text("0123456789.,:/-'$\u20ac\u00bdkmsthndr% ", min_size=1, max_size=12))
def test_no_figures_are_too_strange(text: str) -> None:
    for place in range(len(text)):
        stop, ways = read_at(text, place)
        assert bool(ways) == (stop > place)


@given(st.integers(1, 3999))
def test_roman_numerals_are_read_back(number: int) -> None:
    assert roman(as_roman(number)) == number


@pytest.mark.parametrize("letters", ["", "IIII", "VX", "IC", "ABC", "MMMM", "IVI"])
def test_what_is_no_roman_numeral_has_no_value(letters: str) -> None:
    assert roman(letters) == 0
