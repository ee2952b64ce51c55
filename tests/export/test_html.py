"""The page as a file: what its policy allows, and that no name or text breaks out of its place."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
import zlib
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from rnngen import controls
from rnngen.api import LanguageModel
from rnngen.errors import CheckpointError, ConfigError, FileError
from rnngen.export import export_model, html
from rnngen.model import quantize
from rnngen.tokenizers.char import CharTokenizer
from tests.export.models import model_of
from tests.export.node import blocks

HOSTILE = [
    "</script><script>alert(1)</script>",
    "</title><img src=x onerror=alert(1)>",
    "<!--<script>",
    "\"'>&amp;{{script}}",
    "\u2028\u2029\u202e\u2066 right to left \x00",
    "`${alert(1)}` \\u003c",
]


class Elements(HTMLParser):
    """The elements of a page with their attributes, and the text in each kind."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._inside = tag
        self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.texts[self._inside][-1] += data


def page(title: str = "Noise", kind: str = "char", storage: str = "int8") -> str:
    return html.page(model_of(kind), title=title, storage=storage)


def test_the_policy_allows_the_script_and_the_style_of_the_page_and_nothing_else():
    elements = Elements(page())
    [policy] = [a["content"] for t, a in elements.found if a.get("http-equiv")]
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    sources = {
        name: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for name, text in (
            ("script-src", elements.texts["script"][-1]),
            ("style-src", elements.texts["style"][0]),
        )
    }
    assert rules == {
        "default-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        **{name: f"'sha256-{digest}'" for name, digest in sources.items()},
    }


def test_nothing_in_the_page_points_outside_it_or_is_code_in_an_attribute():
    elements = Elements(page())
    attributes = {name for _, found in elements.found for name in found}
    assert not attributes & {"src", "href", "action", "style", "srcset", "data"}
    assert not [name for name in attributes if name.startswith("on")]
    script = elements.texts["script"][-1]
    assert not re.search(
        r"\b(eval|fetch|XMLHttpRequest|WebSocket|import|innerHTML|Function)\b", script
    )
    assert "http" not in script


def test_the_text_that_grows_is_no_live_region():
    found = {a["id"]: a for _, a in Elements(page()).found if "id" in a}
    assert found["text"]["aria-busy"] == "false"
    assert not {"aria-live", "role"} & found["text"].keys()
    assert found["finished"]["aria-live"] == "polite"


def test_every_control_has_a_label():
    elements = Elements(page()).found
    labelled = {a["for"] for tag, a in elements if tag == "label"}
    controls = {a["id"] for tag, a in elements if tag in ("input", "textarea")}
    assert controls == labelled


def test_no_two_scripts_define_the_same_name():
    scripts = [html._read(f"{name}.js") for name in (*html.ENGINE, "app")]
    pattern = re.compile(
        r"^(?:async )?(?:function\*?|class|const|let) (\w+)|^const \[(.*?)\]", re.M
    )
    names = [
        name
        for script in scripts
        for single, several in pattern.findall(script)
        for name in ([single] if single else several.split(", "))
    ]
    assert len(names) > 40
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_title_stays_text(text: str):
    plain, hostile = Elements(page()), Elements(page(text))
    assert [tag for tag, _ in hostile.found] == [tag for tag, _ in plain.found]
    shown = controls.title(text)
    assert hostile.texts["title"] == hostile.texts["bdi"] == [shown]
    assert not controls.CONTROLS.search(page(text))


@pytest.mark.parametrize("text", HOSTILE)
def test_the_names_of_texts_stay_text(text: str):
    model = dataclasses.replace(model_of("char"), facts={"corpus": {"names": [text, text]}})
    content = html.page(model, title="Noise", storage="int8")
    assert [tag for tag, _ in Elements(content).found] == [tag for tag, _ in Elements(page()).found]
    assert blocks(content)["settings"]["facts"]["names"] == [text, text]
    [block] = re.findall(r'id="settings">(.*?)</script>', content, re.DOTALL)
    assert not re.search("[<>&\u2028\u2029]", block)


def test_the_tokens_of_a_model_stay_text():
    """A text may well hold U+2028, so it is a token."""
    code_points = np.array([0x2028, 0x2029, 0x202E], np.uint32)
    tokenizer = CharTokenizer(code_points, np.ones(260, np.bool_))
    model = model_of("char")
    shape = dataclasses.replace(model.config, vocab_size=260)
    model = dataclasses.replace(model, tokenizer=tokenizer, config=shape)
    content = html.page(model, title="Noise", storage="int8")
    assert "\u2028" not in content
    assert blocks(content)["settings"]["tokenizer"]["pieces"][257:] == [
        "\u2028",
        "\u2029",
        "\u202e",
    ]


