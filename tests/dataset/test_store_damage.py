"""A token store is whole or not there, and a damaged one gets a clear error."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.dataset import store as store_module
from rnngen.dataset.facts import STORE_VERSION
from rnngen.dataset.store import build_store, open_store
from rnngen.errors import CorpusError
from rnngen.files import replace_folder
from rnngen.tokenizers.byte import ByteTokenizer
from tests.tokenizers.corpora import MemoryCorpus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rnngen.dataset.store import TokenStore

BYTES = ByteTokenizer()


def contents(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(path.iterdir())}


class Broken(MemoryCorpus):
    def pieces(self) -> Iterator[tuple[str, bool]]:
        yield "a" * 3_000_000, True
        raise CorpusError("the text ends in the middle.")


def test_an_error_midway_leaves_the_old_store_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "store"
    build_store(MemoryCorpus(["old"]), BYTES, path)
    before = contents(path)
    with pytest.raises(CorpusError, match="in the middle"):
        build_store(Broken([]), BYTES, path)
    assert contents(path) == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_store_takes_the_place_of_the_old_which_readers_keep(tmp_path: Path) -> None:
    path = tmp_path / "store"
    old = build_store(MemoryCorpus(["old"]), BYTES, path)
    new = build_store(MemoryCorpus(["new!"]), BYTES, path)
    assert bytes(new.read(0, 4).tolist()) == b"new!"
    assert bytes(old.read(0, 3).tolist()) == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_no_store_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "novel.txt").write_text("years of work")
    for path in (tmp_path, tmp_path / "novel.txt"):
        with pytest.raises(CorpusError, match="something else"):
            build_store(MemoryCorpus(["a"]), BYTES, path)
    assert (tmp_path / "novel.txt").read_text() == "years of work"


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
    try:
        with pytest.raises(CorpusError) as caught:
            build_store(MemoryCorpus(["a" * 3_000_000]), BYTES, tmp_path / "x")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert os.strerror(errno.EFBIG) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CorpusError, match=r"x: the token store cannot be written: Not a directory"):
        build_store(MemoryCorpus(["a"]), BYTES, tmp_path / "file" / "x")


def test_a_build_does_not_disturb_another_of_the_same_store(tmp_path: Path) -> None:
    path = tmp_path / "store"
    with replace_folder(path) as folder:
        build_store(MemoryCorpus(["a"]), BYTES, path)
        (folder / "by").write_text("the last one")
    assert contents(path) == {"by": b"the last one"}
    assert list(tmp_path.iterdir()) == [path]


def test_an_empty_corpus_is_an_error(tmp_path: Path) -> None:
    for corpus in (MemoryCorpus([]), MemoryCorpus([""], "none")):
        with pytest.raises(CorpusError, match="no text"):
            build_store(corpus, BYTES, tmp_path / "x")
    assert not list(tmp_path.iterdir())


OTHERS = ["offsets.bin", "hashes.bin", "counts.bin", "checks.bin"]
FILES = ["store.json", "tokens-00000.bin", *OTHERS]


def sealed(path: Path, **changed: Any) -> None:
    """Have the checks of a store fit what its files hold now, and some of its facts changed."""
    values = json.loads((path / "store.json").read_text())
    del values["digest"]
    values["crc32"] = {name: zlib.crc32((path / name).read_bytes()) for name in OTHERS}
    values |= changed
    text = json.dumps(values, sort_keys=True)
    values["digest"] = hashlib.sha256(text.encode()).hexdigest()
    (path / "store.json").write_text(json.dumps(values))


@pytest.fixture
def store(tmp_path: Path) -> TokenStore:
    corpus = MemoryCorpus(["old pond", "a frog"])
    return build_store(corpus, BYTES, tmp_path / "store")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["removed", "shorter", "longer", "empty"])
def test_a_damaged_store_is_one_line_that_says_what_to_do(
    store: TokenStore, name: str, damage: str
) -> None:
    file = store.path / name
    data = {"shorter": file.read_bytes()[:-2], "longer": file.read_bytes() + b"xx", "empty": b""}
    file.unlink()
    if damage != "removed":
        file.write_bytes(data[damage])
    with pytest.raises(CorpusError, match="Delete the folder") as caught:
        open_store(store.path)
    assert str(store.path) in str(caught.value)
    assert "\n" not in str(caught.value)


def read_all(store: TokenStore) -> None:
    store.read(0, store.num_tokens)


@settings(max_examples=60)
@given(name=st.sampled_from(FILES), data=st.data())
def test_any_flipped_bit_is_noticed(name: str, data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "store")
        shutil.copytree(DAMAGED, path)
        content = bytearray((path / name).read_bytes())
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        (path / name).write_bytes(content)
        with pytest.raises(CorpusError):
            read_all(open_store(path))
        with pytest.raises(CorpusError):
            open_store(path).check()


@pytest.fixture(scope="module", autouse=True)
def _a_store_to_damage(tmp_path_factory: pytest.TempPathFactory) -> None:
    global DAMAGED
    DAMAGED = tmp_path_factory.mktemp("damaged") / "store"
    build_store(MemoryCorpus(["old pond", "a frog"]), BYTES, DAMAGED)


DAMAGED: Path


@pytest.mark.parametrize("offsets", [[1, 9, 16], [0, 9, 15], [0, 0, 16], [0, 17, 16]])
def test_offsets_that_do_not_divide_the_tokens_are_refused(
    store: TokenStore, offsets: list[int]
) -> None:
    (store.path / "offsets.bin").write_bytes(np.array(offsets, "<u8").tobytes())
    sealed(store.path)
    with pytest.raises(CorpusError, match=r"offsets.bin does not divide"):
        open_store(store.path)


@pytest.mark.parametrize(
    "changed",
    [
        {"num_tokens": 1 << 60, "shard": 1},
        {"num_tokens": 15},
        {"num_tokens": True},
        {"num_bytes": "16"},
        {"vocab_size": 1 << 60},
        {"documents": []},
        {"crc32": {}},
        {"crc32": 0},
        {"other": 1},
    ],
)
def test_facts_that_cannot_be_are_refused_though_they_are_sealed(
    store: TokenStore, changed: dict[str, Any]
) -> None:
    sealed(store.path, **changed)
    with pytest.raises(CorpusError, match="a damaged token store"):
        open_store(store.path)


def test_tokens_are_checked_where_they_are_read_and_only_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "CHUNK", 100_000)  # tokens a file, 2 bytes each
    built = build_store(MemoryCorpus(["x" * 70_000] * 5), BYTES, tmp_path / "store")
    assert built.num_tokens == 350_005
    file = tmp_path / "store" / "tokens-00001.bin"
    content = bytearray(file.read_bytes())
    content[140_000] ^= 1  # token 170,000, in the block of bytes 131,072 to 196,608
    file.write_bytes(content)
    store = open_store(tmp_path / "store")
    store.read(0, 165_536)
    store.read(198_304, store.num_tokens)
    for start in (165_536, 198_303):
        with pytest.raises(CorpusError, match=r"tokens-00001.bin was changed after byte 131,072"):
            store.read(start, start + 1)


def test_a_store_of_another_version_is_refused_with_both_versions(store: TokenStore) -> None:
    facts: dict[str, Any] = json.loads((store.path / "store.json").read_text())
    facts["version"] = 99
    (store.path / "store.json").write_text(json.dumps(facts))
    with pytest.raises(CorpusError, match=rf"version 99.*{STORE_VERSION}.*Delete"):
        open_store(store.path)


def test_a_store_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no token store"):
        open_store(tmp_path / "nowhere")
