"""Prints a hash of the logits of one stream, of many and of groups, for both cells, without torch.

`test_numpy_runtime.py` runs this in processes that differ in what BLAS may do.
"""

import hashlib
import sys

import numpy as np

from rnngen.config import CELLS, ModelConfig
from rnngen.model.numpy_runtime import NumpyRuntime
from rnngen.model.shapes import tensor_shapes

hasher = hashlib.sha256()
for cell in CELLS:
    config = ModelConfig(300, cell, ngrams=3)
    rng = np.random.default_rng(0)
    shapes = tensor_shapes(config)
    runtime = NumpyRuntime(
        config, {name: rng.normal(0, 0.1, shapes[name]).astype(np.float32) for name in shapes}
    )
    for streams in (1, 70):
        state = runtime.start(streams)
        for _ in range(3):
            logits, state = runtime.step(rng.integers(0, 300, streams), state)
            hasher.update(logits.tobytes())
    ids, state = rng.integers(0, 300, 70), runtime.start(70)
    hasher.update(runtime.step_groups(ids, state, [1, 9, 60])[0].tobytes())
assert "torch" not in sys.modules
print(hasher.hexdigest())
