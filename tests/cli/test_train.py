"""`rnngen train` from the outside: what it makes, what it says, and how it fails."""

from __future__ import annotations

import json
import lzma
import os
import stat
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest

from tests.cli.small import SMALL, state, words


def test_it_trains_says_what_it_chose_and_what_to_do_next(rnngen, home, tmp_path):
    ran = rnngen("train", words(tmp_path / "text.txt"), *SMALL, "--steps", 20)
    assert ran.exit_code == 0
    assert ran.stdout == ""
    assert "400 documents; " in ran.stderr
    assert "learning_rate" in ran.stderr
    assert "rnngen sample text" in ran.stderr
    assert {p.name for p in (home / "text").iterdir()} == {
        "model.safetensors",
        "training.safetensors",
        "log.jsonl",
    }
    info = json.loads(rnngen("info", "text", "--json").stdout)
    assert info["hidden_size"] == 16
    assert info["step"] == 20
    assert info["best_valid_bits_per_byte"] > 0
    assert rnngen("sample", "text", "--length", 5).exit_code == 0


@pytest.mark.parametrize("tokenizer", ["char", "byte", "subword"])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_every_tokenizer_trains_with_every_cell(rnngen, tmp_path, tokenizer, cell):
    text = words(tmp_path / "text.txt")
    options = ("--tokenizer", tokenizer, "--cell", cell, "--steps", 3, "--quiet")
    ran = rnngen("train", text, *SMALL, *options)
    assert (ran.exit_code, ran.stderr) == (0, "")
    info = json.loads(rnngen("info", "text", "--json").stdout)
    assert (info["cell"], info["tokenizer"]) == (cell, tokenizer)
    assert rnngen("sample", "text", "line 1", "--seed", 1).stdout.startswith("line 1")


def test_an_existing_run_is_never_overwritten_without_being_told_to(rnngen, home, tmp_path):
    text = words(tmp_path / "text.txt")
    rnngen("train", text, *SMALL, "--steps", 2)
    before = state(home, "text")
    ran = rnngen("train", text, *SMALL, "--steps", 4)
    assert ran.exit_code == 1
    assert "--resume" in ran.error
    assert "--overwrite" in ran.error
    assert state(home, "text") == before
    assert rnngen("train", text, *SMALL, "--steps", 4, "--overwrite").exit_code == 0
    assert state(home, "text") != before


def test_settings_come_from_a_toml_file_and_options_win(rnngen, tmp_path):
    toml = tmp_path / "run.toml"
    toml.write_text('cell = "gru"\nsteps = 3\nhidden_size = 24\ntokenizer = "byte"\n')
    text = words(tmp_path / "text.txt")
    assert rnngen("train", text, "--config", toml, "--hidden-size", 8).exit_code == 0
    info = json.loads(rnngen("info", "text", "--json").stdout)
    assert (info["cell"], info["hidden_size"], info["tokenizer"]) == ("gru", 8, "byte")
    assert info["step"] == 3


def test_a_held_out_file_is_measured_and_not_trained_on(rnngen, tmp_path):
    text, other = words(tmp_path / "text.txt"), words(tmp_path / "other.txt", 30)
    assert rnngen("train", text, "--valid", other, *SMALL, "--steps", 2).exit_code == 0
    corpus = json.loads(rnngen("info", "text", "--json").stdout)["corpus"]
    assert corpus["training_tokens"] == corpus["tokens"]
    assert 0 < corpus["held_out_tokens"] < corpus["tokens"] / 5


def test_a_text_from_stdin_trains_a_run_called_stdin(rnngen, home):
    ran = rnngen("train", "-", *SMALL, "--steps", 2, input="some words here\n" * 50)
    assert ran.exit_code == 0
    assert (home / "stdin" / "model.safetensors").is_file()


def test_tokens_made_ahead_are_found_by_train(rnngen, home, tmp_path):
    text = words(tmp_path / "text.txt")
    facts = json.loads(rnngen("tokenize", text, "--json").stdout)
    store = Path(facts["path"])
    made = {p.name: p.stat().st_mtime_ns for p in store.iterdir()}
    rnngen("train", text, *SMALL, "--steps", 2)
    assert {p.name: p.stat().st_mtime_ns for p in store.iterdir()} == made
    stores = [p for p in (home / ".tokens").iterdir() if p.is_dir()]
    assert stores == [store]
    text.write_text(text.read_text() + "more\n")
    rnngen("train", text, *SMALL, "--steps", 2, "--overwrite")
    assert len([p for p in (home / ".tokens").iterdir() if p.is_dir()]) == 2


def test_a_tiny_text_still_trains_with_a_smaller_batch_and_hears_of_it(rnngen, tmp_path):
    (tmp_path / "tiny.txt").write_text("a text of a few words only")
    ran = rnngen("train", tmp_path / "tiny.txt", *SMALL, "--steps", 2, "--batch-size", 64)
    assert ran.exit_code == 0
    assert "the text has only" in ran.stderr
    assert rnngen("sample", "tiny", "--length", 3).exit_code == 0


