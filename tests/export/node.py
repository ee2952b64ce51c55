"""The scripts of the page in Node.js, without a page around them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rnngen.export import html

if TYPE_CHECKING:
    from rnngen.checkpoint import Model


def find_node() -> str | None:
    """Node.js where it is installed, else the one that playwright brings along."""
    if found := shutil.which("node") or shutil.which("nodejs"):
        return found
    playwright = find_spec("playwright")
    places = playwright.submodule_search_locations if playwright else None
    return shutil.which("node", path=str(Path(places[0], "driver"))) if places else None


NODE = find_node()
needs_node = pytest.mark.skipif(NODE is None, reason="needs Node.js, which is not installed here")

READ = """
const { settings, numbers, input } = JSON.parse(require("fs").readFileSync(0, "utf8"));
(async () => {
const buffer = settings ? await bytesOf(numbers, settings.size, async () => {}) : null;
const context = settings ? finish(load(settings, buffer)) : null;
const output = await (async () => {
%s
})();
process.stdout.write(JSON.stringify(output));
})();
"""


def run(body: str, input: Any = None, model: Model | None = None, storage: str = "fp32") -> Any:
    """What the async function `body` returns, in JSON and back; it may use `input` and `context`.

    context: of the page of `model`, as the page itself loads it.
    """
    data = {"input": input}
    if model is not None:
        data |= blocks(html.page(model, title="Noise", storage=storage))
    assert NODE is not None
    ran = subprocess.run(
        [NODE, "-e", html.engine() + READ % body],
        input=json.dumps(data),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def blocks(page: str) -> dict[str, Any]:
    """The data of a page."""
    [settings] = re.findall(r'<script [^>]*id="settings">(.*?)</script>', page, re.DOTALL)
    numbers = re.findall(r'<script [^>]*class="numbers">(.*?)</script>', page, re.DOTALL)
    return {"settings": json.loads(settings), "numbers": numbers}
