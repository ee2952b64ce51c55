"""A sample of the cases of `make fuzz`, and that it notices whatever can go wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from itertools import count
from pathlib import Path

import pytest

from tests.fuzz import campaign, worker
from tests.fuzz.base import Reader

FOUND = sorted((Path(__file__).parent / "found").iterdir())
"""Cases that failed once, by the name of their reader."""
SAMPLE = 25


@pytest.fixture(scope="module")
def reader_called(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Reader]:
    @cache
    def make(name: str) -> Reader:
        return worker.reader_class(name)(tmp_path_factory.mktemp(name))

    return make


@pytest.mark.parametrize("kind", worker.KINDS)
@pytest.mark.parametrize("name", worker.available())
def test_a_file_is_accepted_or_refused_in_one_line(
    name: str, kind: str, reader_called: Callable[[str], Reader], monkeypatch: pytest.MonkeyPatch
):
    reader = reader_called(name)
    monkeypatch.chdir(reader.place)
    for number in range(SAMPLE):
        content = worker.case(reader, kind, 0, number)
        assert not worker.complaint(reader, content), (name, kind, number)


@pytest.mark.parametrize("name", worker.available())
def test_the_files_that_cases_are_made_from_are_accepted(
    name: str, reader_called: Callable[[str], Reader], monkeypatch: pytest.MonkeyPatch
):
    reader = reader_called(name)
    monkeypatch.chdir(reader.place)
    assert {worker.complaint(reader, seed) for seed in reader.seeds} == {None}


@pytest.mark.parametrize("file", FOUND, ids=lambda file: file.name)
def test_a_case_that_failed_once_fails_no_more(
    file: Path, reader_called: Callable[[str], Reader], monkeypatch: pytest.MonkeyPatch
):
    name = file.name.split("-")[0]
    if name not in worker.available():
        pytest.skip(f"{worker.OPTIONAL[name]} is not installed")
    reader = reader_called(name)
    monkeypatch.chdir(reader.place)
    assert not worker.complaint(reader, file.read_bytes())


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ("Broken", "ZeroDivisionError"),
        ("Crashing", "the process ended with -6"),
        ("Hanging", "it took more than 1 seconds"),
        ("Greedy", "MemoryError"),
        ("Talkative", "an error of several lines"),
    ],
)
def test_whatever_goes_wrong_is_noticed_and_kept(
    broken: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(campaign, "MOST_SECONDS", 1)
    name = f"broken:{broken}"
    reader = worker.reader_class(name)(tmp_path)
    for seed in count():
        contents = [worker.case(reader, "structured", seed, number) for number in range(8)]
        failing = [number for number, content in enumerate(contents) if content < b"\x08"]
        if len(failing) == 1:
            break
    [number] = failing
    row = campaign.run(name, "structured", count=8, seed=seed, kept=tmp_path / "kept")
    file = tmp_path / "kept" / f"{broken}-structured-{seed}-{number}.bin"
    assert dataclasses.replace(row, seconds=0.0) == campaign.Row(
        name, "structured", cases=8, refused=7, failures=[str(file)]
    )
    assert file.read_bytes() == contents[number]
    assert why in file.with_name(f"{file.name}.why").read_text(encoding="utf-8")


def test_the_same_seed_makes_the_same_cases(tmp_path: Path):
    for name in ("csv", "form", "log"):
        one, other = (worker.reader_class(name)(tmp_path) for _ in range(2))
        for kind in worker.KINDS:
            assert worker.case(one, kind, 7, 3) == worker.case(other, kind, 7, 3)
            assert worker.case(one, kind, 7, 3) != worker.case(one, kind, 8, 3)
