"""Numbers of things in words."""

from __future__ import annotations

from rnngen.counts import count


def test_one_is_not_several():
    assert [count(n, "token") for n in (0, 1, 2, 1_000)] == [
        "0 tokens",
        "1 token",
        "2 tokens",
        "1,000 tokens",
    ]
    assert count(1, "copy", "copies") == "1 copy"
    assert count(3, "copy", "copies") == "3 copies"
