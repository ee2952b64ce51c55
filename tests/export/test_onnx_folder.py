"""The folder around the ONNX file: its README runs, and it is replaced only by another export."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest

from rnngen.api import LanguageModel
from rnngen.errors import CheckpointError, ConfigError, FileError
from rnngen.export import export_model, onnx_folder
from tests.export.models import model_of

pytest.importorskip("onnx", reason='needs onnx: pip install "rnngen[dev]"')
pytest.importorskip("onnxruntime", reason='needs onnxruntime: pip install "rnngen[dev]"')
pytest.importorskip("tokenizers", reason='needs tokenizers: pip install "rnngen[dev]"')


def write(folder: Path, *, overwrite: bool = False, title: str = "Noise") -> list[Path]:
    return export_model(model_of("char"), folder, to="onnx", title=title, overwrite=overwrite)


@pytest.mark.parametrize("kind", ["char", "byte", "bpe", "unigram"])
@pytest.mark.parametrize("continuous", [False, True])
def test_the_loop_of_the_readme_writes_what_rnngen_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, continuous: bool
):
    """At a temperature near 0, where nothing is left to chance, and without broken characters."""
    model = model_of(kind, continuous=continuous)
    bias = model.weights["output.bias"].copy()
    bias[[len(piece) == 1 and piece >= b"\x80" for piece in model.tokenizer.pieces]] = -100
    model = dataclasses.replace(model, weights={**model.weights, "output.bias": bias})
    export_model(model, tmp_path / "out", to="onnx", title="Noise")
    monkeypatch.chdir(tmp_path / "out")
    settings = json.loads(Path("generation_config.json").read_text())
    Path("generation_config.json").write_text(json.dumps({**settings, "temperature": 1e-6}))
    [code] = re.findall(r"```python\n(.*?)```", Path("README.md").read_text(), re.DOTALL)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, {})
    [text] = LanguageModel(model).sample(temperature=0.0, length=settings["max_new_tokens"])
    assert printed.getvalue() == text.text + "\n"


def test_the_settings_say_which_tokens_begin_end_and_never_come(tmp_path: Path):
    model = model_of("char")
    never_seen = ord("Q")
    assert not model.tokenizer.seen[never_seen]
    for continuous, begin, end in ((False, 256, 256), (True, 10, None)):
        stored = dataclasses.replace(model, continuous=continuous)
        export_model(stored, tmp_path / str(continuous), to="onnx", title="Noise")
        found = json.loads((tmp_path / str(continuous) / "generation_config.json").read_text())
        assert found["bos_token_id"] == begin
        assert found["eos_token_id"] == end
        assert never_seen in found["suppress_tokens"]
        assert (256 in found["suppress_tokens"]) is continuous


def test_the_folder_holds_what_it_says(tmp_path: Path):
    written = write(tmp_path / "new" / "out", title="A\n# b {shape}")
    assert sorted(path.name for path in (tmp_path / "new" / "out").iterdir()) == sorted(
        onnx_folder.NAMES
    )
    assert {path.name for path in written} == set(onnx_folder.NAMES)
    assert (tmp_path / "new" / "out" / "README.md").read_text().startswith("# A # b {shape}\n\n")


def test_only_an_earlier_export_is_replaced_and_only_if_asked(tmp_path: Path):
    (tmp_path / "out").mkdir()
    write(tmp_path / "out")  # an empty folder stands in no one's way
    with pytest.raises(FileError, match=r"exists\. Replace it with `overwrite`"):
        write(tmp_path / "out")
    write(tmp_path / "out", overwrite=True, title="Other")
    assert "# Other" in (tmp_path / "out" / "README.md").read_text()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(FileError, match=r"holds other files, such as mine\.txt"):
        write(tmp_path / "out", overwrite=True)
    with pytest.raises(FileError, match="is a file; `output` must be a folder"):
        write(tmp_path / "out" / "mine.txt", overwrite=True)
    assert (tmp_path / "out" / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize("folder", [".", "out/.."])
def test_the_folder_one_stands_in_is_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="name a new folder"):
        write(Path(folder), overwrite=True)


def test_what_cannot_be_exported_is_refused(tmp_path: Path):
    model = model_of("char")
    with pytest.raises(ConfigError, match="`to` must be one of html, onnx, got 'pdf'"):
        export_model(model, tmp_path / "out", to="pdf", title="Noise")
    with pytest.raises(ConfigError, match="`weights` int8 is for html only"):
        export_model(model, tmp_path / "out", to="onnx", title="Noise", weights="int8")
    bias = np.full_like(model.weights["output.bias"], np.nan)
    broken = dataclasses.replace(model, weights={**model.weights, "output.bias": bias})
    with pytest.raises(CheckpointError, match=r"output\.bias has numbers that are not finite"):
        export_model(broken, tmp_path / "out", to="onnx", title="Noise")
    assert list(tmp_path.iterdir()) == []
