"""Texts by several processes are the texts of one."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys

import pytest

from rnngen import cores
from rnngen.errors import FormError
from rnngen.forms.parallel import AHEAD, LEAST_TEXTS, worker_pool
from rnngen.forms.search import Attempt
from tests.conftest import ROOT


def write(draws):
    """What was asked, and who did it."""
    return [(draw, os.getpid()) for draw in draws]


@pytest.fixture(params=[1, 2, 3])
def num_workers(request, monkeypatch) -> int:
    monkeypatch.setattr(cores, "_limit", request.param)
    return request.param


@pytest.mark.parametrize("count", [1, LEAST_TEXTS - 1, LEAST_TEXTS, 29])
def test_every_text_is_written_once_and_in_order(num_workers, count):
    with worker_pool(write, count) as workers:
        for attempt in (0, 1):
            draws = [Attempt(index, attempt) for index in range(count)]
            texts = workers.map([[draw] for draw in draws])
            assert [text[0] for text in texts] == draws
            processes = {text[1] for text in texts}
            if count < LEAST_TEXTS or num_workers == 1:
                assert processes == {os.getpid()}
            else:
                assert os.getpid() not in processes
                assert len(processes) <= num_workers


@pytest.mark.parametrize("count", [1, LEAST_TEXTS, 40])
def test_shares_come_in_order_and_before_all_are_asked_for(num_workers, count):
    asked = []

    def shares():
        for first in range(0, count, 2):
            asked.append(first)
            yield [Attempt(i) for i in range(first, min(count, first + 2))]

    with worker_pool(write, count) as workers:
        found = workers.map_shares(shares())
        first = next(found)
        assert [draw.index for draw, _ in first] == list(range(min(count, 2)))
        assert len(asked) <= 1 + AHEAD * workers.num_workers
        rest = [draw.index for texts in found for draw, _ in texts]
        assert rest == list(range(2, count))


def test_an_error_in_a_process_is_raised_here(monkeypatch):
    monkeypatch.setattr(cores, "_limit", 2)

    def fails(draws):
        raise FormError("no text 3")

    with worker_pool(fails, 20) as workers, pytest.raises(FormError, match="no text 3"):
        workers.map([[Attempt(i)] for i in range(20)])


def test_processes_compute_on_one_core_each(monkeypatch):
    monkeypatch.setattr(cores, "_limit", 2)
    with worker_pool(lambda draws: [cores.cores()] * len(draws), 20) as workers:
        assert workers.map([[Attempt(i)] for i in range(20)]) == [1] * 20


BUSY = """
import signal, sys, time
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # `nohup` may have begun the tests
from rnngen import cores
from rnngen.forms.parallel import worker_pool

def write(draws):
    sys.stdout.write("busy\\n")
    sys.stdout.flush()
    time.sleep(1e6)

cores.cores = lambda: 3
with worker_pool(write, 100) as pool:
    pool.map([[index] for index in range(100)])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere one process writes forms")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
def test_no_process_that_writes_outlives_the_first(number: int) -> None:
    """Else `rnngen sample --form haiku ... | cat` would not end: they hold the pipe."""
    outer, inner = os.pipe()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", BUSY], stdout=inner, env=environment)
    os.close(inner)
    with process, os.fdopen(outer) as pipe:
        assert pipe.readline() == pipe.readline() == pipe.readline() == "busy\n"
        process.send_signal(number)
        assert process.wait(timeout=300) == -number
        [ended], _, _ = select.select([pipe], [], [], 300)
        assert ended.read() == ""
