"""The same command gives the same bytes, ten times of ten, whether the machine is quiet or not."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

import pytest

from rnngen import checkpoint, cores, runs
from tests.cli.small import SMALL, state, words
from tests.models import small_model

TIMES = 10
FORM = 'name = "lines"\nunit = "chars"\nlines = [[3, 9], [3, 9]]\nend = "any"\n'
SAMPLE = ("sample", "m", "-n", 3, "--length", 30)
LOAD = "import hashlib\nwhile True: hashlib.sha256(bytes(1 << 16))"


@contextlib.contextmanager
def loaded(is_busy: bool) -> Iterator[None]:
    """Other processes take the cores within the block."""
    many = cores.cores() if is_busy else 0
    others = [subprocess.Popen([sys.executable, "-c", LOAD]) for _ in range(many)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


@pytest.fixture
def form(tmp_path, home):
    (home / "m").mkdir(parents=True)
    checkpoint.save_model(home / "m" / runs.MODEL_FILE, with_words())
    path = tmp_path / "lines.toml"
    path.write_text(FORM)
    return path


def with_words() -> checkpoint.Model:
    import dataclasses

    from rnngen.forms.language import lexicon

    return dataclasses.replace(small_model(), lexicon=lexicon.build(["old pond"]).to_tensors())


def test_what_is_written_is_the_same_ten_times_of_ten(rnngen, form):
    commands = (
        SAMPLE,
        (*SAMPLE, "--best-of", 3),
        # As many as several processes share.
        ("sample", "m", "--form-file", form, "-n", 16, "--particles", 2, "--json"),
    )
    seen: dict[tuple[object, ...], set[str]] = {command: set() for command in commands}
    for is_busy in (False, True):
        with loaded(is_busy):
            for command in commands * (TIMES // 2):
                ran = rnngen(*command)
                assert ran.exit_code == 0, ran.stderr
                seen[command].add(ran.stdout)
    assert [len(outputs) for outputs in seen.values()] == [1] * len(commands)


def test_what_is_trained_is_the_same_ten_times_of_ten(rnngen, home, tmp_path):
    text, seen = words(tmp_path / "a.txt", lines=60), set()
    for is_busy in (False, True):
        with loaded(is_busy):
            for _ in range(TIMES // 2):
                train = ("train", text, "--name", "a", *SMALL, "--steps", 3, "--quiet")
                assert rnngen(*train, "--overwrite").exit_code == 0
                seen.add(tuple(sorted(state(home, "a").items())))
    assert len(seen) == 1
