"""What computes in training: that a GPU is not waited for, and what a broken batch does."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnngen.config import CELLS, ModelConfig, TrainConfig
from rnngen.dataset.batches import Batch
from rnngen.training.learner import Learner

VOCAB, ROWS, STEPS = 20, 4, 8


def learner(cell: str, device: str = "cpu") -> Learner:
    model = ModelConfig(VOCAB, cell, 16, 16, 2, ngrams=3, ngram_buckets=64, ngram_dim=8)
    config = TrainConfig(batch_size=ROWS, device="cpu", precision="fp32", threads=1)
    object.__setattr__(config, "device", device)  # also one that users cannot choose
    return Learner(model, config, counts=np.ones(VOCAB, np.int64), start_id=0)


def batch(position: int) -> Batch:
    ids = np.random.default_rng(position).integers(VOCAB, size=(2, ROWS, STEPS))
    return Batch(ids[0], ids[1], position=position, num_targets=ROWS * STEPS)


@pytest.mark.parametrize("cell", CELLS)
def test_an_update_reads_no_number_back_from_its_device(cell: str):
    """On the meta device tensors have no numbers: whoever wants one gets an error."""
    one = learner(cell, "meta")
    losses = [one.update(batch(position), 1e-3) for position in range(3)]
    with pytest.raises(RuntimeError):
        losses[-1].item()


@pytest.mark.parametrize("cell", CELLS)
def test_a_batch_that_is_not_finite_teaches_nothing_and_empties_the_state(cell: str, monkeypatch):
    broken, sound = learner(cell), learner(cell)
    original = Learner._nats

    def overflowing(self: Learner, *arguments):
        nats, state = original(self, *arguments)
        return nats * torch.inf, tuple(part + 1 for part in state)

    with monkeypatch.context() as patch:
        patch.setattr(Learner, "_nats", overflowing)
        assert torch.isnan(broken.update(batch(0), 0.1))
    before = sound.weights()
    # Without a gradient the first update has no momentum either: weights only decay.
    for name, weights in broken.weights().items():
        np.testing.assert_allclose(weights, before[name], rtol=0.011, err_msg=name)
    assert not any(part.any() for name, part in broken.tensors().items() if "state." in name)
    assert torch.isfinite(broken.update(batch(1), 0.1))


@pytest.mark.parametrize("cell", CELLS)
def test_a_state_of_other_shapes_or_types_never_reaches_the_optimizer(cell: str):
    """Its native code trusts what it gets, and would read beyond the end of it."""
    trained = learner(cell)
    trained.update(batch(0), 1e-3)
    tensors = trained.tensors()
    assert {name.split(".")[0] for name in tensors} == {
        *("updates", "model", "exp_avg", "exp_avg_sq", "state")
    }
    for name, array in tensors.items():
        others = [array[:0], array[None], array.astype(np.float64), np.zeros_like(array)[..., :1]]
        for other in [other for other in others if other.shape != array.shape] + others[2:3]:
            with pytest.raises(ValueError, match=f"tensor {name} should be"):
                learner(cell).load({**tensors, name: other})
        with pytest.raises(KeyError, match=name):
            learner(cell).load({key: value for key, value in tensors.items() if key != name})
