"""Where files are being read, as those who watch are told."""

from __future__ import annotations

import gzip
import lzma
from pathlib import Path

import pytest

from rnngen.corpus.files import BLOCK, blocks, sha256, source
from rnngen.corpus.watch import watch_reading

CONTENT = bytes(range(1, 256)) * 10_000


@pytest.mark.parametrize(("name", "pack"), [("a.txt", bytes), ("a.gz", gzip.compress),
                                            ("a.xz", lzma.compress)])  # fmt: skip
def test_places_rise_to_the_size_on_disk_and_the_bytes_are_the_same(tmp_path: Path, name, pack):
    path = tmp_path / name
    path.write_bytes(pack(CONTENT))
    places: list[tuple[str, int]] = []
    with watch_reading(lambda *place: places.append(place)):
        assert b"".join(blocks(source(str(path)))) == CONTENT
    assert {file for file, _ in places} == {str(path)}
    numbers = [place for _, place in places]
    assert numbers == sorted(numbers)
    assert numbers[-1] == path.stat().st_size
    assert b"".join(blocks(source(str(path)))) == CONTENT
    assert len(places) == len(numbers), "no one watches any more"


def test_a_digest_is_watched_too(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_bytes(CONTENT)
    unwatched = sha256(source(str(path)))
    places: list[int] = []
    with watch_reading(lambda _, place: places.append(place)):
        assert sha256(source(str(path))) == unwatched
    assert places[0] == BLOCK
    assert places[-1] == len(CONTENT)
