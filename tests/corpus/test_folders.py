"""Folders and patterns with links, loops, pipes and links to nothing in them."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.corpus import files, open_corpus
from rnngen.corpus.folders import LeftOut
from rnngen.errors import CorpusError

from .texts import whole

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no links and pipes here")


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, made the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def playground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("links")


def lay(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(name)


def found(path: str) -> tuple[list[str], list[str]]:
    left_out = LeftOut()
    return [source.name for source in files.find([path], left_out)], left_out.reasons


def test_a_linked_folder_is_read_and_what_it_links_back_to_only_once(inside: Path) -> None:
    lay("p/a.txt", "far/b.txt", "far/deep/c.txt")
    Path("p/link").symlink_to("../far")
    Path("far/deep/back").symlink_to("../../p")
    assert found("p") == (
        ["p/a.txt", "p/link/b.txt", "p/link/deep/c.txt"],
        ["p/link/deep/back (a link to a folder that is read already)"],
    )
    corpus = open_corpus(["p"], documents="file")
    assert corpus.notes == (
        "left out: p/link/deep/back (a link to a folder that is read already).",
    )


@pytest.mark.parametrize("pattern", ["**/*.txt", "p/**/*.txt", "p/**", "**/p/**/*.txt"])
def test_a_pattern_of_any_depth_reads_each_file_once_through_loops(
    inside: Path, pattern: str
) -> None:
    lay("p/a.txt", "p/q/b.txt")
    for name in ("one", "two", "three"):  # each way through them is a way of its own
        Path("p", name).symlink_to(".")
        Path("p/q", name).symlink_to("..")
    assert found(pattern)[0] == ["p/a.txt", "p/q/b.txt"]


def test_a_file_by_two_names_is_read_once_and_the_real_one_is_kept(inside: Path) -> None:
    lay("p/m.txt")
    Path("p/a.txt").symlink_to("m.txt")
    Path("p/z.txt").symlink_to("m.txt")
    names = ["p/m.txt"]
    left_out = ["p/a.txt (the same file as p/m.txt)", "p/z.txt (the same file as p/m.txt)"]
    for path in ("p", "p/*.txt", "**/*.txt"):
        assert found(path) == (names, left_out)
    assert len(files.find(["p/m.txt", "p/m.txt"])) == 2  # whoever names it twice gets it twice


def test_what_is_no_file_is_left_out_and_said(inside: Path) -> None:
    lay("p/a.txt")
    os.mkfifo("p/pipe.txt")
    Path("p/gone.txt").symlink_to("nowhere")
    Path("p/self.txt").symlink_to("self.txt")
    Path("p/null.txt").symlink_to("/dev/null")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("p/socket.txt")
        for path in ("p", "p/*.txt"):
            names, left_out = found(path)
            assert names == ["p/a.txt"]
            assert sorted(left_out) == [
                "p/gone.txt (a link to nothing)",
                "p/null.txt (a device)",
                "p/pipe.txt (a pipe)",
                "p/self.txt (a link to nothing)",
                "p/socket.txt (a socket)",
            ]


def test_many_things_left_out_are_counted() -> None:
    left_out = LeftOut()
    for number in range(9):
        left_out.add(f"{number}\n.txt", "a pipe")
    assert left_out.note().startswith("left out: '0\\n.txt' (a pipe), '1\\n.txt' (a pipe)")
    assert left_out.note().endswith(" and 4 more.")


def test_a_folder_or_pattern_of_nothing_else_is_refused_with_what_was_there(inside: Path) -> None:
    Path("p").mkdir()
    Path("p/gone.txt").symlink_to("nowhere")
    for path in ("p", "p/*.txt"):
        with pytest.raises(CorpusError, match=r"It was left out: p/gone\.txt \(a link to nothing"):
            files.find([path])


def test_a_link_to_nothing_that_is_named_is_an_error(inside: Path) -> None:
    Path("gone.txt").symlink_to("nowhere")
    with pytest.raises(CorpusError) as caught:
        files.find(["gone.txt"])
    assert str(caught.value) == "gone.txt: a link to 'nowhere', which is not there."


places = st.lists(st.sampled_from("abc"), max_size=3).map("/".join)


@settings(max_examples=100)
@given(
    texts=st.lists(places, min_size=1, max_size=5),
    links=st.lists(st.tuples(places, places), max_size=5),
)
def test_any_folder_with_any_links_is_read_with_each_file_once(
    playground: Path, texts: list[str], links: list[tuple[str, str]]
) -> None:
    root = playground / "root"
    shutil.rmtree(root, ignore_errors=True)
    for number, place in enumerate(texts):
        (root / place).mkdir(parents=True, exist_ok=True)
        (root / place / f"{number}.txt").write_text(f"text {number}")
    for number, (place, target) in enumerate(links):
        if (root / place).is_dir() and (root / target).exists():
            (root / place / f"link{number}").symlink_to(root / target)
    wanted = sorted(f"text {number}" for number in range(len(texts)))
    for path in (str(root), str(root / "**"), str(root / "**" / "*.txt")):
        assert sorted(whole(open_corpus([path], documents="file").pieces())) == wanted
