from __future__ import annotations

import platform
from pathlib import Path

import pytest

from rnngen.corpus import files
from rnngen.corpus.malloc import release_free_memory


def own_memory() -> int:
    """Bytes this process holds by itself."""
    lines = Path("/proc/self/status").read_text().splitlines()
    [line] = [line for line in lines if line.startswith("RssAnon")]
    return int(line.split()[1]) << 10


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps what is freed")
def test_holes_between_what_is_in_use_are_given_back() -> None:
    release_free_memory()
    blocks = [b"x" * 100_000 for _ in range(1000)]  # too small for pages of their own
    kept = blocks[::100]
    del blocks
    before = own_memory()
    release_free_memory()
    assert own_memory() < before - 50_000_000
    assert len(kept) == 10


def test_it_is_done_again_and_again_while_a_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[None] = []
    monkeypatch.setattr(files, "release_free_memory", lambda: done.append(None))
    monkeypatch.setattr(files, "BLOCK", 10)
    (tmp_path / "x.txt").write_bytes(b"0123456789" * 200)
    assert len(list(files.blocks(files.source(str(tmp_path / "x.txt"))))) == 200
    assert len(done) == 200 // files.BETWEEN