@pytest.mark.parametrize("storage", quantize.STORAGES)
def test_the_weights_are_those_of_the_model_as_they_are_stored(storage: str):
    model = model_of("bpe")
    data = blocks(html.page(model, title="Noise", storage=storage))
    content = zlib.decompress(b"".join(map(base64.b64decode, data["numbers"])))
    assert len(content) == data["settings"]["size"]
    for name, packed in quantize.pack(model.weights, storage).items():
        entry = data["settings"]["tensors"][name.removeprefix(quantize.SCALE)]
        offset = entry["scale"] if name.startswith(quantize.SCALE) else entry["offset"]
        assert offset % 4 == 0
        assert content[offset : offset + packed.nbytes] == packed.tobytes()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_each_block_unpacks_to_one_slice(share: float):
    """Also where it packs well, so that no block holds a browser up longer than another."""
    model = model_of("byte", hidden_size=96, embedding_dim=96)
    weights = {name: array * np.float32(share) for name, array in model.weights.items()}
    model = dataclasses.replace(model, weights=weights)
    data = blocks(html.page(model, title="Noise", storage="int8"))
    stream, sizes = zlib.decompressobj(), []
    for block in data["numbers"]:
        sizes.append(len(stream.decompress(base64.b64decode(block, validate=True))))
        assert len(block) < 4 / 3 * html.SLICE + 100
    assert stream.eof
    assert len(sizes) > 3
    assert set(sizes[:-1]) == {html.SLICE}
    assert sum(sizes) == data["settings"]["size"]


def test_a_page_of_a_million_weights_takes_a_megabyte_and_a_half():
    """Noise is what packs worst. Scripts and style are less than a picture."""
    assert len(html.engine() + html._read("app.js") + html._read("style.css")) < 60_000
    model = model_of("char", hidden_size=240, embedding_dim=240, ngrams=1)
    weights = sum(array.size for array in model.weights.values())
    assert 1_000_000 < weights < 1_100_000
    assert len(html.page(model, title="Noise", storage="int8").encode()) <= 1_500_000


def test_a_page_is_the_same_each_time(tmp_path: Path):
    for name in ("a", "b"):
        export_model(model_of("bpe"), tmp_path / "new" / name, to="html", title="Noise")
    assert (tmp_path / "new" / "a").read_bytes() == (tmp_path / "new" / "b").read_bytes()
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["a", "b"]


def test_what_cannot_be_written_is_refused(tmp_path: Path):
    target = tmp_path / "page.html"
    target.write_text("mine")
    with pytest.raises(FileError, match=r"page\.html exists\. Replace it with `overwrite`"):
        export_model(model_of("char"), target, to="html", title="Noise")
    with pytest.raises(FileError, match="is a folder; `output` must be a file for html"):
        export_model(model_of("char"), tmp_path, to="html", title="Noise", overwrite=True)
    with pytest.raises(ConfigError, match="`weights` must be one of fp32, fp16, int8, got 'int4'"):
        export_model(model_of("char"), tmp_path / "b", to="html", title="Noise", weights="int4")
    bias = np.full_like(model_of("char").weights["output.bias"], np.inf)
    weights = {**model_of("char").weights, "output.bias": bias}
    broken = dataclasses.replace(model_of("char"), weights=weights)
    with pytest.raises(CheckpointError, match="not finite"):
        export_model(broken, target, to="html", title="Noise", overwrite=True)
    assert target.read_text() == "mine"
    export_model(model_of("char"), target, to="html", title="Noise", overwrite=True)
    assert target.read_text().startswith("<!doctype html>")


def test_a_model_too_large_for_a_page_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(html, "MOST_BYTES", 1000)
    with pytest.raises(CheckpointError, match=r"bytes, and a page holds 1,000\. Store smaller"):
        page()


def test_facts_of_any_shape_do_no_harm():
    for facts in ({}, {"corpus": None}, {"corpus": {"names": 3}}, {"corpus": {"names": [None]}}):
        model = dataclasses.replace(model_of("char"), facts=facts)
        content = html.page(model, title="Noise", storage="int8")
        assert isinstance(blocks(content)["settings"]["facts"]["names"], list)


def test_a_title_that_is_no_unicode_can_be_written(tmp_path: Path):
    written = tmp_path / "page.html"
    export_model(model_of("char"), written, to="html", title="caf\udce9")
    assert "<title>caf?</title>" in written.read_text(encoding="utf-8")
    assert json.dumps(blocks(written.read_text(encoding="utf-8"))["settings"])


def test_python_exports_with_one_call(tmp_path: Path):
    model = LanguageModel(model_of("char"))
    assert model.export(tmp_path / "Rain.html") == [tmp_path / "Rain.html"]
    assert (tmp_path / "Rain.html").read_text() == page("Rain")
    [written] = model.export(tmp_path / "b.html", title="Snow", weights="fp16")
    assert written.read_text() == page("Snow", storage="fp16")
