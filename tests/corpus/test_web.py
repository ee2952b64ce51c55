"""HTML: what a page shows, laid out as a browser does."""

from __future__ import annotations

from itertools import pairwise
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen.corpus import web
from rnngen.errors import CorpusError

PAGE = """<!DOCTYPE html><html lang=en><head><title>T</title><style>p{}</style>
<script>if (a < b) { document.write("<p>no</p>") }</script></head>
<body><header>Name</header><nav><ul><li>Home</ul></nav>
<h1>Head</h1><p>One &amp; two<br>three <b>bo</b>ld.
<p>next <!-- not this --> para<ul><li>a<li>b</ul><div>x</div><div>y</div><pre>
v
  w
</pre><table><tr><td>1<td>2<tr><th>3<td>4</table><p hidden>no<p>last&shy;ly</body></html>
"""
TEXT = (
    "Name\n\nHead\n\nOne & two\nthree bold.\n\nnext para\n\na\nb\n\nx\ny\n\nv\n  w\n\n1\t2\n3\t4"
    "\n\nlastly"
)


def read(*pieces: str) -> str:
    return "".join(web.read_html(pieces, "x.html"))


def test_a_page_is_laid_out_as_in_a_browser() -> None:
    assert read(PAGE) == TEXT


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>a<nav>b</nav><p>c", "a\n\nc"),
        ("<div><nav>b<p>c</div><p>d", "d"),  # the end of what is around ends the navigation
        ("<p>a</p><div role='navigation'>b</div><svg><text>c</text></svg>", "a"),
        ("<p style='Display: None'>a</p><p aria-hidden=true>b</p>c", "c"),
        ("<p>a<main><p>b</main><p>c", "b"),
        ("<p>a</p><ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>", "a\n\n漢"),
        ("<p>a<script/>b</p>", "ab"),  # XHTML
        ("<p>a</b></div>b", "a\nb"),
        ("<textarea>a</textarea><p>b", "b"),
        ("<p>a<sup epub:type='noteref'>1</sup> b", "a b"),
        ("no < tags & so on", "no < tags & so on"),
        ("<p>&nbsp;</p><p>a&nbsp;b</p>", "a\u00a0b"),
        ("a<br><br><br>b", "a\n\nb"),
        ("<script>never ended", ""),
    ],
)
def test_what_is_hidden_or_leads_elsewhere_is_dropped(page: str, text: str) -> None:
    assert read(page) == text


@given(st.lists(st.integers(0, len(PAGE)), max_size=5))
def test_where_pieces_are_cut_makes_no_difference(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(PAGE)]
    assert read(*(PAGE[i:j] for i, j in pairwise(places))) == TEXT


@given(st.text("<>/ab ='\"&;!-\n", max_size=50))
def test_any_text_at_all_can_be_read(page: str) -> None:
    assert "\n\n\n" not in read(page)


def test_a_tag_without_end_is_refused_before_it_fills_the_memory() -> None:
    with (
        patch.object(web, "LONGEST_TAG", 1000),
        pytest.raises(CorpusError, match=r"x\.html: no HTML"),
    ):
        read("<a ", *["b" * 100] * 20)


def test_thousands_of_open_elements_are_read() -> None:
    assert read("<div>" * 5000, "a", "</div>" * 5000, "b") == "a\nb"
