"""What unpacks to far more than a text would is refused, and may be allowed by name."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from rnngen.config import ReadingConfig
from rnngen.corpus import files, open_corpus, reopen
from rnngen.errors import ConfigError, CorpusError
from tests.corpus.texts import joined

PACK: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".bz2": bz2.compress,
    ".zst": zstandard.compress,
}
LINES = b"the moon is up\n" * 100_000


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a file of 10 MB grew to many GB, in a hundredth of the time."""
    monkeypatch.setattr(files, "FREE_GROWTH", 1 << 16)
    monkeypatch.setattr(files, "BLOCK", 1 << 12)


@pytest.mark.parametrize("suffix", PACK)
def test_a_file_that_grows_without_measure_is_refused_by_name(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"bomb.txt{suffix}"
    path.write_bytes(PACK[suffix](LINES))
    growth = len(LINES) // path.stat().st_size + 1
    with pytest.raises(CorpusError) as caught:
        joined(open_corpus([str(path)], documents="none", max_growth=growth // 2))
    assert str(caught.value) == (
        f"{path}: unpacks to more than {growth // 2} times its size, which hardly any text does."
        " If you trust the file, raise `max_growth`."
    )
    corpus = open_corpus([str(path)], documents="none", max_growth=growth)
    assert joined(corpus) == joined(reopen(corpus.description())) == LINES.decode()


def test_no_more_is_unpacked_than_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "bomb.txt.gz"
    path.write_bytes(gzip.compress(LINES))
    [source] = files.find([str(path)], growth=2)
    read = 0

    def read_all() -> None:
        nonlocal read
        for block in files.blocks(source):
            read += len(block)

    with pytest.raises(CorpusError, match="more than 2 times"):
        read_all()
    assert 0 < read <= (1 << 16) + 2 * path.stat().st_size


def test_text_that_is_not_packed_has_no_limit(tmp_path: Path) -> None:
    path = tmp_path / "plain.txt"
    path.write_bytes(LINES)
    assert joined(open_corpus([str(path)], documents="none", max_growth=1)) == LINES.decode()


def test_a_book_that_grows_without_measure_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.epub"
    page = f"<html><body><p>{'la ' * 300_000}</p></body></html>"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(
            "META-INF/container.xml",
            '<container><rootfiles><rootfile full-path="p.opf"/></rootfiles></container>',
        )
        book.writestr(
            "p.opf",
            '<package><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>'
            '</manifest><spine><itemref idref="a"/></spine></package>',
        )
        book.writestr("a.xhtml", page)
    with pytest.raises(CorpusError, match="unpacks to more than 9 times its size"):
        open_corpus([str(path)], max_growth=9)
    assert "la la" in joined(open_corpus([str(path)], max_growth=1000))


def test_a_small_file_may_not_ask_for_much_memory(tmp_path: Path) -> None:
    path = tmp_path / "wide.txt.zst"
    parameters = zstandard.ZstdCompressionParameters.from_level(1, window_log=30)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    path.write_bytes(packer.compress(LINES) + packer.flush())
    with pytest.raises(CorpusError, match="needs more memory to unpack than a file of its"):
        open_corpus([str(path)])
    assert joined(open_corpus([str(path)], documents="none", max_growth=10**7)) == LINES.decode()


def test_a_growth_below_one_is_refused() -> None:
    with pytest.raises(ConfigError, match="`max_growth` must be"):
        ReadingConfig(max_growth=0)
