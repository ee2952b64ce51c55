"""Addresses, found label by label, against the regular expression that defines them."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rnngen.forms.language.addresses import addresses
from tests.forms.language import published

PARTS = [
    *(
        "a",
        "Z",
        "9",
        "é",
        "日",
        "\u017f",
        "-",
        "_",
        ".",
        "..",
        ".com",
        ".co.uk",
        ".日本",
        ".xn--p1ai",
    ),
    *(".日本", ".xn--p1ai", "com", "http://", "HTTPS://", "https://t.co/", "a.b", "x.com"),
    *("日本.com", "-a.com", "a_b"),
    *("/", "/(a)", "(", ")", "?q=1", "?", ":80", ":", "@", "#", "$", " ", "\n", "\u200e", "\ufeff"),
    *("!", "😀", "~", "\u2013", "+", "1.5", "t.co", "x" * 64, "é.é.", "a." * 9),
]


@settings(max_examples=600)
@given(st.lists(st.sampled_from(PARTS), max_size=12).map("".join))
@example("éa.com")
@example("é.com")
@example("-http://x.com")
def test_addresses_are_those_of_the_published_rule(text: str) -> None:
    assert [*addresses(text)] == [*published.addresses(text)]


@pytest.mark.parametrize(
    "text",
    [
        "http://a.com/" + "b" * 4075,
        "http://a.com/" + "b" * 4077,
        "http://日.com/" + "b" * 4070,
        "x.com/" + "b" * 4090,
    ],
)
def test_an_address_may_be_as_long_as_the_published_rule_says(text: str) -> None:
    for size in (4050, len(text) - 1, len(text)):
        assert [*addresses(text[:size])] == [*published.addresses(text[:size])]


@pytest.mark.parametrize("unit", ["a.", "é.", "com.", "é-", "-a.", "x.com/(", "0_.", "é.é.日.com"])
def test_a_text_without_blanks_takes_time_in_proportion(unit: str) -> None:
    # Followed by the regular expression, each of these would take hours.
    assert len([*addresses(unit * (40_000 // len(unit)))]) < 40_000
