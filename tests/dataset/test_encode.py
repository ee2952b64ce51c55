"""Encoding by many processes: the same bytes as by one, and nothing left when it stops."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from rnngen.dataset import encode as encode_module
from rnngen.dataset import store as store_module
from rnngen.dataset.store import build_store
from rnngen.errors import TokenizerError
from rnngen.tokenizers import train
from rnngen.tokenizers.byte import ByteTokenizer
from tests.tokenizers.corpora import JAPANESE, PROSE, MemoryCorpus

BYTES = ByteTokenizer()
SUBWORDS = train("subword", MemoryCorpus([PROSE, JAPANESE]), vocab_size=360)


def contents(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(path.iterdir())}


@pytest.mark.parametrize("mode", ["line", "none"])
def test_many_processes_write_the_very_same_bytes(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encode_module, "BLOCK", 500)
    monkeypatch.setattr(encode_module, "ALONE", 2)
    monkeypatch.setattr(store_module, "CHUNK", 1000)
    corpus = MemoryCorpus([PROSE, "a\0b\u2581", "", JAPANESE] * 5, mode, cut=300)
    stores = [
        build_store(corpus, SUBWORDS, tmp_path / str(workers), workers=workers)
        for workers in (1, 2)
    ]
    assert contents(stores[0].path) == contents(stores[1].path)


def test_an_error_in_another_process_is_told_as_if_it_were_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encode_module, "ALONE", 0)
    with pytest.raises(TokenizerError, match="half a surrogate pair"):
        build_store(MemoryCorpus(["ab\ud800"]), SUBWORDS, tmp_path / "x", workers=2)
    assert not list(tmp_path.iterdir())


ENDLESS = """
import itertools, os, signal, sys
from pathlib import Path
from rnngen.dataset import encode
from rnngen.dataset.store import build_store
from rnngen.tokenizers import train
from tests.tokenizers.corpora import PROSE, MemoryCorpus

class Endless(MemoryCorpus):
    def pieces(self):
        return zip(itertools.repeat(PROSE), itertools.repeat(True))

if __name__ == "__main__":
    encode.BLOCK, encode.ALONE = 10_000, 2
    signal.signal(signal.SIGINT, signal.default_int_handler)
    tokenizer = train("subword", MemoryCorpus([PROSE]))
    def report(characters):
        if characters > int(sys.argv[2]):
            print("working", flush=True)
    build_store(Endless([]), tokenizer, Path(sys.argv[1]), workers=2, progress=report)
"""


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="process groups are of POSIX")
@pytest.mark.parametrize(
    ("how", "characters"),
    [("interrupted", 15_000), ("interrupted", 500_000), ("killed", 500_000)],
)
def test_a_build_that_is_stopped_leaves_no_process_and_no_store(
    how: str, characters: int, tmp_path: Path
) -> None:
    script, path = tmp_path / "endless.py", tmp_path / "stores" / "store"
    script.write_text(ENDLESS)
    path.parent.mkdir()
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(
        [sys.executable, str(script), str(path), str(characters)],
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "working\n"
    time.sleep(0.2)  # after 15,000 characters, processes are being started now
    if how == "killed":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to every process
    try:
        _, errors = process.communicate()
        wait_for_the_end_of_group(process.pid)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    if how == "killed":
        assert [file.suffix for file in path.parent.iterdir()] == [".part"]
        build_store(MemoryCorpus(["a"]), BYTES, path)
        assert list(path.parent.iterdir()) == [path]
    else:
        assert errors.count("Traceback") == errors.count("KeyboardInterrupt") == 1
        assert not list(path.parent.iterdir())


def wait_for_the_end_of_group(group: int) -> None:
    for _ in range(6000):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise AssertionError(f"processes of group {group} live on")
