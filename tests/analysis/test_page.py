"""The page of an explanation: what it asks for, what a text could do to it, and its size."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from rnngen import controls
from rnngen.analysis.explain import Alternative, Explanation
from rnngen.analysis.page import page
from rnngen.api import LanguageModel
from tests.models import small_model

HOSTILE = "</script><img src=x onerror=alert(1)>\"'&amp;<!--\u2028]]>`${1}"


class Elements(HTMLParser):
    """The elements of a page, and what stands in its styles and scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[tuple[str, dict[str, str | None], str]] = []
        self.prose = ""
        self._raw: tuple[str, dict[str, str | None]] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._raw = (tag, dict(attrs)) if tag in ("script", "style") else None

    def handle_endtag(self, tag: str) -> None:
        self._raw = None

    def handle_data(self, data: str) -> None:
        if self._raw:
            self.inside.append((*self._raw, data))
        else:
            self.prose += data

    def data(self) -> dict[str, list]:
        [block] = [text for tag, attrs, text in self.inside if attrs.get("id") == "data"]
        assert not set("<>&") & set(block)  # so that nothing in it can mean anything to a browser
        return json.loads(block)


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    return LanguageModel(small_model(num_layers=2))


def explained(model: LanguageModel, text: str) -> tuple[Explanation, Elements, str]:
    found = model.explain(text)
    written = page(found, "noise")
    return found, Elements(written), written


def test_the_policy_allows_nothing_but_the_pages_own_style_and_script(model: LanguageModel):
    _, elements, _ = explained(model, "old pond")
    metas = [attrs for tag, attrs in elements.found if tag == "meta"]
    [policy] = [attrs["content"] for attrs in metas if "http-equiv" in attrs]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        bodies = [text for name, a, text in elements.inside if name == tag and "type" not in a]
        digests = [base64.b64encode(hashlib.sha256(b.encode()).digest()).decode() for b in bodies]
        assert [f"'sha256-{digest}'" for digest in digests] == rules[rule].split()


def test_nothing_is_asked_of_any_host(model: LanguageModel):
    _, elements, written = explained(model, "old pond")
    attributes = {name for _, attrs in elements.found for name in attrs}
    assert not attributes & {"src", "href", "srcset", "action", "style", "onload", "onclick"}
    assert not re.search(r"https?:|url\(|@import|fetch\(|innerHTML|eval\(", written)


def test_names_and_texts_cannot_break_out(model: LanguageModel):
    """Each token, alternative and name is the hostile text as a whole."""
    harmless = explained(model, "pond")[1]
    found = model.explain("pond")
    alternatives = [[Alternative(HOSTILE, 0.5, False)] for _ in found.tokens]
    found = dataclasses.replace(
        found, tokens=[HOSTILE] * 4, alternatives=alternatives, next=alternatives[0]
    )
    elements = Elements(page(found, HOSTILE))
    assert [tag for tag, _ in elements.found] == [tag for tag, _ in harmless.found]
    assert len(elements.inside) == len(harmless.inside) == 3
    assert elements.data()["tokens"] == [HOSTILE] * 4
    assert elements.data()["next"] == [[HOSTILE, 50]]
    assert HOSTILE.replace("\u2028", " ") in elements.prose  # the name, in one line
    keys = {key for _, attrs in elements.found for key in attrs}
    assert keys == {key for _, attrs in harmless.found for key in attrs}


def test_no_name_and_no_text_of_a_page_steers_a_terminal_or_turns_what_is_read(
    model: LanguageModel,
):
    hostile = "a\x1b]52;c;aGk=\x07\x9b2J\u202eb\u2066c"
    found = model.explain("pond")
    found = dataclasses.replace(found, text=hostile, tokens=[hostile] * 4)
    made = page(found, hostile)
    assert not controls.CONTROLS.search(made)
    assert r"a\x1b]52" in made


def test_every_token_is_a_column_with_its_bars_and_can_have_focus(model: LanguageModel):
    found, elements, _ = explained(model, "old pond\na frog")
    columns = [attrs for tag, attrs in elements.found if tag == "span"]
    assert len(columns) == len(found.tokens)
    assert [c["tabindex"] for c in columns] == ["0", *["-1"] * (len(columns) - 1)]
    assert all(" bits" in (c["aria-label"] or "") for c in columns)
    bars = [attrs["class"] for tag, attrs in elements.found if tag == "i"]
    strips = found.strips()
    assert len(bars) == len(strips) * len(columns)
    values = np.array([strip.values for strip in strips]).T.ravel()
    assert bars == [f"g{round(float(v) * 9)}" for v in values]


def test_the_data_are_those_of_the_explanation(model: LanguageModel):
    found, elements, _ = explained(model, "old pond")
    data = elements.data()
    assert data["tokens"] == found.tokens
    assert np.allclose(data["bits"], found.bits, atol=0.006)
    for index, connected in enumerate(data["connected"]):
        row = found.connectivity[index, : index + 1]
        shares = dict(connected)
        for column, value in enumerate(row):
            assert abs(shares.get(column, 0) - 100 * value / row.max()) <= 3
    assert [[c for c, _ in row] for row in data["effects"]] == [
        [c for c, _ in found.strongest(i, 4)] for i in range(len(found.tokens))
    ]


def test_two_hundred_characters_take_at_most_half_a_megabyte(model: LanguageModel):
    text = ("the sound of water, an old pond: " * 7)[:200]
    assert len(explained(model, text)[2].encode()) <= 500_000


def test_it_is_readable_on_a_phone_and_in_the_dark(model: LanguageModel):
    _, elements, written = explained(model, "old pond")
    viewport = {"name": "viewport", "content": "width=device-width, initial-scale=1"}
    assert ("meta", viewport) in elements.found
    assert "prefers-color-scheme:dark" in written
