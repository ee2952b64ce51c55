"""`rnngen export`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rnngen import runs


def test_a_page_is_called_as_the_model_and_says_its_name(rnngen, model: str):
    ran = rnngen("export", model)
    assert (ran.exit_code, ran.stdout) == (0, "")
    size = Path("noise.html").stat().st_size
    assert ran.stderr == f"noise.html: {size:,} bytes\n"
    assert "<title>noise</title>" in Path("noise.html").read_text()


def test_title_weights_and_place_can_be_chosen(rnngen, model_file: Path):
    options = ("--title", "White noise", "--weights", "fp16", "-o", "new/page.html", "--quiet")
    assert rnngen("export", model_file, *options).stderr == ""
    content = Path("new/page.html").read_text()
    assert "<title>White noise</title>" in content
    assert '"type": "fp16"' in content


def test_onnx_is_a_folder(rnngen, model: str):
    pytest.importorskip("onnx", reason='needs onnx: pip install "rnngen[dev]"')
    ran = rnngen("export", model, "--to", "onnx")
    assert [line.split(":")[0] for line in ran.stderr.splitlines()] == [
        f"noise-onnx/{name}"
        for name in (
            "model.onnx",
            "config.json",
            "tokenizer.json",
            "generation_config.json",
            "README.md",
        )
    ]
    assert "exists. Replace it with --overwrite" in rnngen("export", model, "--to", "onnx").error
    assert rnngen("export", model, "--to", "onnx", "--overwrite").exit_code == 0


def test_what_cannot_be_is_refused_in_one_line(rnngen, model: str, monkeypatch: pytest.MonkeyPatch):
    assert (
        "--to must be one of html, onnx, got 'pdf'" in rnngen("export", model, "--to", "pdf").error
    )
    assert "name a model" in rnngen("export").error
    assert "no model called" in rnngen("export", "nothing").error
    assert "--weights must be one of" in rnngen("export", model, "--weights", "int4").error
    fp32 = rnngen("export", model, "--to", "onnx", "--weights", "fp16")
    assert "--weights fp16 is for html only" in fp32.error
    assert fp32.exit_code == 2
    Path("noise.html").write_text("mine")
    ran = rnngen("export", model)
    assert "noise.html exists. Replace it with --overwrite, or name another -o." in ran.error
    assert ran.exit_code == 1
    monkeypatch.setitem(sys.modules, "onnx", None)
    ran = rnngen("export", model, "--to", "onnx")
    assert 'needs the package onnx: pip install "rnngen[onnx]"' in ran.error
    assert ran.exit_code == 1
    assert not Path("noise-onnx").exists()


@pytest.mark.parametrize("to", ["html", "onnx"])
def test_a_damaged_model_is_refused(rnngen, model_file: Path, to: str):
    content = bytearray(model_file.read_bytes())
    content[-3] ^= 1
    model_file.write_bytes(content)
    assert str(runs.MODEL_FILE) in rnngen("export", "noise", "--to", to).error
    assert list(Path().iterdir()) == []
