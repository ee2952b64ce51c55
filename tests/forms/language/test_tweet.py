"""Weights against the PyPI package twitter-text-parser, an independent reading of the rules."""

from __future__ import annotations

import random
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen.forms.language.tweet import most, weight

Oracle = Callable[[str], int]


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    """The package reads a data file through pkg_resources, which setuptools no longer has."""
    stand_in = ModuleType("pkg_resources")

    def resource_string(name: str, resource: str) -> bytes:
        return (Path(str(sys.modules[name].__file__)).parent / resource).read_bytes()

    stand_in.resource_string = resource_string  # type: ignore[attr-defined]
    sys.modules.setdefault("pkg_resources", stand_in)
    parser = pytest.importorskip("twitter_text")
    return lambda text: int(parser.parse_tweet(text).weightedLength)


PARTS = [
    *("a", "word", "foo.com", "the end.It", "http://a.co/xyz?q=1", "https://", "@user", "#tag"),
    *(".", ",", "…", "—", "“", "'", "-", "1", "80", ":", "(", ")", "/"),
    *(
        "é",
        "e\u0301",
        "日本",
        "한",
        "🇮🇪",
        "👊🏼",
        "👩\u200d👩\u200d👧",
        "❤️",
        "❤",
        "1️⃣",
        "😀😀",
        "©",
        "🤷\u200d♂️",
    ),
]


def test_weights_agree_on_made_up_texts(oracle: Oracle) -> None:
    choose = random.Random(0)
    for _ in range(1500):
        text = " ".join(choose.choice(PARTS) for _ in range(choose.randint(0, 8)))
        assert weight(text) == oracle(text), text


def test_weights_agree_on_real_posts(oracle: Oracle, corpora: Path) -> None:
    posts = (corpora / "posts.txt").read_text(encoding="utf-8").splitlines()
    for post in posts[::3]:
        assert weight(post) == oracle(post), post


def test_weights_agree_on_posts_of_many_languages(
    oracle: Oracle, data_file: Callable[[str], Path]
) -> None:
    posts = data_file("tweets_emoji.txt").read_text(encoding="utf-8").splitlines()
    # The oracle's list of emoji lacks forms such as U+2615 U+FE0F, for which it counts 4.
    known = [post for post in posts[::9] if "\ufe0f" not in post]
    wrong = [post for post in known if weight(post) != oracle(post)]
    assert len(wrong) <= len(known) // 500, wrong[:3]


@given(st.text(max_size=40))
def test_composed_and_decomposed_texts_weigh_the_same(text: str) -> None:
    assert weight(unicodedata.normalize("NFC", text)) == weight(unicodedata.normalize("NFD", text))


@given(st.text(st.characters(codec="utf-8", exclude_characters=".", exclude_categories=["C"])))
def test_a_text_without_addresses_weighs_at_most_what_its_characters_do(text: str) -> None:
    assert weight(text) <= sum(map(most, text))


def test_a_few_weights_by_hand() -> None:
    assert [
        weight(t) for t in ("", "abc", "日本", "…", "👩\u200d👩\u200d👧\u200d👦", "x foo.com")
    ] == [*(0, 3, 4, 2, 2, 25)]
