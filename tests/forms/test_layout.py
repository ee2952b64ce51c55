"""Texts as people paste them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen.forms.checker import check
from rnngen.forms.layout import pasted
from rnngen.forms.spec import load

HAIKU = load("haiku")
LINES = ["old pond in the dark", "a frog jumps into the sound", "of the water there"]
ONE, TWO, THREE = LINES


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(LINES),
        "\r\n".join(LINES),
        "\r".join(LINES),
        "\u2028".join(LINES),
        "\u2029".join(LINES),
        "\v".join(LINES),
        "\f".join(LINES),
        "\x85".join(LINES),
        "\n\n".join(LINES),
        " / ".join(LINES),
        "/".join(LINES),
        " // ".join(LINES),
        " | ".join(LINES),
        "<br>".join(LINES),
        "<br/>\n".join(LINES),
        "<BR />".join(LINES),
        f"<p>{ONE}</p><p>{TWO}</p><p>{THREE}</p>",
        f"<p>{ONE}<br>{TWO}<br>{THREE}</p>",
        "".join(f"{line}<br>\n" for line in LINES),
        "\\n".join(LINES),
        "".join(f"> {line}\n" for line in LINES),
        "".join(f"- {line}\n" for line in LINES),
        "".join(f"* {line}\n" for line in LINES),
        "".join(f"{n}. {line}\n" for n, line in enumerate(LINES, 1)),
        "".join(f"{n}) {line}\n" for n, line in enumerate(LINES, 1)),
        "".join(f"({n}) {line}\n" for n, line in enumerate(LINES, 1)),
        "".join(f"{n}: {line}\n" for n, line in enumerate(LINES, 1)),
        "".join(f"*{line}*\n" for line in LINES),
        "".join(f"**{line}**  \n" for line in LINES),
        "".join(f"_{line}_\\\n" for line in LINES),
        f"```\n{ONE}\n{TWO}\n{THREE}\n```",
        f"\ufeff{ONE}\n\t{TWO}\n\u00a0{THREE}\n",
        f"{ONE}\nan [old frog](http://x.org/a) jumps in the sound\n{THREE}",
    ],
)
def test_marks_of_layout_are_no_part_of_a_text(text: str) -> None:
    verdict = check(text, HAIKU)
    assert verdict.verdict == "exact", verdict.reasons
    assert [line.counts for line in verdict.lines] == [(5,), (7,), (5,)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# The Old Pond\n\n", ""),
        ("The Old Pond\n", ""),
        ("The Old Pond\n\n", ""),
        ("POND\n", ""),
        ("Pond\n", ""),
        ("**Pond at night**\n", ""),
        ("\u201cThe pond\u201d\n", ""),
        ("", "\n- Matsuo Basho"),
        ("", "\n\u2014 Basho"),
        ("", "\n\n\u2014Matsuo Basho, 1686"),
        ("", "\nby Matsuo Basho"),
        ("", "\n~ basho"),
        ("", "\n(Basho)"),
        ("", "\n\nMatsuo Basho"),
        ("", "\n*Matsuo Basho*"),
        ("", "\nMatsuo Basho 1686"),
        ("Pond\n\n", "\n\n\u2014 Basho\n1686"),
    ],
)
def test_a_title_and_a_name_are_left_out_and_said(before: str, after: str) -> None:
    for body in ("\n".join(LINES), " / ".join(LINES)):
        verdict = check(before + body + after, HAIKU)
        assert verdict.verdict == "possible", verdict.reasons
        assert [line.text for line in verdict.lines] == LINES
        for part, kind in ((before, "a title"), (after, "a name")):
            assert (kind in " ".join(verdict.reasons)) == bool(part)


def test_a_fourth_line_of_the_text_is_no_title_and_the_reason_says_what_would_do() -> None:
    verdict = check("\n".join(["and the rain went on", *LINES]), HAIKU)
    assert verdict.verdict == "no"
    assert "it has 4 lines, wanted 3." in verdict.reasons
    assert "lines 2 to 4 alone would be exact." in verdict.reasons


def test_a_title_alone_is_told_what_it_is() -> None:
    verdict = check("The Old Pond", HAIKU)
    assert verdict.verdict == "no"
    assert any("a title or a name" in reason for reason in verdict.reasons)


def test_numbers_without_a_point_may_be_words_of_the_text() -> None:
    numbered = "".join(f"{n} {line}\n" for n, line in enumerate(LINES, 1))
    assert check(numbered, HAIKU).verdict == "possible"
    counted = "1 crow on a fence\n2 crows in the apple tree\n3 crows on the roof"
    assert check(counted, HAIKU).verdict == "possible"


def test_a_number_that_no_other_follows_is_a_word() -> None:
    assert pasted("3. crows\nsit\nthere", 3)[0].lines[0] == "3. crows"


@given(st.text(max_size=60), st.integers(1, 5))
def test_any_text_has_lines(text: str, wanted: int) -> None:
    for layout in pasted(text, wanted):
        assert layout.lines
        assert all(not set(line) & set("\n\r\v\f\x85\u2028\u2029") for line in layout.lines)


@given(st.lists(st.from_regex(r"[a-z]{2,7}( [a-z]{2,7}){0,4}[,.!]?", fullmatch=True), min_size=1))
def test_plain_lines_are_kept_as_they_are(lines: list[str]) -> None:
    assert pasted("\n".join(lines), len(lines))[0].lines == lines