# What cannot be done: one line, an exit code, nothing left behind.


def write(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).write_bytes(content)
    return folder / name


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no text"),
        (b" \n\n ", "no text"),
        (b"x", "too few"),
        (b"fine\nbad \xff byte\n" * 3, "line 2: byte 0xff is not UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), "not"),
        (lzma.compress(b"text " * 100)[:40], "bad.txt"),
    ],
)
def test_text_that_cannot_be_used_is_refused_in_one_line(rnngen, home, tmp_path, content, message):
    path = write(tmp_path, "bad.txt", content)
    ran = rnngen("train", path, *SMALL, "--steps", 2)
    assert ran.exit_code == 1
    assert message in ran.error
    assert not (home / "bad").exists()


def test_what_is_not_there_is_named(rnngen, tmp_path):
    (tmp_path / "empty").mkdir()
    for place in (tmp_path / "no.txt", tmp_path / "empty", tmp_path / "*.md"):
        ran = rnngen("train", place)
        assert ran.exit_code == 1
        assert str(place) in ran.error
    assert rnngen("train").exit_code == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--cell", "rnn"), "--cell must be one of lstm, gru, got rnn"),
        (("--minutes", "-1"), "--minutes must be above 0"),
        (("--batch-size", "0"), "--batch-size must be"),
        (("--batch-size", "many"), "--batch-size"),
        (("--tokenizer", "words"), "words"),
        (("--documents", "pages"), "pages"),
        (("--threads", "-1"), "--threads must be"),
        (("--device", "tpu"), "--device must be one of"),
        (("--encoding", "utf-99"), "utf-99"),
        (("--name", "a/b"), "cannot be a run's name"),
        (("--name", ".."), "cannot be a run's name"),
        (("--no-such-option",), "--no-such-option"),
        (("--config", "no.toml"), "no.toml"),
        (("--column", "text"), "column"),
        (("--vocab-size", "0", "--tokenizer", "subword"), "--vocab-size"),
        (("--min-count", "-1"), "--min-count"),
        (("--subwords", "wordpiece", "--tokenizer", "subword"), "wordpiece"),
    ],
)
def test_an_option_that_cannot_be_is_refused_in_one_line(rnngen, home, tmp_path, options, message):
    ran = rnngen("train", words(tmp_path / "text.txt"), *options)
    assert ran.exit_code in (1, 2)
    assert message in ran.error
    assert not (home / "text").exists()


def test_an_unknown_setting_in_a_toml_file_is_named(rnngen, tmp_path):
    toml = write(tmp_path, "run.toml", b"hidden_sise = 3\n")
    ran = rnngen("train", words(tmp_path / "text.txt"), "--config", toml)
    assert ran.exit_code == 2
    assert "hidden_sise" in ran.error
    toml.write_text("steps = = 3\n")
    assert "line 1" in rnngen("train", tmp_path / "text.txt", "--config", toml).error


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('hidden_size = "64"', "--hidden-size must be a whole number, at least 1, got 64."),
        ("minutes = true", "--minutes must be above 0, got True."),
        ('cell = "rnn"', "--cell must be one of lstm, gru, got rnn."),
        ('documents = "page"', "--documents must be one of"),
        ("vocab_size = 500", "--vocab-size is for --tokenizer subword, not char."),
    ],
)
def test_a_wrong_value_in_a_toml_file_is_named_with_the_file(rnngen, tmp_path, line, message):
    toml = write(tmp_path, "run.toml", f"{line}\n".encode())
    ran = rnngen("train", words(tmp_path / "text.txt"), "--config", toml)
    assert ran.exit_code == 2
    assert ran.error.startswith(f"rnngen: {toml}: {message}")


def test_a_wrong_value_of_an_option_is_not_laid_to_the_file(rnngen, tmp_path):
    toml = write(tmp_path, "run.toml", b'hidden_size = "64"\nvocab_size = 300\n')
    text = words(tmp_path / "text.txt")
    small = (*SMALL, "--tokenizer", "subword", "--steps", 2)
    assert rnngen("train", text, "--config", toml, *small).exit_code == 0
    ran = rnngen("train", text, "--config", toml, *small, "--overwrite", "--hidden-size", 0)
    assert ran.error.startswith("rnngen: --hidden-size must be")


