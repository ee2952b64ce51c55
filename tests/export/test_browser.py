"""The page in a browser: its controls, its text, and who can use it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rnngen import controls, forms
from rnngen.api import LanguageModel
from rnngen.checkpoint import Model
from rnngen.export import html
from rnngen.model import quantize
from rnngen.model.numpy_runtime import NumpyRuntime
from tests.export.browser import Open
from tests.export.models import model_of
from tests.export.node import blocks
from tests.export.test_haiku import with_words
from tests.export.test_html import HOSTILE

AT_FIRST_PIECE = """
element => {
  const observer = new MutationObserver(() => {
    if (!element.textContent) return;
    observer.disconnect();
    %s;
  });
  observer.observe(element, { childList: true, characterData: true, subtree: true });
}
"""
LOGITS = """
async ({ settings, numbers, ids }) => {
  %s
  const { model } = finish(load(settings, await bytesOf(numbers, settings.size, async () => {})));
  let state = model.start();
  return ids.map((id) => {
    const read = model.step(id, state);
    state = read.state;
    return Array.from(read.logits);
  });
}
"""
COUNT_CHANGES = """
element => {
  window.changes = [];
  new MutationObserver(() => window.changes.push(element.textContent))
    .observe(element, { childList: true, characterData: true, subtree: true });
}
"""


def expected(model: Model, opening: str, **settings: Any) -> str:
    """What rnngen writes with the weights as the page has them."""
    weights = quantize.unpack(quantize.pack(model.weights, "int8"))
    python = LanguageModel(dataclasses.replace(model, weights=weights))
    [text] = python.sample(opening, **settings)
    return text.prompt + text.text


@pytest.mark.parametrize("kind", ["char", "bpe"])
def test_a_page_opened_from_a_file_writes_what_rnngen_writes(open_page: Open, kind: str):
    model = model_of(kind)
    opened = open_page(model)
    for seed, temperature, top_p in ((0, 0.0, 1.0), (7, 0.8, 0.9), (8, 1.5, 1.0)):
        found = opened.write(
            "The old po", temperature=temperature, top_p=top_p, length=40, seed=seed
        )
        settings = {"temperature": temperature, "top_p": top_p, "length": 40, "seed": seed}
        assert found == expected(model, "The old po", **settings)


@pytest.mark.parametrize(("cell", "kind"), [("lstm", "unigram"), ("gru", "char")])
def test_logits_in_a_browser_are_those_of_rnngen(chromium: Any, cell: str, kind: str):
    """Over a thousand tokens; test_page_scripts.py does this for every shape, in Node.js."""
    model = model_of(kind, cell=cell)
    weights = quantize.unpack(quantize.pack(model.weights, "int8"))
    runtime = NumpyRuntime(model.config, weights)
    ids = np.random.default_rng(2).integers(0, model.config.vocab_size, (1, 1000))
    expected, _ = runtime.forward(ids, runtime.start(1))
    data = blocks(html.page(model, title="Noise", storage="int8"))
    page = chromium.new_page()
    found = page.evaluate(LOGITS % html.engine(), {**data, "ids": ids[0].tolist()})
    page.close()
    assert np.abs(np.array(found) - expected[0]).max() <= 1e-4


def test_without_a_seed_each_text_is_another_and_its_seed_is_told(open_page: Open):
    opened = open_page(model_of("char"))
    texts = {opened.write(length=60, temperature=1) for _ in range(3)}
    assert len(texts) == 3
    seed = opened.text_of("status").split("Seed ")[1].rstrip(".")
    assert opened.write(seed=seed) in texts


@pytest.mark.parametrize(
    "action",
    [
        "document.getElementById('stop').click()",
        "document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }))",
    ],
)
def test_a_text_can_be_stopped(open_page: Open, action: str):
    """As soon as its first piece is there; the next text is whole again."""
    opened = open_page(model_of("byte", continuous=True))
    opened.element("written").evaluate(AT_FIRST_PIECE % action)
    opened.set("length", 1000)
    opened.element("write").click()
    opened.wait_for("^Stopped")
    assert 0 < len(opened.text_of("written")) < 900
    assert opened.element("text").get_attribute("aria-busy") == "false"
    assert opened.element("stop").get_attribute("aria-disabled") == "true"
    assert opened.write(length=40, seed=3) == expected(
        model_of("byte", continuous=True), "", length=40, seed=3
    )


def test_the_keyboard_is_enough(open_page: Open):
    opened = open_page(model_of("char"))
    keyboard = opened.page.keyboard
    focused = "document.activeElement.id"
    order = []
    for _ in range(8):
        keyboard.press("Tab")
        order.append(opened.page.evaluate(focused))
    assert order == ["opening", "temperature", "top-p", "length", "seed", "write", "stop", "copy"]
    opened.element("temperature").focus()
    keyboard.press("Home")
    assert opened.page.locator("output[for=temperature]").inner_text() == "0"
    keyboard.press("ArrowRight")
    assert opened.page.locator("output[for=temperature]").inner_text() == "0.05"
    opened.element("length").focus()
    keyboard.press("Home")
    opened.element("opening").focus()
    keyboard.type("The")
    keyboard.press("Control+Enter")
    opened.wait_for("^Done")
    assert opened.text_of("text").startswith("The")
    assert opened.element("write").is_enabled()


def test_a_screen_reader_hears_the_whole_text_once(open_page: Open):
    opened = open_page(model_of("char"))
    opened.element("finished").evaluate(COUNT_CHANGES)
    text = opened.write("The ", length=200)
    assert [change for change in opened.page.evaluate("window.changes") if change] == [text]


def test_copy_gives_the_text(open_page: Open):
    opened = open_page(model_of("char"), permissions=["clipboard-read", "clipboard-write"])
    text = opened.write("The ", length=40)
    opened.element("copy").click()
    opened.wait_for("Copied|selected")
    copied = "getSelection().toString() || navigator.clipboard.readText()"
    assert opened.page.evaluate(copied) == text


@pytest.mark.parametrize("text", HOSTILE)
def test_names_and_texts_stay_text(open_page: Open, text: str):
    model = dataclasses.replace(model_of("char"), facts={"corpus": {"names": [text]}})
    opened = open_page(model, title=text)
    count = "document.querySelectorAll('*').length"
    elements = opened.page.evaluate(count)
    heading = opened.page.locator("h1").evaluate("element => element.textContent")
    assert heading == controls.title(text)
    assert f"trained on {text}." in opened.text_of("about")
    assert opened.write(text, length=10).startswith(text)
    assert opened.page.evaluate(count) == elements


def test_characters_never_seen_are_named(open_page: Open):
    opened = open_page(model_of("char"))
    opened.element("opening").fill("a\u53e4Q")
    assert opened.text_of("unseen") == 'The model has never seen "\u53e4", "Q".'
    opened.element("opening").fill("a")
    assert opened.text_of("unseen") == ""


def test_haiku_are_offered_where_they_can_be_counted(open_page: Open):
    opened = open_page(with_words("char"))
    opened.element("opening").fill("The old po")
    opened.element("haiku").click()
    opened.wait_for("^Done")
    assert forms.check(opened.text_of("text"), "haiku").verdict == "exact"
    opened.element("opening").fill("xyzzy")
    opened.element("haiku").click()
    opened.wait_for("^No haiku begins so")
    assert not open_page(model_of("char")).element("haiku").is_visible()


@pytest.mark.parametrize(
    "change",
    [
        lambda numbers: "",
        lambda numbers: numbers[:4000],
        lambda numbers: numbers[:4000] + "AAAA" + numbers[4004:],
        lambda numbers: numbers[:4000] + "?" + numbers[4001:],
        lambda numbers: numbers + numbers,
    ],
    ids=["missing", "cut", "changed", "garbled", "twice"],
)
def test_a_page_whose_numbers_are_damaged_says_so(open_page: Open, change: Callable[[str], str]):
    def damage(content: str) -> str:
        head, tail = content.split('class="numbers">', 1)
        numbers, end = tail.split("</script>", 1)
        return f'{head}class="numbers">{change(numbers)}</script>{end}'

    opened = open_page(model_of("char"), damage=damage, status="the page is cut off or damaged")
    opened.element("write").click()
    opened.wait_for("still loading|cut off")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [900, 320])
def test_nothing_keeps_anyone_out(open_page: Open, scheme: str, width: int):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason='needs axe-playwright-python: pip install "rnngen[dev]"',
    )
    opened = open_page(with_words("char"), width=width, color_scheme=scheme)
    opened.write("The old \u53e4", length=100)
    found = axe.Axe().run(opened.page).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
