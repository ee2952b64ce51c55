"""Tensor files: what is put in comes out, and a file is whole whenever its writer dies."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from rnngen import runs, tensor_file


def test_arrays_that_are_not_contiguous_are_stored_right(tmp_path: Path):
    array = np.arange(12, dtype=np.float32).reshape(3, 4).T
    tensor_file.save_tensors(tmp_path / "f", "training", {"a": array}, {})
    assert (tensor_file.load_tensors(tmp_path / "f", "training")[0]["a"] == array).all()


WRITER = """
import sys
from pathlib import Path
from rnngen import tensor_file
import numpy as np
k = 0
while True:
    k += 1
    tensor_file.save_tensors(Path(sys.argv[1]), "training", {"a": np.full(300_000, k)}, {"k": k})
"""


def test_a_process_killed_while_saving_leaves_a_whole_file(tmp_path: Path):
    path = tmp_path / "state"
    for attempt in range(4):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)])
        while not path.exists() and writer.poll() is None:
            time.sleep(0.01)
        time.sleep(0.03 + 0.007 * attempt)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        tensors, facts = tensor_file.load_tensors(path, "training")
        assert (tensors["a"] == facts["k"]).all()
    runs.remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == [path]
