"""Tensor files: what is put in comes out, and a file is whole whenever its writer dies."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import safetensors.numpy

from rnngen import runs, tensor_file


def test_arrays_that_are_not_contiguous_are_stored_right(tmp_path: Path):
    array = np.arange(12, dtype=np.float32).reshape(3, 4).T
    tensor_file.save_tensors(tmp_path / "f", "training", {"a": array}, {})
    assert (tensor_file.load_tensors(tmp_path / "f", "training")[0]["a"] == array).all()


def test_equal_content_gives_equal_bytes_which_safetensors_reads(tmp_path: Path):
    tensors = {"b": np.arange(3, dtype=np.int8), "a": np.ones((2, 2), np.float32)}
    contents = set()
    for name in map(str, range(8)):
        tensor_file.save_tensors(tmp_path / name, "model", tensors, {"x": 1, "é": [2]})
        contents.add((tmp_path / name).read_bytes())
    assert len(contents) == 1
    assert int.from_bytes(contents.pop()[:8], "little") % 8 == 0
    loaded = safetensors.numpy.load_file(tmp_path / "0")
    assert loaded.keys() == tensors.keys()
    for name, array in tensors.items():
        np.testing.assert_array_equal(loaded[name], array)


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
