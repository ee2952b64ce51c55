"""The page of an explanation in a browser: its keyboard, its pointer, and who can use it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rnngen.analysis.explain import Explanation
from rnngen.analysis.page import page
from rnngen.api import LanguageModel
from tests.models import small_model

TEXT = "old pond\na frog"


@pytest.fixture(scope="module")
def found() -> Explanation:
    return LanguageModel(small_model(num_layers=2)).explain(TEXT, top=3)


@pytest.fixture(params=["light", "dark"])
def opened(
    request: pytest.FixtureRequest, chromium: Any, found: Explanation, tmp_path: Path
) -> Iterator[Any]:
    """The page on a phone; at the end nothing was asked for or complained of."""
    viewport = {"width": 360, "height": 800}
    context = chromium.new_context(offline=True, viewport=viewport, color_scheme=request.param)
    opened, requests, complaints = context.new_page(), [], []
    opened.on("request", lambda request: requests.append(request.url))
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    file = tmp_path / "explained.html"
    file.write_text(page(found, "noise"), encoding="utf-8")
    opened.goto(file.as_uri())
    yield opened
    assert requests == [file.as_uri()]
    assert complaints == []
    context.close()


def test_the_panel_tells_of_the_token_that_has_focus_or_the_pointer(
    opened: Any, found: Explanation
):
    panel, tokens = opened.locator("#panel"), opened.locator(".t")

    def told() -> int:
        """Which token the panel tells of, and that its figures are those of the model."""
        first = panel.locator("p").first.inner_text()
        index = tokens.evaluate_all("all => all.findIndex(t => t.classList.contains('on'))")
        shown = found.tokens[index].replace("\n", "\u21b5")
        assert first == f"\u201c{shown}\u201d: {round(float(found.bits[index]), 2):g} bits"
        return int(index)

    assert told() == len(TEXT) - 1
    tokens.first.focus()
    assert told() == 0
    order = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "End", "ArrowRight", "Home", "ArrowLeft"):
        opened.keyboard.press(key)
        order.append(told())
    last = len(TEXT) - 1
    assert order == [1, 2, 1, last, last, 0, 0]
    tokens.nth(4).hover()
    assert told() == 4


def test_nothing_keeps_anyone_out(opened: Any):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason='needs axe-playwright-python: pip install "rnngen[dev]"',
    )
    violations = axe.Axe().run(opened).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in violations] == []
    assert opened.evaluate("document.documentElement.scrollWidth") <= 360
