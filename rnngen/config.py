"""Every setting, said once: what it means, what it may be, what it is by default.

The command line takes its help from here, a checkpoint stores these as JSON, `--config run.toml`
reads them from TOML. Building one checks it; the message names the option as a user types it.
"""

from __future__ import annotations

import dataclasses
import math
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from rnngen.errors import ConfigError

CELLS = ("lstm", "gru")
PRECISIONS = ("auto", "fp32", "bf16")
DEVICES = ("auto", "cpu", "cuda", "mps")


def setting(help: str, default: Any = dataclasses.MISSING) -> Any:
    """A dataclass field with the sentence that explains it."""
    return field(default=default, metadata={"help": help})


class Config:
    """What the three dataclasses share: JSON out, JSON in, and checks that name the option."""

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The config that `to_dict` described. Raises ConfigError for an unknown key."""
        known = {f.name for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
        if unknown := sorted(set(values) - known):
            raise ConfigError(
                f"unknown setting {unknown[0]!r}; known are {', '.join(sorted(known))}."
            )
        try:
            return cls(**values)
        except TypeError as error:
            raise ConfigError(f"{cls.__name__}: {error}") from error

    @classmethod
    def help(cls, name: str) -> str:
        """The sentence that explains the setting `name`."""
        return str(cls.__dataclass_fields__[name].metadata["help"])  # type: ignore[attr-defined]

    def _check(self, name: str, ok: bool, must: str, hint: str = "") -> None:
        value = getattr(self, name)
        if not ok:
            raise ConfigError(f"{option(name)} must be {must}, got {value}.{hint and ' ' + hint}")

    def _check_integer(self, name: str, least: int, hint: str = "") -> None:
        value = getattr(self, name)
        ok = isinstance(value, int) and not isinstance(value, bool) and value >= least
        self._check(name, ok, f"a whole number, at least {least}", hint)

    def _check_number(self, name: str, ok: bool, must: str, hint: str = "") -> None:
        value = getattr(self, name)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        self._check(name, is_number and math.isfinite(value) and ok, must, hint)

    def _check_choice(self, name: str, choices: tuple[str, ...]) -> None:
        self._check(name, getattr(self, name) in choices, f"one of {', '.join(choices)}")


def option(name: str) -> str:
    """How a user types the setting: `batch_size` is `--batch-size`."""
    return "--" + name.replace("_", "-")


@dataclass(frozen=True)
class ModelConfig(Config):
    """The shape of a model: enough to build it, together with its weights."""

    vocab_size: int = setting("Number of tokens the model knows.")
    cell: str = setting("Recurrent cell: lstm (long memory) or gru (lighter).", "lstm")
    embedding_dim: int = setting("Numbers that stand for one token.", 256)
    hidden_size: int = setting("Units in each recurrent layer.", 256)
    num_layers: int = setting("Recurrent layers, one on top of the other.", 2)
    dropout: float = setting("Share of activations dropped in training.", 0.0)
    tie_weights: bool = setting("Use the embedding as the output layer too.", False)
    norm: bool = setting("Follow each recurrent layer with LayerNorm.", True)
    skip: bool = setting("Add each layer's input to its output where the shapes allow.", True)

    def __post_init__(self) -> None:
        for name in ("vocab_size", "embedding_dim", "hidden_size", "num_layers"):
            self._check_integer(name, 1)
        self._check_choice("cell", CELLS)
        self._check_number("dropout", 0 <= self.dropout < 1, "at least 0 and below 1")
        self._check(
            "tie_weights",
            not self.tie_weights or self.embedding_dim == self.hidden_size,
            "off unless --embedding-dim equals --hidden-size",
        )


@dataclass(frozen=True)
class TrainConfig(Config):
    """How a model is trained. `None` means: chosen when training starts, from what is known then."""

    batch_size: int = setting("Streams of text read side by side (B).", 32)
    seq_len: int = setting("Tokens between two updates of the weights (T).", 64)
    learning_rate: float = setting("Highest learning rate.", 5e-3)
    final_rate: float = setting("Last learning rate, as a share of the highest.", 0.0)
    warmup_steps: int = setting("Steps in which the learning rate rises from 0.", 50)
    weight_decay: float = setting("AdamW's weight decay, on matrices only.", 0.1)
    clip: float = setting("Longest gradient (2-norm); a longer one is shortened to it.", 1.0)
    steps: int | None = setting("Updates of the weights.", None)
    epochs: float | None = setting("Passes over the training text.", None)
    minutes: float | None = setting("Time to train, measured into steps and stored.", None)
    patience: int = setting("Stop after this many evaluations without a better one; 0: never.", 5)
    evaluations: int = setting("How often to evaluate, spread over the run.", 10)
    valid_fraction: float = setting("Share of the text held out to measure the model.", 0.1)
    valid_tokens: int = setting("Most held-out tokens read at each evaluation; 0: all.", 0)
    precision: str = setting("Arithmetic: auto, fp32 or bf16.", "auto")
    device: str = setting("Where to compute: auto, cpu, cuda or mps.", "auto")
    seed: int = setting("What all randomness of the run is derived from.", 0)

    def __post_init__(self) -> None:
        for name in ("batch_size", "seq_len", "evaluations"):
            self._check_integer(name, 1)
        for name in ("warmup_steps", "patience", "valid_tokens", "seed"):
            self._check_integer(name, 0)
        if self.steps is not None:
            self._check_integer("steps", 1)
        for name in ("epochs", "minutes"):
            value = getattr(self, name)
            if value is not None:
                self._check_number(name, value > 0, "above 0")
        self._check_number("learning_rate", self.learning_rate > 0, "above 0")
        self._check_number("clip", self.clip > 0, "above 0")
        self._check_number("weight_decay", self.weight_decay >= 0, "at least 0")
        self._check_number("final_rate", 0 <= self.final_rate <= 1, "from 0 to 1")
        self._check_number(
            "valid_fraction", 0 < self.valid_fraction < 1, "between 0 and 1, both excluded"
        )
        self._check_choice("precision", PRECISIONS)
        self._check_choice("device", DEVICES)


@dataclass(frozen=True)
class SampleConfig(Config):
    """How text is drawn from a model."""

    length: int = setting("Most tokens to write.", 400)
    temperature: float = setting("Below 1 plainer, above 1 wilder; 0 takes the likeliest.", 1.0)
    top_k: int | None = setting("Draw from the K likeliest tokens only.", None)
    top_p: float | None = setting("Draw from the fewest tokens that hold this probability.", None)

    def __post_init__(self) -> None:
        self._check_integer("length", 1)
        self._check_number("temperature", self.temperature >= 0, "at least 0")
        if self.top_k is not None:
            self._check_integer("top_k", 1, "Leave it out to keep every token.")
        if self.top_p is not None:
            self._check_number(
                "top_p", 0 < self.top_p <= 1, "above 0 and at most 1", "Leave it out to keep all."
            )


def read_toml(path: Path) -> dict[str, Any]:
    """The settings of a TOML file: keys as in TrainConfig and ModelConfig.

    Raises ConfigError that names the file, and the line where TOML is broken.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML: {error}.") from error
