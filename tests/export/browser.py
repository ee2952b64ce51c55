"""A page in a browser, as a test handles it; conftest.py opens it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

PATIENCE = 120_000
"""Milliseconds until a browser that does nothing is given up."""


@dataclass
class Opened:
    """A page, and what it asked for and complained of since it was opened."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def element(self, id: str) -> Any:
        return self.page.locator(f"#{id}")

    def text_of(self, id: str) -> str:
        return str(self.element(id).evaluate("element => element.textContent"))

    def wait_for(self, pattern: str) -> None:
        """Until the status line matches."""
        from playwright.sync_api import expect

        expect(self.element("status")).to_have_text(re.compile(pattern), timeout=PATIENCE)

    def write(self, opening: str = "", **settings: Any) -> str:
        """The text that the page writes; settings: temperature, top-p, length, seed."""
        self.element("opening").fill(opening)
        for name, value in settings.items():
            self.set(name.replace("_", "-"), value)
        self.element("write").click()
        self.wait_for("^Done")
        return self.text_of("text")

    def set(self, id: str, value: Any) -> None:
        change = "(e, v) => { e.value = v; e.dispatchEvent(new Event('input')); }"
        self.element(id).evaluate(change, str(value))


Open = Callable[..., Opened]
