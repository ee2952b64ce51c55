"""The part of training that computes: a model, its optimizer and the state it carries.

A step, of B rows of T tokens, b of them a thread's own:

    forward   logits (b, T, V), nats = sum over targets of -log softmax(logits)[target]
    backward  gradient of nats / targets of the whole batch, so that shares of it just add up
    sum       over threads, then over processes, in a fixed order
    clip      g <- g min(1, clip / |g|)
    AdamW     m <- .9 m + .1 g           m' = m / (1 - .9^step)
              v <- .99 v + .01 g^2       v' = v / (1 - .99^step)
              w <- w - rate (m' / (sqrt v' + 1e-8) + decay w)

Truncated backpropagation through time (Williams & Peng 1990): the recurrent state goes on from
batch to batch, gradients stay within one. AdamW (Loshchilov & Hutter 2019) decays matrices only.
"""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional as F

from rnngen.dataset.batches import IGNORE, batches
from rnngen.model.torch.rnnlm import RNNLM
from rnngen.training.adamw import AdamW, ParameterGroup
from rnngen.training.processes import SINGLE
from rnngen.training.progress import MOMENTS
from rnngen.training.threads import Replicas, one_thread_each

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from rnngen.config import ModelConfig, TrainConfig
    from rnngen.dataset.batches import Batch, TokenSequence
    from rnngen.training.processes import Group

    State = tuple[torch.Tensor, ...]

EVALUATION_SEQ_LEN = 64
MOST_EVALUATION_STREAMS = 64
LEAST_EVALUATION_STREAM = 4096
"""Tokens; every stream begins with an empty state, which costs a little, so streams are long."""