@pytest.mark.skipif(sys.platform != "linux", reason="names are text on other systems")
def test_a_file_whose_name_is_not_text_is_trained_on_like_any_other(rnngen, home, tmp_path):
    file = tmp_path / os.fsdecode(b"p\xffoems.txt")
    words(tmp_path / "text.txt").rename(file)
    assert rnngen("train", file, *SMALL, "--steps", 2).exit_code == 0
    name = file.stem
    log = (home / name / "log.jsonl").read_text(encoding="utf-8")
    saved = [json.loads(line) for line in log.splitlines() if '"saved"' in line]
    assert saved[-1]["path"] == str(home / name / "training.safetensors")
    assert rnngen("train", "--resume", "--name", name, "--steps", 3).exit_code == 0
    assert rnngen("sample", name, "--length", 3).exit_code == 0
    assert "p\\udcffoems.txt" in rnngen("info", name).stdout
    assert "p\\udcffoems" in rnngen("models").stdout
    assert rnngen("plot", name).exit_code == 0
    assert rnngen("models", "rm", name, "--yes").exit_code == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_home_is_refused_in_one_line(rnngen, home, tmp_path):
    home.mkdir()
    home.chmod(stat.S_IRUSR | stat.S_IXUSR)
    ran = rnngen("train", words(tmp_path / "text.txt"), *SMALL, "--steps", 2)
    assert ran.exit_code == 1
    assert "RNNGEN_HOME" in ran.error


def test_a_home_that_is_a_file_is_refused_in_one_line(rnngen, home, tmp_path):
    home.write_text("not a folder")
    ran = rnngen("train", words(tmp_path / "text.txt"), *SMALL, "--steps", 2)
    assert ran.exit_code == 1
    assert "RNNGEN_HOME" in ran.error


class Writer:
    """In place of TensorBoard's: keeps the scalars by folder."""

    folders: ClassVar[dict[str, list[tuple[str, float, int]]]] = {}

    def __init__(self, folder: str, purge_step: int) -> None:
        self.scalars = self.folders.setdefault(folder, [])

    def add_scalar(self, tag: str, value: float, step: int) -> None:
        self.scalars.append((tag, value, step))

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.mark.parametrize("fraction", ["nan", "0", "1", "2", "-1"])
def test_settings_are_refused_before_a_text_is_looked_for(rnngen, fraction):
    ran = rnngen("train", "nothing.txt", "--valid-fraction", fraction)
    assert ran.exit_code == 2
    assert "--valid-fraction must be between 0 and 1" in ran.error


def test_tensorboard_is_told_what_the_log_says(rnngen, home, tmp_path, monkeypatch):
    module = SimpleNamespace(SummaryWriter=Writer)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    monkeypatch.setattr(Writer, "folders", {})
    text = words(tmp_path / "text.txt")
    board = tmp_path / "board"
    ran = rnngen("train", text, *SMALL, "--steps", 20, "--tensorboard", board, "--quiet")
    assert (ran.exit_code, ran.stderr) == (0, "")
    log = (home / "text" / "log.jsonl").read_text()
    events = [json.loads(line) for line in log.splitlines()]
    training = [(e["train_nats_per_token"], e["step"]) for e in events if e["event"] == "step"]
    held_out = [(e["valid_bits_per_byte"], e["step"]) for e in events if e["event"] == "evaluation"]
    [(folder, scalars)] = Writer.folders.items()
    assert folder == str(board / "text")
    assert len(training) == 2
    assert [s[1:] for s in scalars if s[0] == "nats_per_token/training"] == training
    assert [s[1:] for s in scalars if s[0] == "bits_per_byte/held_out"] == held_out


def test_without_tensorboard_no_run_is_touched(rnngen, home, tmp_path, monkeypatch):
    text = words(tmp_path / "text.txt")
    rnngen("train", text, *SMALL, "--steps", 2)
    before = state(home, "text")
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    ran = rnngen("train", text, *SMALL, "--overwrite", "--tensorboard", tmp_path / "board")
    assert ran.exit_code == 1
    assert 'pip install "rnngen[tensorboard]"' in ran.error
    assert state(home, "text") == before
    assert not (tmp_path / "board").exists()


def test_the_command_keeps_the_shape_and_says_where_the_model_came_from(rnngen, home, tmp_path):
    words(tmp_path / "one.txt")
    words(tmp_path / "two.txt", 300)
    common = ["--device", "cpu", "--steps", 5]
    shape = ["--hidden-size", 16, "--cell", "gru"]
    rnngen("train", tmp_path / "one.txt", *common, *shape)
    ran = rnngen("train", tmp_path / "two.txt", "--init-from", "one", *common)
    assert ran.exit_code == 0
    assert "as in the model it starts from" in ran.stderr
    facts = json.loads(rnngen("info", "two", "--json").stdout)
    assert (facts["init_from"], facts["cell"], facts["hidden_size"]) == ("one", "gru", 16)
    for options, message in [
        (["--hidden-size", 32], "--hidden-size cannot be 32: the model to start from has 16"),
        (["--tokenizer", "byte"], "--tokenizer has no effect with --init-from"),
        (["--resume"], "Leave one of them out"),
    ]:
        command = ["train", tmp_path / "two.txt", "--name", "three", "--init-from", "one"]
        assert message in rnngen(*command, *options).error
    assert (
        "no model called 'none'"
        in rnngen("train", tmp_path / "two.txt", "--name", "three", "--init-from", "none").error
    )
    assert not (home / "three").exists()
