"""How texts are read, from the command line: options, what is said, and what a run remembers."""

from __future__ import annotations

import gzip
import json
import os
import signal
from pathlib import Path

import pytest

from rnngen import runs, tensor_file
from rnngen.cli import sample
from rnngen.corpus import files, special
from rnngen.errors import ConfigError
from tests.cli.small import SMALL, state, words
from tests.waiting import wait_until

TRAIN = (*SMALL, "--steps", 2, "--quiet")


def table(path: Path, rows: int = 60) -> Path:
    lines = [f"{n};Line number {n}, of a text, is here." for n in range(rows)]
    path.write_text("\n".join(["id;text", *lines, "99;", ""]))
    return path


def stored(home: Path, name: str) -> dict[str, object]:
    _, facts = tensor_file.load_tensors(home / name / runs.TRAINING_FILE, "training")
    return facts["source"]["corpus"]["description"]


def store_again(home: Path, name: str, change) -> None:
    """Rewrite the saved state of a run with its facts changed."""
    path = home / name / runs.TRAINING_FILE
    tensors, facts = tensor_file.load_tensors(path, "training")
    change(facts["source"])
    tensor_file.save_tensors(path, "training", tensors, facts)


def test_what_is_left_out_is_said_and_strict_refuses_it(rnngen, tmp_path):
    path = table(tmp_path / "x.csv")
    ran = rnngen("train", path, "--column", "text", *SMALL, "--steps", 2)
    assert ran.exit_code == 0
    assert "1 of 61 rows had no 'text' and were left out" in ran.stderr
    ran = rnngen("train", path, "--column", "text", *TRAIN, "--name", "y", "--strict")
    assert ran.exit_code == 1
    assert "x.csv, line 62: no 'text' in this row." in ran.error


def test_a_table_from_stdin_is_trained_on_scored_and_checked(rnngen, model, tmp_path):
    data = table(tmp_path / "x.csv").read_bytes()
    assert rnngen("train", "-", "--column", "text", *TRAIN, input=data).exit_code == 0
    ran = rnngen("score", model, "-", "--column", "text", "--each", input=data)
    assert len(ran.stdout.splitlines()) == 60
    assert "1 of 61 rows" in ran.stderr
    (tmp_path / "old.txt").write_text("Line number 7, of a text, is here.\n")
    options = ("--against", tmp_path / "old.txt", "--column", "text", "--json")
    ran = rnngen("check", "-", *options, input=data)
    assert [json.loads(line)["copied_share"] for line in ran.stdout.splitlines()][7] == 1
    ran = rnngen("check", "-", "--against", tmp_path / "x.csv", "--column", "text", "--json",
                 input="Line number 7, of a text, is here.\n")  # fmt: skip
    assert json.loads(ran.stdout)["copied_share"] == 1


def test_settings_of_reading_are_kept_and_a_run_resumes_with_them(rnngen, home, tmp_path):
    path = tmp_path / "x.dat"
    path.write_bytes(b'id^text\n1^"one" \xff two\n' + b"2^three four five\n" * 50)
    options = ("--format", "csv", "--delimiter", "^", "--quoting", "none", "--errors", "skip")
    options = (*options, "--column", "text", *SMALL)
    assert rnngen("train", path, *options, "--steps", 4, "--name", "whole").exit_code == 0
    assert rnngen("train", path, *options, "--steps", 2, "--name", "parts").exit_code == 0
    assert stored(home, "parts")["errors"] == "skip"
    assert stored(home, "parts")["tables"][0]["delimiter"] == "^"
    ran = rnngen("train", "--resume", "--name", "parts", "--steps", 4, "--quiet")
    assert (ran.exit_code, ran.stderr) == (0, "")
    score = rnngen("score", "parts", path, *options[:10], "--json")
    assert json.loads(score.stdout)["documents"] == 51
    tokens = rnngen("tokenize", path, *options[:10], "--json")
    assert json.loads(tokens.stdout)["num_documents"] == 51


def test_toml_may_say_how_to_read(rnngen, tmp_path):
    toml = tmp_path / "run.toml"
    toml.write_text('column = "text"\ndelimiter = ";"\nstrict = true\n')
    ran = rnngen("train", table(tmp_path / "x.csv"), "--config", toml, *TRAIN)
    assert "line 62: no 'text'" in ran.error


def as_version_0_1(source) -> None:
    """What its saved states did not hold."""
    kept = ("files", "documents", "encoding", "column")
    description = source["corpus"]["description"]
    source["corpus"]["description"] = {key: description[key] for key in kept}
    del source["held_out"]


