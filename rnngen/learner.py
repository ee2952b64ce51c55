"""The part of training that computes: a model, its optimizer and the state it carries.

Truncated backpropagation through time (Williams & Peng 1990): the recurrent state goes on from
batch to batch, gradients stay within one. AdamW (Loshchilov & Hutter 2019) decays matrices only.
"""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional as F

from rnngen.batches import IGNORE, batches
from rnngen.model import RNNLM

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from rnngen.batches import Batch, Spans
    from rnngen.config import ModelConfig, TrainConfig

    State = tuple[torch.Tensor, ...]

EVALUATION_SEQ_LEN = 64
MOST_EVALUATION_STREAMS = 64
LEAST_EVALUATION_STREAM = 4096
"""Tokens; every stream begins with an empty state, which costs a little, so streams are long."""


@dataclass(frozen=True)
class Measured:
    """A loss over text: `nats` in all, over `tokens` that stand for `bytes` of it."""

    nats: float
    tokens: int
    bytes: int

    @property
    def nats_per_token(self) -> float:
        return self.nats / self.tokens

    @property
    def bits_per_byte(self) -> float:
        return self.nats / math.log(2) / self.bytes


class Learner:
    def __init__(
        self,
        model: ModelConfig,
        config: TrainConfig,
        *,
        counts: NDArray[np.int64],
        start_id: int,
        initial: Mapping[str, NDArray[np.float32]] | None = None,
    ) -> None:
        """config: with `device` and `precision` resolved, not `auto`.

        counts: (V,), how often each token occurs; the output bias starts at their frequencies.
        start_id: the token fed before the first one of a text.
        initial: weights to begin with, named as in the model; None: random ones.
        """
        self._device = torch.device(config.device)
        self._clip = config.clip
        self._bf16 = config.precision == "bf16"
        self._start_id = start_id
        self._state: State | None = None
        self._updates = 0
        torch.manual_seed(config.seed)
        self._model = RNNLM(model, unigram=counts).to(self._device)
        if initial is not None:
            weights = {name: torch.tensor(array) for name, array in initial.items()}
            self._model.load_state_dict(weights)
        self._optimizer = self._make_optimizer(config)

    def _make_optimizer(self, config: TrainConfig) -> torch.optim.AdamW:
        parameters = list(self._model.parameters())
        groups = [
            {"params": [p for p in parameters if p.dim() > 1], "weight_decay": config.weight_decay},
            {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0.0},
        ]
        fused = self._device.type in ("cpu", "cuda")
        return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.99), fused=fused)

    def update(self, batch: Batch, learning_rate: float) -> float:
        """Learn from one batch; returns its loss in nats per token.

        If loss or gradient is not finite, nothing is learned and NaN is returned.
        """
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate
        self._model.train()
        loss, state = self._loss(batch, None if batch.position == 0 else self._state, "mean")
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = torch.nn.utils.clip_grad_norm_(self._model.parameters(), self._clip)
        if not bool(torch.isfinite(loss + norm)):
            self._state = None  # what is carried may be what overflowed
            return math.nan
        self._optimizer.step()
        self._updates += 1
        self._state = tuple(part.detach() for part in state)
        return float(loss.detach())

    def _loss(
        self, batch: Batch, state: State | None, reduction: str
    ) -> tuple[torch.Tensor, State]:
        inputs = torch.from_numpy(batch.inputs).to(self._device)
        targets = torch.from_numpy(np.ascontiguousarray(batch.targets)).to(self._device)
        with self._autocast():
            logits, state = self._model(inputs, state)
        loss = F.cross_entropy(
            logits.flatten(0, 1).float(),
            targets.flatten(),
            ignore_index=IGNORE,
            reduction=reduction,
        )
        return loss, state

    def _autocast(self) -> contextlib.AbstractContextManager[Any]:
        if self._bf16:
            return torch.autocast(self._device.type, torch.bfloat16)
        return contextlib.nullcontext()

    @torch.no_grad()
    def measure(self, spans: Spans, piece_bytes: NDArray[np.int64]) -> Measured:
        """The loss over all of `spans`, read once with the state carried.

        piece_bytes: int64 (V,), the bytes of text each token stands for.
        """
        self._model.eval()
        streams = min(MOST_EVALUATION_STREAMS, max(1, len(spans) // LEAST_EVALUATION_STREAM))
        state: State | None = None
        nats, tokens, text_bytes = 0.0, 0, 0
        for batch in batches(spans, streams, EVALUATION_SEQ_LEN, start_id=self._start_id):
            loss, state = self._loss(batch, state, "sum")
            targets = batch.targets[batch.targets != IGNORE]
            nats += float(loss)
            tokens += len(targets)
            text_bytes += int(piece_bytes[targets].sum())
        return Measured(nats, tokens, text_bytes)

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """A copy of the model's weights, under torch's names."""
        state = self._model.state_dict()
        return {name: tensor.detach().cpu().numpy().copy() for name, tensor in state.items()}

    def tensors(self) -> dict[str, NDArray[Any]]:
        """All that decides how learning goes on: weights, moments, carried state, randomness."""
        tensors: dict[str, torch.Tensor] = {
            "updates": torch.tensor(self._updates),
            "rng.cpu": torch.get_rng_state(),
        }
        for name, parameter in self._model.named_parameters():
            tensors[f"model.{name}"] = parameter.detach()
            for moment in ("exp_avg", "exp_avg_sq"):
                if parameter in self._optimizer.state:
                    tensors[f"{moment}.{name}"] = self._optimizer.state[parameter][moment]
        tensors |= {f"state.{index}": part for index, part in enumerate(self._state or ())}
        if self._device.type == "cuda":
            tensors["rng.cuda"] = torch.cuda.get_rng_state(self._device)
        return {name: tensor.cpu().numpy() for name, tensor in tensors.items()}

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go on from what `tensors` returned.

        Raises KeyError or RuntimeError if they are another model's.
        """
        tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
        self._updates = int(tensors["updates"])
        with torch.no_grad():
            for name, parameter in self._model.named_parameters():
                parameter.copy_(tensors[f"model.{name}"])
                if self._updates:
                    self._optimizer.state[parameter] = self._moments(name, tensors)
        state = [name for name in sorted(tensors) if name.startswith("state.")]
        self._state = tuple(tensors[name].to(self._device) for name in state) or None
        torch.set_rng_state(tensors["rng.cpu"])
        if "rng.cuda" in tensors and self._device.type == "cuda":
            torch.cuda.set_rng_state(tensors["rng.cuda"], self._device)

    def _moments(self, name: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        moments = {m: tensors[f"{m}.{name}"].to(self._device) for m in ("exp_avg", "exp_avg_sq")}
        step = torch.tensor(float(self._updates), device=self._device)
        return {"step": step, **moments}