@dataclass(frozen=True)
class Loss:
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
        group: Group = SINGLE,
    ) -> None:
        """config: with `device`, `precision` and `threads` resolved, not `auto` or 0.

        counts: (V,), how often each token occurs; the output bias starts at their frequencies.
        start_id: the token fed before the first one of a text.
        initial: weights to begin with, named as in the model; None: random ones.
        group: the processes that learn together; a batch has this one's rows.
        """
        self._device = torch.device(config.device)
        self._clip = config.clip
        self._seed = config.seed
        self._group = group
        self._batch_size = config.batch_size
        self._rows = group.rows(config.batch_size)
        self._bf16 = config.precision == "bf16"
        self._start_id = start_id
        self._state: State | None = None
        self._updates = 0
        torch.manual_seed(config.seed)  # of the weights only; dropout draws by step and row
        self._model = RNNLM(model, unigram=counts).to(self._device)
        if initial is not None:
            weights = {name: torch.tensor(array) for name, array in initial.items()}
            self._model.load_state_dict(weights)
        self._replicas = Replicas(self._model, max(1, config.threads // group.size))
        self._optimizer = self._make_optimizer(config)

    def _make_optimizer(self, config: TrainConfig) -> AdamW:
        named = dict(self._model.named_parameters())
        # A row of this table is met seldom, so it gets a rate of its own.
        ngram_tables = [named.pop("ngrams.weight")] if "ngrams.weight" in named else []
        # Decay holds products small; a bias or the gain of a norm is to be as large as it needs.
        matrices = [p for p in named.values() if p.dim() > 1]
        vectors = [p for p in named.values() if p.dim() <= 1]
        decay = config.weight_decay
        return AdamW(
            [
                ParameterGroup(matrices, decay),
                ParameterGroup(vectors, 0.0),
                ParameterGroup(ngram_tables, decay, share=config.ngram_rate),
            ]
        )

    @one_thread_each()
    def update(self, batch: Batch, learning_rate: float) -> torch.Tensor:
        """Learn from one batch; returns its loss in nats per token, a number on the device.

        If loss or gradient is not finite, the batch teaches nothing (the weights still move by the
        optimizer's momentum) and the loss is NaN. A GPU may not have come to it yet: whoever reads
        the number waits for it, and nothing here does.
        """
        self._replicas.zero_grad()
        # At the first batch of an epoch other text comes: its streams begin anew.
        before = None if batch.position == 0 else self._state  # each part (L, B, H), or None
        shares = self._replicas.map_rows(len(batch.inputs), partial(self._backward, batch, before))
        self._replicas.sum_gradients()  # into one vector, of all weights: (P,)
        loss = self._reduce_loss(torch.stack([loss for loss, _ in shares]).sum())
        norm = self._clip_gradient(self._replicas.gradient)
        broken = ~torch.isfinite(loss + norm)
        # To ask a GPU would be to wait for it; where asking is free, this pass need not be.
        if self._device.type != "cpu" or broken:
            self._replicas.gradient.masked_fill_(broken, 0)
        self._updates += 1
        self._optimizer.step(learning_rate, self._updates)
        # What is carried may be what overflowed: then every stream goes on with an empty state.
        joined = _concatenate_rows([state for _, state in shares])
        self._state = tuple(part.masked_fill_(broken, 0) for part in joined)
        return loss.masked_fill_(broken, math.nan)

    def _clip_gradient(self, gradient: torch.Tensor) -> torch.Tensor:
        """Scale down a gradient longer than `clip` (Pascanu et al. 2013); returns its length."""
        norm: torch.Tensor = torch.linalg.vector_norm(gradient)
        # In place and without a branch: whether it is too long, only the device knows.
        gradient *= (self._clip / (norm + 1e-6)).clamp(max=1)
        return norm

    def _reduce_loss(self, loss: torch.Tensor) -> torch.Tensor:
        """The loss over all processes; the gradient becomes theirs too, in the same message."""
        message = self._replicas.reduce_buffer  # (P + 1,): the gradient, and room for the loss
        message[-1] = loss
        return self._group.all_reduce(message)[-1].clone()  # the buffer is used again

    def _backward(
        self, batch: Batch, state: State | None, model: RNNLM, rows: slice
    ) -> tuple[torch.Tensor, State]:
        """Add the gradients of some rows; returns their part of the loss and their next state."""
        model.train()
        # `rows` counts in this process's rows. Dropout goes by the row's number in the whole
        # batch, so that who computes a row does not matter.
        in_batch = slice(self._rows.start + rows.start, self._rows.start + rows.stop)
        model.dropout.begin(self._seed, self._updates, in_batch, self._device)
        with self._autocast():
            nats, state = self._nats(batch, state, model, rows)
        loss = nats / batch.num_targets  # of all rows, also those of others
        loss.backward()  # type: ignore[no-untyped-call]
        # Detached: gradients end where the batch does, the state goes on (truncated BPTT).
        return loss.detach(), tuple(part.detach() for part in state)

    def _nats(
        self, batch: Batch, state: State | None, model: RNNLM, rows: slice
    ) -> tuple[torch.Tensor, State]:
        """The loss of some rows, summed, and their next state."""
        inputs, targets = self._to_device(batch.inputs[rows]), self._to_device(batch.targets[rows])
        # ids (b, T); the rows of a state (L, B, H) are its second axis, and cuDNN wants them whole.
        carried = None if state is None else tuple(part[:, rows].contiguous() for part in state)
        logits, after = model(inputs, carried)  # (b, T, V)
        # In fp32: the softmax adds up V terms, for which bf16's 8 bits are too few. Summed, not
        # averaged: rows have different numbers of targets, and padding has none.
        nats = F.cross_entropy(
            logits.flatten(0, 1).float(), targets.flatten(), ignore_index=IGNORE, reduction="sum"
        )
        # Carried and saved in fp32, as NumPy has no bf16; every bf16 number is one of fp32 too.
        return nats, tuple(part.float() if part.is_floating_point() else part for part in after)

    def _to_device(self, ids: NDArray[np.int64]) -> torch.Tensor:
        """On the device, or on the way there."""
        tensor = torch.from_numpy(np.ascontiguousarray(ids))
        if self._device.type == "cuda":  # only from pinned memory does the transfer not wait
            tensor = tensor.pin_memory()
        return tensor.to(self._device, non_blocking=True)

    def _autocast(self) -> contextlib.AbstractContextManager[Any]:
        if self._bf16:
            # The cache of cast weights is of the whole process: a thread that leaves would clear it
            # for the others. Each weight is read once a step, so nothing is cast twice without it.
            return torch.autocast(self._device.type, torch.bfloat16, cache_enabled=False)
        return contextlib.nullcontext()

    @one_thread_each()
    def evaluate(self, sequence: TokenSequence, piece_bytes: NDArray[np.int64]) -> Loss:
        """The loss over `sequence`, read once with the state carried, in fp32 as `score` does.

        piece_bytes: int64 (V,), the bytes of text each token stands for.
        """
        streams = min(MOST_EVALUATION_STREAMS, max(1, len(sequence) // LEAST_EVALUATION_STREAM))
        rows = self._group.rows(streams)
        sums = np.zeros(3)  # in float64, in which counts of tokens stay exact
        if rows.start < rows.stop:  # few streams may be fewer than the processes
            with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
                sums += self._evaluate_rows(sequence, piece_bytes, streams, rows)
        nats, tokens, text_bytes = self._group.all_reduce(torch.from_numpy(sums)).tolist()
        return Loss(nats, int(tokens), int(text_bytes))

    def _evaluate_rows(
        self, sequence: TokenSequence, piece_bytes: NDArray[np.int64], streams: int, rows: slice
    ) -> NDArray[np.float64]:
        """Nats, tokens and bytes of some of the streams."""
        state: State | None = None
        nats: list[torch.Tensor] = []
        tokens = text_bytes = 0
        for batch in batches(
            sequence, streams, EVALUATION_SEQ_LEN, start_id=self._start_id, rows=rows
        ):
            shares = self._replicas.map_rows(
                len(batch.inputs), partial(self._forward_only, batch, state)
            )
            nats += (part for part, _ in shares)  # left on the device, which nobody waits for
            state = _concatenate_rows([part for _, part in shares])
            targets = batch.targets[batch.targets != IGNORE]  # (tokens,), without padding
            tokens += len(targets)
            text_bytes += int(piece_bytes[targets].sum())
        return np.array([float(torch.stack(nats).double().cpu().sum()), tokens, text_bytes])

    @torch.no_grad()
    def _forward_only(
        self, batch: Batch, state: State | None, model: RNNLM, rows: slice
    ) -> tuple[torch.Tensor, State]:
        model.eval()
        return self._nats(batch, state, model, rows)

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """A copy of the model's weights, under torch's names."""
        state = self._model.state_dict()
        return {name: tensor.detach().cpu().numpy().copy() for name, tensor in state.items()}

    def tensors(self) -> dict[str, NDArray[Any]]:
        """All that decides how learning goes on: weights, moments, carried state.

        To be called by all processes at once; all get the state of all rows.
        Randomness is not among it: dropout is a function of the seed and the number of updates.
        """
        tensors: dict[str, torch.Tensor] = {"updates": torch.tensor([self._updates])}
        for name, parameter in self._model.named_parameters():
            tensors[f"model.{name}"] = parameter.detach()
            for moment in MOMENTS if self._updates else ():  # none before the first step
                tensors[f"{moment}.{name}"] = getattr(self._optimizer.moments[parameter], moment)
        tensors |= {
            f"state.{index}": self._group.all_gather(part, self._batch_size)
            for index, part in enumerate(self._state or ())
        }
        return {name: tensor.cpu().numpy() for name, tensor in tensors.items()}

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go on from what `tensors` returned.

        Raises KeyError or ValueError if they are another model's: the optimizer's native code
        would take them as they are.
        """
        updates = int(_checked(arrays, "updates", (1,), torch.int64))
        parameters = dict(self._model.named_parameters())
        kinds = ("model", *MOMENTS) if updates else ("model",)
        tensors = {
            f"{kind}.{name}": _checked(arrays, f"{kind}.{name}", parameter.shape, parameter.dtype)
            for name, parameter in parameters.items()
            for kind in kinds
        }
        carried = [
            _checked(arrays, f"state.{i}", (len(part), self._batch_size, part.shape[2]), part.dtype)
            for i, part in enumerate(self._model.start(1) if updates else ())
        ]
        self._updates = updates
        with torch.no_grad():
            for name, parameter in parameters.items():
                parameter.copy_(tensors[f"model.{name}"])
                for moment in MOMENTS if updates else ():
                    own = getattr(self._optimizer.moments[parameter], moment)
                    own.copy_(tensors[f"{moment}.{name}"])
        self._state = tuple(part[:, self._rows].to(self._device) for part in carried) or None


def _checked(
    arrays: Mapping[str, NDArray[Any]], name: str, shape: Sequence[int], dtype: torch.dtype
) -> torch.Tensor:
    """The array `name`. Raises KeyError or ValueError if it is missing or of another shape."""
    tensor = torch.from_numpy(arrays[name])
    if tuple(tensor.shape) != tuple(shape) or tensor.dtype != dtype:
        found = f"{tensor.dtype} {tuple(tensor.shape)}"
        raise ValueError(f"tensor {name} should be {dtype} {tuple(shape)}, it is {found}")
    return tensor


def _concatenate_rows(states: list[State]) -> State:
    """The states (L, b, H) of stretches of rows as one (L, B, H)."""
    return tuple(torch.cat(parts, dim=1) for parts in zip(*states, strict=True))
