"""Small stand-ins for a trained model, whose exact distribution is known.

`Pieces` is a tokenizer, `ToyModel` what a sampler uses of a model. `UniformRuntime`,
`MarkovRuntime`, `MemoryRuntime` and `ScriptRuntime` are runtimes. What a runtime must remember it
keeps in its state, in the real layout (L, B, H), so a test notices rows that were mixed up.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen.config import ModelConfig

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Array = NDArray[Any]
    State = tuple[Array, ...]


class Pieces:
    """A tokenizer of given pieces, taken longest first; the end token follows them.

    >>> letters, parts = Pieces("abc"), Pieces(["a", "b", "ab", b"\\xc3", b"\\xa9"])
    """

    kind = "char"
    labels = ()

    def __init__(self, pieces: Iterable[str | bytes]) -> None:
        given = [piece.encode() if isinstance(piece, str) else piece for piece in pieces]
        self.pieces: Sequence[bytes] = [*given, b""]
        self.end_id = len(given)
        self.vocab_size = len(self.pieces)
        self.seen = np.ones(self.vocab_size, dtype=np.bool_)

    def encode(self, text: str) -> NDArray[np.int64]:
        data, ids = text.encode(), []
        by_length = sorted(range(self.end_id), key=lambda i: -len(self.pieces[i]))
        while data:
            token = next(i for i in by_length if data.startswith(self.pieces[i]))
            ids.append(token)
            data = data[len(self.pieces[token]) :]
        return np.array(ids, dtype=np.int64)

    def settled(self, text: str) -> int:
        return len(text)

    def unseen(self, text: str) -> list[str]:
        known = set(b"".join(self.pieces).decode(errors="ignore"))
        return list(dict.fromkeys(char for char in text if char not in known))

    def settings(self) -> dict[str, Any]:
        return {"kind": self.kind}

    def tensors(self) -> dict[str, Array]:
        return {}


@dataclass(frozen=True)
class ToyModel:
    """What a `Sampler` uses of a model."""

    runtime: Any
    tokenizer: Any
    start_id: int = 0
    forbidden: Any = None
    novelty: Any = None

    def __post_init__(self) -> None:
        if self.forbidden is None:
            nothing = np.zeros(self.tokenizer.vocab_size, dtype=np.bool_)
            object.__setattr__(self, "forbidden", nothing)


class _Runtime(ABC):
    """`forward` by way of `step`; a subclass says what a step does to one column of state."""

    def __init__(self, vocab_size: int, hidden_size: int = 1) -> None:
        self.config = ModelConfig(vocab_size=vocab_size, hidden_size=hidden_size, num_layers=1)
        self.widths: list[int] = []  # of every step so far

    def start(self, batch_size: int) -> State:
        return (np.zeros((1, batch_size, self.config.hidden_size), dtype=np.float32),)

    def step(self, ids: NDArray[np.int64], state: State) -> tuple[Array, State]:
        if state[0].shape[1] != len(ids):
            raise ValueError(f"{len(ids)} ids for a state of {state[0].shape[1]} streams")
        self.widths.append(len(ids))
        logits, hidden = self.advance(ids, state[0][0])
        return logits.astype(np.float32), (hidden[None].astype(np.float32),)

    def forward(self, ids: NDArray[np.int64], state: State) -> tuple[Array, State]:
        outputs = []
        for column in ids.T:
            logits, state = self.step(column, state)
            outputs.append(logits)
        return np.stack(outputs, axis=1), state

    @abstractmethod
    def advance(self, ids: NDArray[np.int64], hidden: Array) -> tuple[Array, Array]:
        """ids (B,), hidden (B, H) -> logits (B, V), hidden (B, H)."""


class UniformRuntime(_Runtime):
    """Every token is as likely as any other, always."""

    def advance(self, ids: NDArray[np.int64], hidden: Array) -> tuple[Array, Array]:
        return np.zeros((len(ids), self.config.vocab_size)), hidden


class MarkovRuntime(_Runtime):
    """Token b follows token a with probability `chain[a][b]`, exactly; rows sum to 1."""

    def __init__(self, chain: Array) -> None:
        super().__init__(len(chain))
        self.chain = np.asarray(chain, dtype=np.float64)

    def advance(self, ids: NDArray[np.int64], hidden: Array) -> tuple[Array, Array]:
        with np.errstate(divide="ignore"):
            return np.log(self.chain[ids]), hidden


class MemoryRuntime(_Runtime):
    """Each row's logits depend, chaotically, on every token the row has read."""

    def __init__(self, vocab_size: int, spread: float = 2.0) -> None:
        super().__init__(vocab_size)
        self.spread = spread

    def advance(self, ids: NDArray[np.int64], hidden: Array) -> tuple[Array, Array]:
        hidden = (hidden * 7 + ids[:, None] * 0.6180339 + 0.1) % 1
        waves = np.sin((hidden + 0.3) * (np.arange(self.config.vocab_size) * 37 % 101 + 13))
        return self.spread * waves, hidden


class ScriptRuntime(_Runtime):
    """Writes the given ids one after the other, then the last one for ever.

    It counts its steps, so what it reads first (a start token, a prompt) uses up the script.
    """

    def __init__(self, script: Sequence[int], vocab_size: int) -> None:
        super().__init__(vocab_size)
        self.script = np.array(script, dtype=np.int64)

    def advance(self, ids: NDArray[np.int64], hidden: Array) -> tuple[Array, Array]:
        at = np.minimum(hidden[:, 0].astype(np.int64), len(self.script) - 1)
        return np.eye(self.config.vocab_size)[self.script[at]] * 1000, hidden + 1
