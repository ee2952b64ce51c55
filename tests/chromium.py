"""Headless Chromium, which opens pages from files, without a network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser, once for all tests of a process."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason='needs playwright: pip install "rnngen[dev]"'
    )
    if CHROMIUM is None:
        pytest.skip("needs Chromium, which is not installed here: apt-get install chromium")
    unconfined = ["--no-sandbox"]  # root and many containers have none, and the pages are ours
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=unconfined)
        yield browser
        browser.close()