def test_a_run_of_version_0_1_resumes_with_the_sides_it_had(rnngen, home, tmp_path):
    """Eight poems and a novel, which that version held out or trained on whole, by chance."""
    folder = tmp_path / "texts"
    folder.mkdir()
    for number in range(8):
        (folder / f"{number}.txt").write_text(f"poem {number}\n" * 40)
    (folder / "novel.txt").write_text("a long sentence of a novel. " * 2000)
    options = ("--documents", "file", *SMALL, "--name", "old")
    ran = rnngen("train", folder, *options, "--steps", 2)
    assert "one document is 96% of the text" in ran.stderr
    new_held_out = held_out_tokens(home)
    store_again(home, "old", as_version_0_1)
    assert rnngen("train", "--resume", "--name", "old", "--steps", 3, "--quiet").exit_code == 0
    assert new_held_out == held_out_tokens(home)  # what was said of the model stays


def held_out_tokens(home: Path) -> int:
    _, facts = tensor_file.load_tensors(home / "old" / runs.TRAINING_FILE, "training")
    return facts["job"]["corpus"]["held_out_tokens"]


def test_sides_of_version_0_1_are_those_of_the_plain_draw(rnngen, home, tmp_path):
    from rnngen.training.plan import resumed_plan

    folder = tmp_path / "texts"
    folder.mkdir()
    for number in range(8):
        (folder / f"{number}.txt").write_text(f"poem {number}\n" * 40)
    (folder / "novel.txt").write_text("a long sentence of a novel. " * 2000)
    rnngen("train", folder, "--documents", "file", *TRAIN, "--name", "old")
    now = resumed_plan(home / "old")
    store_again(home, "old", as_version_0_1)
    before = resumed_plan(home / "old")
    total = now.training.num_tokens + now.validation.num_tokens
    assert now.validation.num_tokens == round(total / 10)
    sizes = {321, 56_001}  # whole documents, each with its end
    assert before.validation.num_tokens % 321 in {0, 56_001 % 321}
    assert before.validation.num_tokens >= min(sizes)


# The lock, and where a run goes.


def test_a_second_run_of_one_name_is_refused_while_the_first_trains(
    rnngen, program, home, tmp_path
):
    text = words(tmp_path / "text.txt", 1000)
    options = (*SMALL, "--steps", 100_000, "--patience", 0, "--quiet")
    first = program("train", text, *options)
    log = home / "text" / "log.jsonl"
    wait_until(lambda: log.exists() and log.stat().st_size > 0, first)
    for command in (
        ("train", text, *SMALL, "--steps", 2),
        ("train", text, *SMALL, "--steps", 2, "--overwrite"),
        ("train", "--resume", "--name", "text"),
    ):
        ran = rnngen(*command)
        assert ran.exit_code == 1
        assert f"text: another process ({first.pid}) is training this run." in ran.error
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert rnngen("train", text, *TRAIN, "--overwrite").exit_code == 0
    assert not (home / "text" / runs.LOCK_FILE).exists()


def test_of_two_runs_started_together_one_is_refused_and_one_is_whole(program, home, tmp_path):
    text = words(tmp_path / "text.txt", 200)
    options = (*SMALL, "--steps", 30, "--quiet")
    started = [program("train", text, *options) for _ in range(2)]
    said = [process.communicate()[1].decode() for process in started]
    codes = sorted(process.returncode for process in started)
    assert codes == [0, 1]
    refused = "".join(said).strip()
    assert refused.count("\n") == 0
    assert "is training this run" in refused or "holds a run" in refused
    assert state(home, "text")


def test_a_run_that_cannot_begin_leaves_no_folder(rnngen, home, tmp_path):
    (tmp_path / "bad.txt").write_bytes(b"")
    assert rnngen("train", tmp_path / "bad.txt").exit_code == 1
    assert not home.exists()
    assert rnngen("train", "--resume", "--name", "nothing").exit_code == 1
    assert not home.exists()


def test_a_run_is_written_to_any_path_resumed_and_sampled_there(rnngen, home, tmp_path):
    text = words(tmp_path / "text.txt")
    ran = rnngen("train", text, *SMALL, "--steps", 2, "-o", "models/my run")
    assert "rnngen sample 'models/my run'" in ran.stderr
    assert Path("models/my run/model.safetensors").is_file()
    assert [p.name for p in Path("models").iterdir()] == ["my run"]
    assert rnngen("train", "--resume", "-o", "models/my run", "--steps", 3).exit_code == 0
    assert rnngen("sample", "models/my run", "--length", 5).exit_code == 0
    ran = rnngen("train", text, *TRAIN, "-o", "models/my run")
    assert "holds a run" in ran.error
    assert rnngen("train", text, *TRAIN, "-o", "here").exit_code == 0
    assert Path("here/model.safetensors").is_file()
    assert not (home / "here").exists()
    assert rnngen("shrink", "here", "-o", "small/one").exit_code == 0
    assert Path("small/one/model.safetensors").is_file()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("-o", "a", "--name", "b"), "--name and -o both say where the model goes"),
        (("-o", "x.safetensors"), "-o x.safetensors: name a folder"),
        (("-o", "file"), "-o file: name a folder"),
    ],
)
def test_a_place_that_cannot_be_is_refused(rnngen, tmp_path, options, message):
    Path("file").write_text("a file")
    ran = rnngen("train", words(tmp_path / "text.txt"), *TRAIN, *options)
    assert (ran.exit_code, message in ran.error) == (2, True)


