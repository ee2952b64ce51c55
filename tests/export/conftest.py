"""Exported pages in headless Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rnngen.export import html
from tests.export.browser import PATIENCE, Open, Opened

if TYPE_CHECKING:
    from rnngen.checkpoint import Model


@pytest.fixture
def open_page(chromium: Any, tmp_path: Path) -> Iterator[Open]:
    """Exports a model and opens its page; at the end nothing was asked for or complained of."""
    contexts = []
    pages: list[Opened] = []

    def open_page(
        model: Model,
        title: str = "Noise",
        *,
        width: int = 900,
        damage: Callable[[str], str] = str,
        status: str = "^Ready",
        **options: Any,
    ) -> Opened:
        file = tmp_path / f"{len(contexts)}.html"
        content = damage(html.page(model, title=title, storage="int8"))
        file.write_text(content, encoding="utf-8")
        viewport = {"width": width, "height": 900}
        contexts.append(chromium.new_context(offline=True, viewport=viewport, **options))
        opened = Opened(contexts[-1].new_page())
        pages.append(opened)
        opened.page.set_default_timeout(PATIENCE)
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.on("console", lambda message: opened.complaints.append(message.text))
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.page.on("dialog", lambda dialog: opened.complaints.append(dialog.message))
        opened.page.goto(file.as_uri())
        opened.wait_for(status)
        return opened

    yield open_page
    for opened in pages:
        assert [url.startswith("file:") for url in opened.requests] == [True]
        assert opened.complaints == []
    for context in contexts:
        context.close()
