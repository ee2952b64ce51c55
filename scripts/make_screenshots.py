"""The pictures of docs/exporting.md: `python scripts/make_screenshots.py`.

It runs the command that the page shows, opens what it wrote in Chromium, and asks for a haiku. It
needs Chromium, and playwright and Pillow of the extra `dev`.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright import sync_api

DOCS = Path(__file__).resolve().parent.parent / "docs"
PICTURES = {"light": (640, "light"), "dark": (640, "dark"), "phone": (360, "dark")}
"""Name -> width in pixels and theme."""
OPENING, SEED = "old pond", "6"
COLOURS = 64
PATIENCE = 120_000
"""Milliseconds until a browser that does nothing is given up."""


def take(browser: sync_api.Browser, page_file: Path, picture: Path, width: int, theme: str) -> None:
    page = browser.new_page(
        viewport={"width": width, "height": 400},
        color_scheme="dark" if theme == "dark" else "light",
    )
    page.goto(page_file.as_uri())
    status = sync_api.expect(page.locator("#status"))
    status.to_have_text("Ready.", timeout=PATIENCE)
    page.locator("#opening").fill(OPENING)
    page.locator("#seed").fill(SEED)
    page.locator("#haiku").click()
    status.to_have_text(re.compile("^Done"), timeout=PATIENCE)
    page.screenshot(path=picture, full_page=True)
    page.close()
    Image.open(picture).convert("RGB").quantize(COLOURS).save(picture, optimize=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_api.sync_playwright() as driver:
        file = Path(folder) / "haiku.html"
        subprocess.run([sys.executable, "-m", "rnngen", "export", "haiku", "-o", file], check=True)
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for name, (width, theme) in PICTURES.items():
            take(browser, file, DOCS / f"export-{name}.png", width, theme)
        browser.close()


if __name__ == "__main__":
    main()