def test_a_hidden_text_gives_its_run_a_name(rnngen, home, tmp_path):
    assert rnngen("train", words(tmp_path / ".secret.txt"), *TRAIN).exit_code == 0
    assert (home / "secret" / "model.safetensors").is_file()
    ran = rnngen("train", words(tmp_path / "...txt"), *TRAIN)
    assert (home / "txt").is_dir() or "choose one with --name" in ran.error


def test_messages_show_what_they_quote_as_it_is(rnngen, tmp_path):
    (tmp_path / "x.csv").write_text('"a  b","c\td","e, f"\n1,2,3\n')
    ran = rnngen("tokenize", tmp_path / "x.csv", "--column", "text")
    assert ran.error.endswith("no column 'text'; its columns are 'a  b', 'c\\td', 'e, f'.")
    (tmp_path / "new\nline.txt").write_bytes(b"\xff")
    ran = rnngen("tokenize", tmp_path / "new\nline.txt")
    assert "new\\nline.txt, line 1: byte 0xff" in ran.error


def test_json_lines_hold_no_line_end_of_any_kind(rnngen, model, tmp_path):
    text = "one\u2028two\u2029three\u0085four"
    (tmp_path / "x.txt").write_text(text, encoding="utf-8")
    for command in (
        ("sample", model, text, "--json", "--length", 3),
        ("score", model, tmp_path / "x.txt", "--each"),
        ("check", tmp_path / "x.txt", "--against", tmp_path / "x.txt", "--json"),
    ):
        ran = rnngen(*command)
        [line] = ran.stdout.splitlines()
        assert isinstance(json.loads(line), dict)
    assert json.loads(rnngen("sample", model, text, "--json").stdout)["prompt"] == text


def test_a_windows_line_end_ends_the_prompt_and_is_none_of_it(rnngen, model, tmp_path):
    def prompts(*command, data: bytes) -> list[str]:
        ran = rnngen("sample", model, *command, "--json", "--length", 2, input=data)
        return [json.loads(line)["prompt"] for line in ran.stdout.split("\n")[:-1]]

    for end in (b"", b"\n", b"\r\n", b"\r"):
        assert prompts("-", data=b"old pond" + end) == ["old pond"]
        (tmp_path / "prompt.txt").write_bytes(b"old pond" + end)
        assert prompts("-f", tmp_path / "prompt.txt", data=b"") == ["old pond"]
    assert prompts("-", data=b"old pond\r\n\r\n") == ["old pond\n"]
    data = "old pond\u2028a frog\r\nthe moon\u0085is\x0cup\rand\n\nout\r\n".encode()
    assert prompts("--prompts", data=data) == [
        "old pond\u2028a frog",
        "the moon\u0085is\x0cup",
        "and",
        "",
        "out",
    ]
    assert rnngen("sample", model, "--prompts", input=b"\r\n").exit_code == 2


def test_a_pipe_in_a_folder_does_not_hang(program, tmp_path):
    (tmp_path / "texts").mkdir()
    words(tmp_path / "texts" / "a.txt")
    os.mkfifo(tmp_path / "texts" / "pipe.txt")
    process = program("tokenize", tmp_path / "texts")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"pipe.txt (a pipe)" in said


def test_a_file_that_grows_without_measure_names_the_option(rnngen, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "FREE_GROWTH", 1 << 12)
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"the moon is up\n" * 50_000))
    for command in (("tokenize",), ("check", "--form", "haiku"), ("train",)):
        ran = rnngen(*command, tmp_path / "a.txt.gz", "--max-growth", 9)
        assert ran.exit_code == 1
        assert "more than 9 times its size" in ran.stderr
        assert "raise --max-growth." in ran.stderr
    assert rnngen("tokenize", tmp_path / "a.txt.gz", "--max-growth", 900).exit_code == 0


def test_a_device_or_a_silent_pipe_ends_at_once_with_a_line(rnngen, tmp_path, monkeypatch):
    monkeypatch.setattr(special, "PATIENCE", 0.05)
    os.mkfifo(tmp_path / "pipe")
    for name, message in (
        ("/dev/zero", "a device, and not a file of text."),
        (tmp_path / "pipe", "a pipe that no program writes to."),
    ):
        for command in ("train", "tokenize"):
            ran = rnngen(command, name)
            assert (ran.exit_code, len(ran.stderr.splitlines())) == (1, 1)
            assert f"{name}: {message}" in ran.stderr


def test_a_prompt_file_without_end_is_refused():
    with pytest.raises(ConfigError, match="/dev/zero: longer than 16 MB, so no prompt"):
        sample._beginnings(None, Path("/dev/zero"), one_a_line=False)
