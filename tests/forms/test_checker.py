"""Verdicts by hand."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from rnngen.forms.checker import check
from rnngen.forms.spec import builtin_names, load
from tests.forms import toys
from tests.forms.altered import altered

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
        ("", "it has 1 line, wanted 3."),
    ],
)
def test_what_does_not_fit_is_said(text: str, reason: str) -> None:
    verdict = check(text, HAIKU)
    assert verdict.verdict == "no"
    assert reason in verdict.reasons


def test_figures_may_be_read_in_many_ways() -> None:
    spec = toys.form(lines=[5])
    assert check("7 afternoon", spec).verdict == "possible"
    assert check("7 warm afternoon day", spec).verdict == "no"
    assert check("7 afternoon", spec).reasons == ("line 1: '7' is read as 'seven'.",)


REST = "\nthe table where we once sat\nand said nothing else"


@pytest.mark.parametrize(
    ("line", "verdict", "reason"),
    [
        ("bread & salt on the", "possible", "line 1: '&' is read as 'and'."),
        ("bread & salt on a tray", "no", "line 1 has 6 syllables, wanted 5."),
        ("five % of my own luck", "no", "line 1: '%' is read as 'percent'."),
        ("one + one is two", "possible", "line 1: '+' is read as 'plus'."),
        ("3 crows on the fence", "possible", "line 1: '3' is read as 'three'."),
        ("3 crows sit on the fence", "no", "line 1 has 6 syllables, wanted 5."),
        ("we are \u0663 old crows", "possible", "line 1: '3' is read as 'three'."),
        ("I wait till 12 to", "possible", "line 1: '12' is read as 'twelve'."),
        ("on the 2nd day", "possible", "line 1: '2nd' is read as 'second'."),
        ("a \u00bd moon is up", "possible", "line 1: '\u00bd' is read as 'half'."),
        ("the train at 7:30", "no", "line 1: '7:30' is read as 'seven thirty'."),
        ("by 7:30", "possible", "line 1: '7:30' is read as 'seven thirty'."),
        ("born in 1905", "no", "line 1: '1905' is read as 'nineteen oh five'."),
        ("in 1905", "possible", "line 1: '1905' is read as 'nineteen oh five'."),
        ("the Part VI of it", "possible", "line 1: 'VI' is read as 'six'."),
        ("meet me @ the bridge", "possible", "line 1: '@' is read as 'at'."),
        (
            "the moon \U0001f319 is so full",
            "possible",
            "line 1: '\U0001f319' is not spoken.",
        ),
        ("a far-off \u4fb3\u53e5", "possible", "line 1: '\u4fb3\u53e5' cannot be read."),
        ("xkq in the dark now", "possible", "line 1: 'xkq' is read as 'xkq'."),
    ],
)
def test_what_is_not_written_in_words_is_read_and_never_sure(
    line: str, verdict: str, reason: str
) -> None:
    found = check(line + REST, HAIKU)
    assert found.verdict == verdict, found.reasons
    assert reason in found.reasons


@pytest.mark.parametrize(
    ("text", "verdicts"),
    [
        (
            "I don\u00b4t wear my coat\nit\u2032s warm by the open door\nthat`s what the cat says",
            "exact",
        ),
        (
            "I don\uff07t wear my coat\nit\u2019s warm by the open door\nthat's what the cat says",
            "exact",
        ),
        ("Mr. Lee walks home\nwith a fish under his arm\nand no umbrella", "exact"),
        ("Dr. Lee walks home\nwith a fish under his arm\nand no umbrella", "exact"),
        ("on St. James Street the\nlamps go out one after one\nand nobody talks", "exact"),
        ("the TV is on\nbut nobody in the room\nlooks up from the phone", "exact"),
        ("in the USA\nthe trains are always too late\nand nobody minds", "exact"),
        ("far from the US\nthe old man still hums the songs\nof his first long war", "possible"),
        ("OK then I will\nwalk to the end of the road\nand look at the sea", "exact"),
        ('"NO," he said, "NOT YET"\nand the DOG CAT fight went on\nuntil the LAMP fell', "exact"),
        (
            "the wa\u00adter is still\na spar\u00adrow lands on the stone"
            "\nand the mor\u200bning starts",
            "exact",
        ),
        (
            "l\u00e0 in the caf\u00e9\nna\u00efve students talk of God\nand the price of tea",
            "exact",
        ),
        (
            "her coat \u2014 and the rain\nthat would not let go of it \u2014"
            "\nall the long way home",
            "exact",
        ),
        ("rain, mud, frost, etc" + REST, "no"),
        ("rain, frost etc." + REST, "no"),
        ("and rain, etc." + REST, "no"),
        ("rain, etc." + REST, "exact"),
        ("at nine PM I" + REST, "exact"),
        ("on the GPS" + REST, "exact"),
        ("a firefly on glass" + REST, "possible"),
        ("sing beautifully" + REST, "possible"),
        ("the wolves devour it" + REST, "possible"),
        ("two squirrels run past\nthe bread I left on the step\nis gone before noon", "possible"),
        ("a wild child smiled while\nthe oil in the lamp ran low\nand the owl flew by", "possible"),
        ("the noosphere grows\nwe add a thought every\nhour to the heap", "possible"),
        ("\U0001d4f8\U0001d4f5\U0001d4ed pond in the dark" + REST, "exact"),
    ],
)
def test_texts_that_people_write(text: str, verdicts: str) -> None:
    found = check(text, HAIKU)
    assert found.verdict == verdicts, found.reasons
    decomposed = check(unicodedata.normalize("NFD", text), HAIKU)
    assert decomposed == found


def test_the_collected_texts_are_judged_as_a_careful_reader_does(
    data_file: Callable[[str], Path],
) -> None:
    """Where it is at hand: a file a text, and what is expected of some by name."""
    expected = json.loads(data_file("../cases/haiku/expected.json").read_text("utf-8"))
    for name, said in expected.items():
        text = data_file(f"../cases/haiku/{name}.txt").read_text("utf-8")
        fits = "no or possible" not in said
        assert (check(text, HAIKU).verdict != "no") or not fits, name


def test_human_haiku_in_altered_writing_are_recognised(corpora: Path) -> None:
    haiku = (corpora / "haiku.txt").read_text(encoding="utf-8").strip().split("\n\n")
    texts = altered(haiku, 200, seed=1)
    assert len(texts) == 200
    refused = [after for _, after in texts if check(after, HAIKU).verdict == "no"]
    assert len(refused) <= 200 * 5 // 100, refused


def test_signs_are_words_or_none_where_words_are_counted() -> None:
    spec = toys.form(unit="words", lines=[3])
    assert [
        check(text, spec).verdict for text in ("3 old crows", "bread & salt", "a \u263d b c")
    ] == [*("exact", "possible", "possible")]


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


@pytest.mark.parametrize("form", ["haiku", "tweet"])
@pytest.mark.parametrize(
    "unit", ["a", "é", "a.", "<a", "fire ", "12 ", "1", "20:", "1.", "[a](", "*"]
)
def test_a_line_without_end_is_judged(unit: str, form: str) -> None:
    # Read in all its ways, any of these would take hours, or more memory than there is.
    text = unit * (500_000 if unit in "aé" else 20_000)
    verdict = check(text, load(form))
    assert verdict.verdict == "no"
    if form == "haiku":
        assert (
            f"line 1 has {len(text.strip()):,} characters; a line of words has at most 2,000."
            in (verdict.reasons)
        )


@pytest.mark.parametrize("unit", ["20:", "1.", "1-", "<a", "12 ", "fire ", "1/", "é", "a"])
def test_a_line_as_long_as_may_be_is_read(unit: str) -> None:
    verdict = check((unit * 2_000)[:1_990], load("haiku"))
    assert verdict.verdict == "no"
    assert verdict.lines[0].counts


def test_a_number_of_any_size_is_read() -> None:
    for text in ("1" + "0" * 15, "1" + "0" * 15 + "/3", "9" * 1_900, "$" + "9" * 99):
        assert check(text, load("haiku")).lines[0].counts
