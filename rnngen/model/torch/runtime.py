"""TorchRuntime: the model as trained, on any device; for GPUs, and to check NumpyRuntime against.

For one stream on a CPU use NumpyRuntime: oneDNN packs the weights anew at every call, which costs
several times the product itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from rnngen.model.torch.rnnlm import RNNLM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rnngen.config import ModelConfig
    from rnngen.model.runtime import FloatArray, IdArray, State


class TorchRuntime:
    """The Runtime protocol over RNNLM: NumPy arrays in and out.

    Unlike NumpyRuntime, no promise that a stream's logits have the same bits for every B.
    """

    def __init__(
        self, config: ModelConfig, weights: Mapping[str, FloatArray], device: str = "cpu"
    ) -> None:
        """weights: as `shapes.tensor_shapes` names them.  device: as torch.device takes it."""
        self.config = config
        model = RNNLM(config)
        model.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})
        self._model = model.to(device).eval()
        self._device = torch.device(device)

    def start(self, batch_size: int) -> State:
        return tuple(part.numpy(force=True) for part in self._model.start(batch_size))

    def step(self, ids: IdArray, state: State) -> tuple[FloatArray, State]:
        logits, state = self.forward(ids[:, None], state)
        return logits[:, 0], state

    def step_groups(
        self, ids: IdArray, state: State, sizes: Sequence[int]
    ) -> tuple[FloatArray, State]:
        """All groups at once, which is fastest here; so without the promise for other groups."""
        return self.step(ids, state)

    def forward(self, ids: IdArray, state: State) -> tuple[FloatArray, State]:
        """See Runtime. Raises ValueError if B differs from the state's."""
        if len(ids) != state[0].shape[1]:
            raise ValueError(f"ids of {len(ids)} streams, state of {state[0].shape[1]}.")
        # cuDNN computes RNNs in TF32 unless told not to: three digits instead of seven.
        exact = torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
        with torch.inference_mode(), exact:
            logits, after = self._model(self._tensor(ids), tuple(map(self._tensor, state)))
        return logits.numpy(force=True), tuple(part.numpy(force=True) for part in after)

    def _tensor(self, array: IdArray | FloatArray) -> torch.Tensor:
        return torch.tensor(np.ascontiguousarray(array), device=self._device)
