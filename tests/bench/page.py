"""How a page loads and writes in Chromium: `python -m tests.bench.page [MODEL ...]`.

Without MODEL, a model of characters with a million random weights, and the `haiku` that comes with
rnngen. Tasks are those of the page's main thread, in CPU time: on a busy machine they last longer.
The load is traced by the browser itself, as a driver would keep and decode the page once more.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright import sync_api

from rnngen import checkpoint, runs
from rnngen.export import html
from tests.chromium import CHROMIUM
from tests.export.browser import PATIENCE
from tests.export.models import model_of

LONG = 50
"""Milliseconds of CPU from which a task is called long."""
TRACED = 12
"""Seconds in which a page has to load."""
CATEGORIES = "toplevel,devtools.timeline"
LENGTH = 1000
"""Tokens of the text that is timed."""
FIRST_PIECE = """
button => new Promise(resolve => {
  const began = performance.now();
  const written = document.getElementById("written");
  const observer = new MutationObserver(() => {
    if (written.textContent) resolve(performance.now() - began);
  });
  observer.observe(written, { childList: true, characterData: true, subtree: true });
  button.click();
})
"""


def milliseconds(events: list[dict[str, Any]], file: str) -> list[float]:
    """CPU time of each task on the main thread of the page of a file."""
    pages = {e["pid"] for e in events if e["name"] == "ParseHTML" and file in str(e["args"])}
    pages = pages or {e["pid"] for e in events}  # it was parsed before
    mains = {
        (e["pid"], e["tid"])
        for e in events
        if e["name"] == "thread_name" and e["args"]["name"] == "CrRendererMain"
    }
    return [
        e.get("tdur", 0) / 1000
        for e in events
        if e["name"].endswith("RunTask")
        and e["ph"] == "X"
        and e["pid"] in pages
        and (e["pid"], e["tid"]) in mains
    ]


def load(file: Path, folder: Path) -> list[float]:
    """Tasks until the page is ready, without a driver."""
    trace = folder / "trace.json"
    options = ["--headless=new", "--no-sandbox", "--remote-debugging-port=0"]
    options += [f"--user-data-dir={folder / 'profile'}", f"--trace-startup={CATEGORIES}"]
    options += [f"--trace-startup-duration={TRACED}", f"--trace-startup-file={trace}"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(
        [CHROMIUM, *options, "--trace-startup-format=json", file.as_uri()], **quiet
    )
    while not (trace.exists() and trace.read_bytes().rstrip().endswith(b"}")):
        time.sleep(1)
    process.terminate()
    process.wait()
    return milliseconds(json.loads(trace.read_bytes())["traceEvents"], file.name)


def write(file: Path) -> None:
    """Prints what a long text and a haiku cost."""
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(file.as_uri())
        status = sync_api.expect(page.locator("#status"))
        status.to_have_text("Ready.", timeout=PATIENCE)
        page.locator("#length").evaluate(f"length => {{ length.value = {LENGTH} }}")
        for button in ("write", "haiku"):
            if not page.locator(f"#{button}").is_visible():
                continue
            browser.start_tracing(page=page, categories=CATEGORIES.split(","))
            first = page.locator(f"#{button}").evaluate(FIRST_PIECE)
            status.to_have_text(re.compile("^Done"), timeout=PATIENCE)
            events = json.loads(browser.stop_tracing())["traceEvents"]
            tasks, count = milliseconds(events, file.name), len(page.inner_text("#written"))
            print(
                f"  {button:<6}  {shown(tasks)}; first piece after {first:.0f} ms; {count} "
                f"characters, {1000 * count / sum(tasks):.0f} a second of CPU",
                flush=True,
            )
        browser.close()


def shown(tasks: list[float]) -> str:
    long = sum(task >= LONG for task in tasks)
    return f"longest task {max(tasks):.0f} ms, {long} of {LONG} ms or more"


def measure(name: str, model: checkpoint.Model) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page-of-a-model.html"
        file.write_text(html.page(model, title=name, storage="int8"), encoding="utf-8")
        weights = sum(array.size for array in model.weights.values())
        print(f"{name}: {weights:,} weights, {file.stat().st_size:,} bytes")
        print(f"  load    {shown(load(file, Path(folder)))}", flush=True)
        write(file)


def main(*names: str) -> None:
    if not names:
        noise = model_of("char", hidden_size=240, embedding_dim=240, ngrams=1, continuous=True)
        measure("noise", noise)
    for name in names or ("shipped/haiku",):
        measure(name, checkpoint.load_model(runs.find_model(name)))


if __name__ == "__main__":
    main(*sys.argv[1:])
