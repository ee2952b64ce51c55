"""Pictures of curves: what is in the files, and what happens without matplotlib."""

from __future__ import annotations

import struct
import sys
import zlib
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest

from rnngen import controls
from rnngen.errors import ConfigError, FileError, PackageError
from rnngen.plotting import figure
from rnngen.plotting.curves import HELD_OUT, TRAINING, Curve, View

CURVES = [
    Curve("fox", TRAINING, [(10, 3.0), (20, 2.0)]),
    Curve("fox", HELD_OUT, [(20, 2.5)]),
    Curve("_hen$1", HELD_OUT, [(10, 4.0), (15, 1.5), (20, 3.5)]),
]
needs_matplotlib = pytest.mark.skipif(
    find_spec("matplotlib") is None, reason="matplotlib is not installed: the extra `plot`"
)


@needs_matplotlib
def test_the_lines_are_the_curves_and_the_legend_names_them():
    [axes] = figure.draw(CURVES, View(x="tokens", log_x=True)).axes
    lines = [[tuple(map(float, point)) for point in line.get_xydata()] for line in axes.lines]
    assert lines == [curve.points for curve in CURVES]
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == [
        "fox, training 2.0000",
        "fox, held out 2.5000, best 2.5000",
        r" _hen\$1, held out 3.5000, best 1.5000",
    ]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("tokens", "nats per token")
    assert axes.get_xscale() == "log"
    colours = [line.get_color() for line in axes.lines]
    assert colours[0] == colours[1] != colours[2]


@needs_matplotlib
def test_a_png_is_whole(tmp_path: Path):
    figure.save(CURVES, View(), tmp_path / "loss.png")
    content = (tmp_path / "loss.png").read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    kinds, place = [], 8
    while place < len(content):
        (length,) = struct.unpack(">I", content[place : place + 4])
        kind, data = content[place + 4 : place + 8], content[place + 8 : place + 8 + length]
        [checksum] = struct.unpack(">I", content[place + 8 + length : place + 12 + length])
        assert checksum == zlib.crc32(kind + data)
        kinds.append(kind)
        place += 12 + length
    assert (kinds[0], kinds[-1]) == (b"IHDR", b"IEND")
    assert list(tmp_path.iterdir()) == [tmp_path / "loss.png"]


@needs_matplotlib
@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_the_same_curves_give_the_same_file(tmp_path: Path, kind: str):
    paths = [tmp_path / f"{name}.{kind}" for name in ("one", "two")]
    for path in paths:
        figure.save(CURVES, View(), path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


@needs_matplotlib
def test_an_svg_is_well_formed_and_a_pdf_says_what_it_is(tmp_path: Path):
    figure.save(CURVES, View(), tmp_path / "loss.SVG")
    root = ElementTree.parse(tmp_path / "loss.SVG").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    figure.save(CURVES, View(), tmp_path / "loss.pdf")
    content = (tmp_path / "loss.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")


@needs_matplotlib
def test_pyplot_is_left_alone(tmp_path: Path):
    figure.save(CURVES, View(), tmp_path / "loss.png")
    assert "matplotlib.pyplot" not in sys.modules


@needs_matplotlib
def test_a_file_that_cannot_be_written_is_named(tmp_path: Path):
    with pytest.raises(FileError, match=r"nowhere/loss.png: cannot be written"):
        figure.save(CURVES, View(), tmp_path / "nowhere" / "loss.png")


def test_a_format_it_does_not_know_is_refused(tmp_path: Path):
    for name in ("loss.gif", "loss", ".png"):
        with pytest.raises(ConfigError, match=r"must end in .png, .svg or .pdf"):
            figure.save(CURVES, View(), tmp_path / name)


def test_without_matplotlib_it_says_what_to_install(tmp_path: Path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(PackageError, match=r'pip install "rnngen\[plot\]"'):
        figure.save(CURVES, View(), tmp_path / "loss.png")
    assert list(tmp_path.iterdir()) == []


@needs_matplotlib
def test_a_name_in_a_picture_is_shown_as_it_is_written(tmp_path: Path):
    name = "$x^2$ </text>\x1b[2J\u202e&"
    curve = Curve(name, TRAINING, [(1, 1.0), (2, 0.5)])
    figure.save([curve], View(), tmp_path / "a.svg")
    content = (tmp_path / "a.svg").read_text(encoding="utf-8")
    ElementTree.fromstring(content)
    assert not controls.CONTROLS.search(content)
    assert figure._label(curve).startswith(r"\$x^2\$ </text>\x1b[2J\u202e&, training")
