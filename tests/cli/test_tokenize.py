"""`rnngen tokenize`, and training on what it left."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from rnngen.corpus import remote
from tests.precision import PRECISION_OPTION

SMALL = (
    *("--hidden-size", 8, "--num-layers", 1, "--batch-size", 4, "--seq-len", 16, "--quiet"),
    *PRECISION_OPTION,
)


@pytest.fixture
def poems(tmp_path: Path) -> Path:
    """Some hundred short documents of different texts."""
    words = ["old", "pond", "frog", "leaps", "water", "sound"]
    lines = [" ".join(three) for three in itertools.permutations(words, 3)]
    path = tmp_path / "poems.txt"
    path.write_text("".join(f"{line}\n" for line in lines * 9))
    return path


def trained(rnngen, home: Path, text: Path, *options: object) -> bytes:
    """The weights and the tokenizer after a few steps."""
    assert rnngen("train", text, *SMALL, "--steps", 4, "--overwrite", *options).exit_code == 0
    return (home / text.stem / "training.safetensors").read_bytes()


def stores(home: Path) -> list[str]:
    return sorted(path.name for path in (home / ".tokens").iterdir() if path.is_dir())


@pytest.mark.parametrize("documents", ["line", "none"])
def test_training_on_shards_is_training_on_the_whole(rnngen, home, poems, documents, monkeypatch):
    options = ("--documents", documents)
    whole = json.loads(rnngen("tokenize", poems, *options, "--json").stdout)
    facts = trained(rnngen, home, poems, *options)
    info = json.loads(rnngen("info", poems.stem, "--json").stdout)
    monkeypatch.setenv("RNNGEN_HOME", str(home.with_name("other")))
    other = home.with_name("other")
    shards = [
        json.loads(rnngen("tokenize", poems, *options, "--shard", f"{i}/3", "--json").stdout)
        for i in (2, 3, 1)
    ]
    assert sum(shard["tokens"] for shard in shards) == whole["tokens"]
    assert stores(other) == [Path(whole["path"]).name + ".shards"]
    from_shards = trained(rnngen, other, poems, *options)
    assert stores(other) == [Path(whole["path"]).name + ".shards"]
    again = json.loads(rnngen("info", poems.stem, "--json").stdout)
    assert _lasting(again) == _lasting(info)
    assert _weights(from_shards) == _weights(facts)


def _lasting(info: dict[str, object]) -> dict[str, object]:
    """What does not hold a time or a place."""
    return {k: v for k, v in info.items() if k not in ("created", "path", "training")}


def _weights(data: bytes) -> bytes:
    """The tensors of a safetensors file, without its JSON head."""
    return data[8 + int.from_bytes(data[:8], "little") :]


def test_a_run_on_shards_resumes(rnngen, home, poems):
    for index in (1, 2):
        assert rnngen("tokenize", poems, "--shard", f"{index}/2", "--quiet").exit_code == 0
    trained(rnngen, home, poems)
    ran = rnngen("train", "--resume", "--name", poems.stem, "--quiet")
    assert ran.exit_code == 0, ran.stderr


def test_shards_that_are_missing_are_named(rnngen, home, poems):
    for index in (1, 4):
        rnngen("tokenize", poems, "--shard", f"{index}/5", "--quiet")
    ran = rnngen("train", poems, *SMALL, "--steps", 2)
    assert ran.exit_code == 1
    assert "shards 2/5, 3/5, 5/5 of the text are missing" in ran.error
    assert "--shard 2/5" in ran.error
    assert not (home / "poems").exists()


def test_tokenizing_without_shard_does_not_wait_for_the_missing(rnngen, home, poems):
    rnngen("tokenize", poems, "--shard", "1/2", "--quiet")
    facts = json.loads(rnngen("tokenize", poems, "--json").stdout)
    assert Path(facts["path"]).name in stores(home)
    assert rnngen("train", poems, *SMALL, "--steps", 2).exit_code == 0


def test_more_machines_than_documents_leave_empty_shards(rnngen, home, tmp_path):
    text = tmp_path / "two.txt"
    text.write_text("one\n" * 3 + "two\n" * 2)
    tokens = [
        json.loads(rnngen("tokenize", text, "--shard", f"{i}/6", "--json").stdout)["tokens"]
        for i in range(1, 7)
    ]
    assert 0 in tokens
    assert sum(tokens) == 20
    assert rnngen("train", text, *SMALL, "--steps", 2).exit_code == 0


@pytest.mark.parametrize("value", ["0/3", "4/3", "1", "1/0", "a/b", "-1/3", "1/3/5"])
def test_a_shard_that_cannot_be_is_refused(rnngen, poems, value):
    ran = rnngen("tokenize", poems, f"--shard={value}")
    assert ran.exit_code == 2
    assert "--shard must be I/N" in ran.error


def test_stdin_cannot_be_sharded(rnngen):
    ran = rnngen("tokenize", "-", "--shard", "1/2", input="some words\n" * 9)
    assert ran.exit_code == 2
    assert "stdin" in ran.error


def test_a_text_on_another_machine_trains_a_run_that_resumes_if_it_is_named_again(
    rnngen, home, poems, monkeypatch
):
    """A saved state may come from anyone, so it does not decide what is fetched."""
    fsspec = pytest.importorskip(
        "fsspec", reason='fsspec is not here: pip install "rnngen[remote]"'
    )
    monkeypatch.setattr(remote, "PROTOCOLS", ("memory",))
    fsspec.filesystem("memory").pipe("/bucket/far.txt", poems.read_bytes())
    url, again = "memory://bucket/far.txt", ("train", "--resume", "--name", "far")
    ran = rnngen("train", url, *SMALL, "--steps", 2)
    assert ran.exit_code == 0, ran.stderr
    ran = rnngen(*again)
    assert ran.exit_code == 1
    assert "the run's text is memory://" in ran.error
    assert "name it again, beside --resume" in ran.error
    assert rnngen(*again, url, "--steps", 3, "--quiet").exit_code == 0
    fsspec.filesystem("memory").pipe("/bucket/far.txt", b"changed\n" * 50)
    assert "not the text that the run began with" in rnngen(*again, url).error
