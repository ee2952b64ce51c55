"""`rnngen explain` from the outside."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnngen import api, checkpoint
from rnngen.console import explanation
from tests.cli.test_fuzz import check
from tests.models import labelled_model, small_model

TEXT = "old pond\na frog"


def test_each_token_has_its_line_and_the_gates_stand_under_the_text(rnngen, model):
    ran = rnngen("explain", model, TEXT)
    assert (ran.exit_code, ran.stderr) == (0, "")
    found = api.load(model).explain(TEXT, top=3)
    lines = ran.stdout.splitlines()
    assert len(lines[0].split()) == 4
    for index, bits in enumerate(found.bits):
        assert lines[1 + index].split()[0] == f"{bits:.2f}"
    text = next(line for line in lines if line.strip() == "old pond\u21b5a frog")
    first = text.index("old")
    strips = found.strips()
    start = lines.index(text) + 2
    for strip, line in zip(strips, lines[start : start + len(strips)], strict=True):
        assert line[: first - 1].strip() == strip.label
        heights = [explanation.BLOCKS.index(c) for c in line[first:].ljust(len(TEXT))]
        assert heights == [round(float(v) * 8) for v in strip.values]


def test_a_long_text_is_broken_at_the_width_of_the_terminal(rnngen, model, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    lines = rnngen("explain", model, "an old pond " * 9).stdout.splitlines()
    rows = [line for line in lines if "old pond" in line]
    assert len(rows) > 1
    assert max(map(len, rows)) <= 60
    assert "".join(line[15:] for line in rows).rstrip() == ("an old pond " * 9).rstrip()


def test_wide_characters_have_wide_strips():
    assert explanation.cells("a\u30a2e\u0301") == 4


def test_characters_that_steer_a_terminal_are_shown_as_pictures(rnngen, model):
    ran = rnngen("explain", model, "old\x1b[31m\tpond\x07")
    assert not {"\x1b", "\x07", "\t"} & set(ran.stdout)


def test_a_text_is_read_as_one_of_a_label(rnngen, home: Path):
    (home / "both").mkdir(parents=True)
    checkpoint.save_model(home / "both" / "model.safetensors", labelled_model("poem", "news"))
    ran = rnngen("explain", "both", "old pond", "--label", "news")
    assert ran.stdout.splitlines()[1].split("  ")[-1].startswith("\u27e8news\u27e9 ")
    assert "Read as a text of \u27e8news\u27e9." in ran.stdout.splitlines()
    facts = json.loads(rnngen("explain", "both", "old pond", "--label", "news", "--json").stdout)
    assert facts["label"] == "news"
    page = home / "news.html"
    assert rnngen("explain", "both", "old pond", "--label", "news", "--html", page).exit_code == 0
    assert "Read as a text of \u27e8news\u27e9." in page.read_text()
    ran = rnngen("explain", "both", "old pond", "--label", "new")
    assert ran.exit_code == 2
    assert "--label 'new' is none of the model's, which are poem, news." in ran.error
    assert json.loads(rnngen("explain", "both", "old pond", "--json").stdout)["label"] in (
        "poem",
        "news",
    )


def test_json_is_one_object(rnngen, model):
    ran = rnngen("explain", model, TEXT, "--json", "--top", 2)
    facts = json.loads(ran.stdout)
    found = api.load(model).explain(TEXT, top=2)
    assert facts["tokens"] == found.tokens
    assert np.allclose(facts["bits"], found.bits, atol=1e-4)
    assert {len(place) for place in facts["expected"]} == {2}
    assert ran.stdout.count("\n") == 1


def test_the_text_can_come_from_stdin(rnngen, model):
    ran = rnngen("explain", model, "-", "--json", input="old pond\r\n")
    assert json.loads(ran.stdout)["text"] == "old pond"


def test_units_are_measured_on_a_file(rnngen, model, tmp_path: Path):
    (tmp_path / "on.txt").write_text('"so" it was said\nand so on\n\n' * 9)
    facts = json.loads(
        rnngen("explain", model, "pond", "--on", tmp_path / "on.txt", "--json").stdout
    )
    assert facts["measured_on"] == "another text"
    assert {each["feature"] for each in facts["followers"]} >= {"inside quotes", "line position"}
    ran = rnngen("explain", model, "pond", "--on", tmp_path / "none.txt")
    assert ran.exit_code == 1
    assert "none.txt" in ran.error


def test_a_page_is_written_and_nothing_printed(rnngen, model, tmp_path: Path):
    page = tmp_path / "pond.html"
    ran = rnngen("explain", model, TEXT, "--html", page)
    assert (ran.exit_code, ran.stdout) == (0, "")
    assert page.read_text().startswith("<!doctype html>")
    ran = rnngen("explain", model, TEXT, "--html", page)
    assert ran.exit_code == 1
    assert ran.error == f"rnngen: {page} exists. Replace it with --overwrite."
    assert rnngen("explain", model, "frog", "--html", page, "--overwrite").exit_code == 0
    assert "frog" in page.read_text()


def test_a_picture_is_written(rnngen, model, tmp_path: Path):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "pond.svg"
    assert rnngen("explain", model, TEXT, "--plot", picture).exit_code == 0
    assert picture.read_text().lstrip().startswith("<?xml")
    assert (
        "exists. Replace it with --overwrite"
        in rnngen("explain", model, TEXT, "--plot", picture).error
    )


def test_without_matplotlib_it_says_what_to_install(rnngen, model, tmp_path: Path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    ran = rnngen("explain", model, TEXT, "--plot", tmp_path / "pond.png")
    assert ran.exit_code == 1
    assert ran.error == 'rnngen: --plot needs matplotlib: pip install "rnngen[plot]"'


def test_what_cannot_be_is_one_line(rnngen, model, tmp_path: Path):
    ran = rnngen("explain", model, " \n")
    assert (ran.exit_code, "there is no text to explain" in ran.error) == (1, True)
    ran = rnngen("explain", model)
    assert (ran.exit_code, "name a model, then a text" in ran.error) == (2, True)
    ran = rnngen("explain", model, "pond", "--top", 0)
    assert (ran.exit_code, "--top must be from 1 to 257, got 0" in ran.error) == (2, True)
    ran = rnngen("explain", model, "pond", "--plot", tmp_path / "pond.gif")
    assert (ran.exit_code, "--plot must end in .png, .svg or .pdf" in ran.error) == (2, True)
    ran = rnngen("explain", model, "pond", "--html", tmp_path)
    assert (ran.exit_code, "exists. Name a file." in ran.error) == (1, True)


def test_characters_the_model_has_never_seen_are_a_note(rnngen, home: Path):
    made = small_model()
    made.tokenizer.seen[:] = False
    made.tokenizer.seen[list(b"old p")] = True
    (home / "few").mkdir(parents=True)
    checkpoint.save_model(home / "few" / "model.safetensors", dataclasses.replace(made))
    ran = rnngen("explain", "few", "old pond")
    assert ran.exit_code == 0
    assert ran.stderr == "rnngen: note: the text has characters the model has never seen: 'n'.\n"
    assert rnngen("explain", "few", "old pond", "--quiet").stderr == ""


@settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(text=st.text(max_size=30), top=st.sampled_from([0, 1, 3]))
def test_any_text_is_explained_or_refused(rnngen, model, text: str, top: int):
    check(rnngen("explain", model, f"x{text}", "--top", top))


def test_a_page_that_was_written_is_named(rnngen, model, tmp_path: Path):
    page = tmp_path / "page.html"
    asked = ("explain", model, "pond", "--html", page, "--overwrite")
    said = rnngen(*asked).stderr
    assert f"{page}: {page.stat().st_size:,} bytes" in said
    assert rnngen(*asked, "--quiet").stderr == ""
