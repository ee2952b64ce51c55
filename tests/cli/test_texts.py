"""Where `rnngen sample` puts its texts: on stdout, in a file, in files of a folder."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest


def test_separators_stand_between_texts(rnngen, model):
    texts = rnngen("sample", model, "-n", 3, "--seed", 1, "--length", 5, "-0").stdout.split("\0")
    ran = rnngen(
        "sample", model, "-n", 3, "--seed", 1, "--length", 5, "--separator", r"\n%%\n"
    ).stdout
    assert ran == "\n%%\n".join(texts[:3]) + "\n"


def test_files_are_replaced_only_where_that_is_asked_for(rnngen, model, tmp_path):
    options = ("-n", 2, "--length", 5, "--out-dir", tmp_path / "out")
    assert rnngen("sample", model, "--seed", 1, *options).stdout == ""
    files = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in files] == ["0001.txt", "0002.txt"]
    before = [file.read_bytes() for file in files]
    (tmp_path / "out" / "0001.txt").unlink()
    ran = rnngen("sample", model, "--seed", 2, *options)
    assert ran.exit_code == 1
    assert "0002.txt exists. Pass --overwrite" in ran.error
    assert not (tmp_path / "out" / "0001.txt").exists(), "nothing is written if one is in the way"
    assert rnngen("sample", model, "--seed", 2, *options, "--overwrite").exit_code == 0
    assert [file.read_bytes() for file in files] != before


def test_one_file_takes_all_that_would_be_printed(rnngen, model, tmp_path):
    out = tmp_path / "texts.txt"
    for options in (("-n", 3), (), ("-n", 2, "--json"), ("-n", 2, "-0"), ("--separator", "%")):
        asked = ("sample", model, "ab", "--seed", 1, "--length", 9, *options)
        written = rnngen(*asked, "--out", out, "--overwrite")
        assert (written.exit_code, written.stdout) == (0, "")
        assert out.read_bytes().decode() == rnngen(*asked).stdout
    kept = out.read_bytes()
    refused = rnngen("sample", model, "--seed", 2, "--out", out)
    assert refused.exit_code == 1
    assert f"{out} exists. Pass --overwrite to replace it" in refused.error
    assert out.read_bytes() == kept
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--out", "a.txt", "--out-dir", "b"), 2, "--out and --out-dir exclude each other"),
        (("--overwrite",), 2, "--overwrite has no effect without --out"),
        (("--out", "."), 1, ". is a folder. Name a file, or use --out-dir."),
        (("--out", "no/such.txt"), 1, "there is no folder no. Make it first."),
        (("--out-dir", "there.txt"), 1, "there.txt is a file. Name a folder"),
    ],
)
def test_places_where_nothing_can_be_written_are_refused(rnngen, model, options, code, message):
    Path("there.txt").touch()
    ran = rnngen("sample", model, *options)
    assert ran.exit_code == code
    assert message in ran.error


def test_an_interrupted_file_is_as_it_was(program, model, home):
    out = Path("texts.txt")
    out.write_text("before")
    process = program("sample", model, "-n", 10**6, "--length", 20, "--out", out, "--overwrite")
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert out.read_text() == "before"


def test_a_text_that_was_cut_is_told_of_once(rnngen, model):
    one = rnngen("sample", model, "--length", 3)
    assert "note: the text was cut at --length 3 before it ended." in one.stderr
    lines = rnngen("sample", model, "--length", 3, "-n", 4, "--json").stdout.splitlines()
    cut = [json.loads(line)["stop_reason"] for line in lines].count("length")
    assert cut > 1
    for where in ((), ("--out", "texts.txt"), ("--out-dir", "texts")):
        many = rnngen("sample", model, "--length", 3, "-n", 4, *where)
        [line] = [line for line in many.stderr.splitlines() if " texts, " not in line]
        assert f"note: {cut} of 4 texts were cut at --length 3 before they ended." in line
    for options in (("--length", 3, "--json"), ("--length", 3, "--quiet"), ("--chars", 1)):
        assert rnngen("sample", model, *options).stderr == ""


def test_what_was_written_is_said_on_stderr_unless_nothing_is_to_be(rnngen, model, tmp_path):
    asked = ("sample", model, "-n", 2, "--until", "line", "--length", 400, "--overwrite")
    out, folder = tmp_path / "texts.txt", tmp_path / "out"
    said = rnngen(*asked, "--out", out).stderr
    assert f"{out}: 2 texts, {out.stat().st_size:,} bytes" in said.splitlines()
    assert f"{folder}: 2 texts, a file each" in rnngen(*asked, "--out-dir", folder).stderr
    assert rnngen(*asked, "--out", out, "--quiet").stderr == ""
