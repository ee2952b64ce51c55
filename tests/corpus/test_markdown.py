"""Markdown: what is markup goes, what is text stays."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen.corpus.markdown import read_markdown

if TYPE_CHECKING:
    from collections.abc import Sequence


def read(text: str, cuts: Sequence[int] = ()) -> str:
    places = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    pieces = [text[i:j] for i, j in pairwise(places)]
    return "".join(read_markdown(pieces)).removesuffix("\n")


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("# A title", "A title"),
        ("### A title ###", "A title"),
        ("#hashtag", "#hashtag"),
        ("Title\n=====\ntext", "Title\ntext"),
        ("a *few* **words** and ***more***", "a few words and more"),
        ("_a_ __b__ and **c _d_ e**", "a b and c d e"),
        ("*over\ntwo lines*", "over\ntwo lines"),
        ("~~gone~~", "gone"),
        ("snake_case_name 5 * 3 * 2 a*", "snake_case_name 5 * 3 * 2 a*"),
        (r"\*not\* 1\. \_", "*not* 1. _"),
        ("`a * b` and ``c`d``", "a * b and c`d"),
        ("`x < y` *z*", "x < y z"),
        ('see [a *link*](http://x.org/(b) "t").', "see a link."),
        ("[one][ref], [two][] and [three]", "one, two and [three]"),
        ("text\n[ref]: http://x.org 'Title'", "text"),
        ("a ![picture](a.png) b", "a  b"),
        ("[![badge](b.svg)](http://x.org) words", " words"),
        ("[[Page]] and [[Page|words]] and ![[note]]", "Page and words and "),
        ("<https://x.org> <b>bold</b><br/>1 < 2", "https://x.org bold1 < 2"),
        ("a <!-- not\nseen --> b", "a  b"),
        ("fish &amp; chips &lt;3", "fish & chips <3"),
        ("> quoted\n>> twice", "quoted\ntwice"),
        ("- one\n  - two\n* [x] three\n+ four", "one\ntwo\nthree\nfour"),
        ("1. one\n2. two", "1. one\n2. two"),
        ("said[^1]\n\n[^1]: a note", "said\n\na note"),
        ("| a | b |\n|---|:-:|\n| 1 | 2 |", "a\tb\n1\t2"),
        ("a line  \nthe next\\\nlast", "a line\nthe next\nlast"),
        ("- said he -\n-- or so", "said he -\n-- or so"),
    ],
)
def test_marks_go_and_words_stay(markdown: str, text: str) -> None:
    assert read(markdown) == text


def test_front_matter_goes_only_if_it_ends() -> None:
    assert read("---\ntitle: x\n---\n\nText") == "\nText"
    assert read("+++\ntitle = 1\n+++\nText") == "Text"
    assert read("---\ntitle: x\n\nText") == "title: x\n\nText"


def test_code_in_fences_goes_with_its_place() -> None:
    assert read("a\n\n```python\nx = 1\n\n# no title\n```\n\nb") == "a\n\nb"
    assert read("a\n~~~~\n~~~\n```\n~~~~\nb") == "a\n\nb"
    assert read("a\n\n> ```\n> x\n> ```\n\nb") == "a\n\nb"


def test_a_rule_leaves_one_blank_line_so_it_divides_no_sections() -> None:
    assert read("a\n\n***\n\nb\n\n- - -\n\nc") == "a\n\nb\n\nc"


def test_verse_is_left_as_it_is() -> None:
    verse = "The old pond;\n    a frog jumps in\n\n\nthe sound, he said -- of water"
    assert read(verse) == verse


def test_characters_for_private_use_are_kept() -> None:
    assert read("\U000f0000 `a` \U000f0001 \\*") == "\U000f0000 a \U000f0001 *"


MARKS = st.text("ab *_`[]()!<>#-\n\\|~:&;\U000f0000", max_size=60)


@given(MARKS, st.lists(st.integers(0, 60), max_size=4))
def test_where_pieces_are_cut_makes_no_difference(text: str, cuts: list[int]) -> None:
    assert read(text, cuts) == read(text)


@given(st.text("abc .,\n", max_size=60).filter(lambda text: "  " not in text))  # a line break
def test_a_text_without_marks_stays_itself(text: str) -> None:
    assert read(text) == text.removesuffix("\n")
