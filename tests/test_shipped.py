"""The models that come with rnngen: small, whole, and found without being named."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
from pathlib import Path

import pytest

import rnngen
from rnngen import runs
from rnngen.forms import preset
from rnngen.forms.checker import check
from rnngen.forms.language.lexicon import COUNTING, Lexicon
from rnngen.forms.spec import load
from tests.conftest import ROOT

NAMES = ("base-en", "haiku", "lyrics", "posts")
SHIPPED = ROOT / "checkpoints" / "shipped"


def test_there_are_these_and_each_is_small():
    files = {path.parent.name: path for path in SHIPPED.glob(f"*/{runs.MODEL_FILE}")}
    assert tuple(sorted(files)) == NAMES
    assert all(path.stat().st_size < 20_000_000 for path in files.values())


@pytest.mark.parametrize("name", NAMES)
def test_each_writes_text_and_reads_its_kind_better_than_noise(name: str):
    model = rnngen.load(SHIPPED / name)
    assert all(text.text.strip() for text in model.sample(n=4, seed=1, length=40))
    words = "the rain came down on the old roof"
    assert model.score(words).bits_per_byte < 0.7 * model.score(words[::-1]).bits_per_byte


def test_haiku_of_the_shipped_model_are_exact():
    texts = rnngen.load(SHIPPED / "haiku").write_form("haiku", n=3, seed=1, particles=4)
    assert {check(text.whole, load("haiku")).verdict for text in texts} == {"exact"}


@pytest.mark.parametrize("name", NAMES)
def test_each_has_a_preset_that_can_be_and_needs_no_recounting(name: str):
    model = rnngen.load(SHIPPED / name)
    preset.check(model.preset)
    assert Lexicon.from_tensors(model.lexicon).counting == COUNTING
    assert (model.novelty is None) == ("novel" not in model.preset)


def test_no_shipped_model_writes_a_word_that_is_heard_in_two_ways():
    from rnngen.forms.language import syllables

    for name in NAMES:
        lexicon = Lexicon.from_tensors(rnngen.load(SHIPPED / name).lexicon).recounted()
        written = [w for w, n in zip(lexicon.words, lexicon.syllables, strict=True) if n]
        assert len(written) > len(lexicon.words) * 0.8
        assert not {"fire", "firefly", "fires", "child", "squirrel"} & set(written)
        for word in written[::40]:
            counts, _ = syllables.estimate(word)
            assert len(counts) == 1, word


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without any runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RNNGEN_HOME", raising=False)
    monkeypatch.delenv("RNNGEN_MODEL", raising=False)
    return tmp_path


def test_without_a_name_it_is_haiku_until_a_model_is_trained(elsewhere: Path):
    assert runs.choose_model() == ("haiku", "which comes with rnngen")
    assert runs.find_model("haiku").parent == SHIPPED / "haiku"
    own = elsewhere / "checkpoints" / "mine" / runs.MODEL_FILE
    own.parent.mkdir(parents=True)
    own.write_bytes(runs.find_model("posts").read_bytes())
    assert runs.choose_model() == ("mine", "the newest")
    own.parent.rename(own.parent.with_name("haiku"))
    assert runs.find_model("haiku").resolve().is_relative_to(elsewhere.resolve())
    assert runs.find_model("shipped/haiku").parent == SHIPPED / "haiku"


def test_they_come_with_the_package_that_is_built_from_the_source_package(tmp_path: Path):
    """Installed into an environment that has none of this checkout, and run from another folder."""
    sdist = pytest.importorskip("hatchling.builders.sdist", reason="hatchling builds the package")
    wheels = pytest.importorskip("hatchling.builders.wheel")
    [source] = sdist.SdistBuilder(str(ROOT)).build(directory=str(tmp_path))
    with tarfile.open(source) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    [unpacked] = (tmp_path / "source").iterdir()
    [wheel] = wheels.WheelBuilder(str(unpacked)).build(directory=str(tmp_path))
    assert Path(wheel).stat().st_size < 95e6  # package indexes stop at 100 MB
    python = environment(tmp_path / "env")
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps"]
    subprocess.run([*install, "--no-index", "--quiet", wheel], check=True)
    shutil.rmtree(tmp_path / "source")
    site = next((tmp_path / "env").rglob("site-packages"))
    models = sorted(site.rglob(runs.MODEL_FILE))
    assert tuple(path.parent.name for path in models) == NAMES
    ran = subprocess.run(
        [python.with_name("rnngen"), "sample", "--json", "--seed", "3"],
        cwd=tmp_path,
        env={**os.environ, "RNNGEN_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    written = json.loads(ran.stdout)
    haiku = rnngen.load(SHIPPED / "haiku")
    [text] = haiku.write_form(seed=3, **haiku.preset)
    assert written["text"] == text.text


def environment(folder: Path) -> Path:
    """A virtual environment that sees the packages rnngen needs but not rnngen; its Python."""
    venv.create(folder, symlinks=True)
    site = next(folder.rglob("site-packages"))
    others = folder / "others"
    others.mkdir()
    for package in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if "rnngen" not in package.name and package.suffix != ".pth":
            (others / package.name).symlink_to(package)
    (site / "others.pth").write_text(f"{others}\n")
    return folder / "bin" / "python"
