"""Every setting, said once: what it means, what it may be, what it is by default.

The command line takes its help from here, a checkpoint stores these as JSON, `--config run.toml`
reads them from TOML. Building one checks it; the message names the option as a user types it.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from rnngen.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

CELLS = ("lstm", "gru")
BUDGET = ("minutes", "epochs", "steps")
"""Settings of a TrainConfig that say when a run ends."""
PRECISIONS = ("auto", "fp32", "bf16")
DEVICES = ("auto", "cpu", "cuda", "mps")
MOST_NGRAMS = 16
UNTIL = ("sentence", "line", "paragraph")
MOST_CANDIDATES = 1000
"""Of one text, for best_of and beam; more would take hours or all of the memory."""


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
                f"unknown setting {unknown[0]!r}. Known settings: {', '.join(sorted(known))}."
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
            raise ConfigError(f"`{name}` must be {must}, got {value}.{hint and ' ' + hint}")

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
    cell: str = setting("Recurrent cell: lstm (long memory) or gru (fewer weights).", "lstm")
    embedding_dim: int = setting("Size of the embedding of a token.", 256)
    hidden_size: int = setting("Units in each recurrent layer.", 256)
    num_layers: int = setting("Number of recurrent layers.", 2)
    dropout: float = setting("Share of activations dropped in training.", 0.0)
    tie_weights: bool = setting("Use the embedding as the output layer, too.", False)
    norm: bool = setting("Apply LayerNorm after each recurrent layer.", True)
    skip: bool = setting("Add the input of a layer to its output if the widths match.", True)
    ngrams: int = setting("Also read the last 2 to N tokens as one. 1 turns this off.", 1)
    ngram_buckets: int = setting("Rows of the table that all n-grams share by hashing.", 16384)
    ngram_dim: int = setting("Size of the embedding of an n-gram.", 64)

    def __post_init__(self) -> None:
        for name in ("vocab_size", "embedding_dim", "hidden_size", "num_layers"):
            self._check_integer(name, 1)
        for name in ("ngrams", "ngram_buckets", "ngram_dim"):
            self._check_integer(name, 1)
        self._check("ngrams", self.ngrams <= MOST_NGRAMS, f"at most {MOST_NGRAMS}")
        self._check_choice("cell", CELLS)
        self._check_number("dropout", 0 <= self.dropout < 1, "at least 0 and below 1")
        self._check(
            "tie_weights",
            not self.tie_weights or self.embedding_dim == self.hidden_size,
            "off unless `embedding_dim` equals `hidden_size`",
        )


@dataclass(frozen=True)
class TrainConfig(Config):
    """How a model is trained. `None` means that there is no such limit."""

    batch_size: int = setting("Streams of text to read side by side.", 32)
    seq_len: int = setting("Tokens of each stream between two updates.", 64)
    learning_rate: float = setting("Peak learning rate.", 5e-3)
    final_rate: float = setting("Final learning rate, as a share of the peak.", 0.0)
    ngram_rate: float = setting("Learning rate of the n-grams, as a share of the rest.", 1.0)
    warmup_steps: int = setting("Steps over which the learning rate rises from 0.", 50)
    weight_decay: float = setting("AdamW weight decay. It applies to matrices only.", 0.1)
    clip: float = setting("Largest gradient norm. Longer gradients are scaled down to it.", 1.0)
    steps: int | None = setting("Stop after this many updates of the weights.", None)
    epochs: float | None = setting("Stop after this many passes over the training text.", None)
    minutes: float | None = setting("Train for about this many minutes.", None)
    patience: int = setting("Stop after this many evaluations without a gain. 0: never.", 5)
    evaluations: int = setting("Number of evaluations, spread over the run.", 10)
    valid_fraction: float = setting("Share of the text to hold out for measuring the model.", 0.1)
    valid_tokens: int = setting("Read at most this many held-out tokens per evaluation. 0: all.", 0)
    precision: str = setting("Arithmetic: auto, fp32 or bf16.", "auto")
    device: str = setting("Device: auto, cpu, cuda or mps.", "auto")
    threads: int = setting("CPU threads that share each batch. 0: as many as help.", 0)
    seed: int = setting("Seed of all randomness in the run.", 0)

    def __post_init__(self) -> None:
        for name in ("batch_size", "seq_len", "evaluations"):
            self._check_integer(name, 1)
        for name in ("warmup_steps", "patience", "valid_tokens", "threads", "seed"):
            self._check_integer(name, 0)
        if self.steps is not None:
            self._check_integer("steps", 1)
        for name in ("epochs", "minutes"):
            value = getattr(self, name)
            if value is not None:
                self._check_number(name, value > 0, "above 0")
        self._check_number("learning_rate", self.learning_rate > 0, "above 0")
        self._check_number("ngram_rate", self.ngram_rate > 0, "above 0")
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
    """How text is drawn from a model. But for the temperature, the defaults change nothing.

    A small model gives some probability to very many tokens that do not fit: at 1 one word in 21 of
    the shipped haiku is none, at 0.8 one in 41.
    """

    length: int = setting("Write at most this many tokens.", 400)
    chars: int | None = setting("Write at most this many characters.", None)
    min_chars: int = setting("Write at least this many characters.", 0)
    stop: tuple[str, ...] = setting("End just before this string. Repeatable.", ())
    until: str | None = setting("End after the first whole sentence, line or paragraph.", None)
    temperature: float | tuple[float, ...] = setting(
        "Below 1 the text is plainer, above 1 wilder. 0 takes the likeliest token, 1 draws as"
        " learned. A list or range takes turns, text by text.",
        0.8,
    )
    top_k: int | None = setting("Draw from this many of the likeliest tokens only.", None)
    top_p: float | None = setting(
        "Draw from the fewest tokens that hold this probability. 1 keeps every token.", None
    )
    min_p: float | None = setting(
        "Draw from tokens at least this share as likely as the likeliest. 0 keeps every token.",
        None,
    )
    typical: float | None = setting(
        "Draw from the tokens of most ordinary surprise that hold this probability."
        " 1 keeps every token.",
        None,
    )
    repetition_penalty: float = setting(
        "Above 1 makes recent tokens less likely, below 1 likelier. 1: off.", 1.0
    )
    repetition_window: int = setting(
        "Number of recent tokens that the repetition penalty applies to.", 64
    )
    bias: tuple[tuple[str, float], ...] = setting(
        "Make a string likelier (above 0) or rarer (below 0), in nats: moon=2. Repeatable.", ()
    )
    ban: tuple[str, ...] = setting("Never write this string. Repeatable.", ())
    novel: int | None = setting(
        "Never copy this many characters in a row from the training text.",
        None,
    )
    best_of: int = setting("Write this many texts and keep the likeliest per token. 1: off.", 1)
    beam: int | None = setting(
        "Search for the likeliest text with this many candidates, instead of drawing.",
        None,
    )

    def __post_init__(self) -> None:
        self._freeze()
        for name in ("length", "repetition_window", "best_of"):
            self._check_integer(name, 1)
        for name in ("best_of", "beam"):
            value = getattr(self, name)
            ok = not isinstance(value, int) or value <= MOST_CANDIDATES
            self._check(name, ok, f"at most {MOST_CANDIDATES:,}", "Each is a text of its own.")
        self._check_integer("min_chars", 0)
        self._check_optional_integer("chars", "Leave it out for no limit.")
        self._check_optional_integer("top_k", "Leave it out to keep every token.")
        self._check_optional_integer("beam", "Leave it out to draw.")
        self._check_optional_integer("novel", "Leave it out for no limit.")
        for name in ("top_p", "typical"):
            self._check_share(name, 0 < (getattr(self, name) or 0) <= 1, "above 0 and at most 1")
        self._check_share("min_p", 0 <= (self.min_p or 0) <= 1, "from 0 to 1")
        penalty = self.repetition_penalty
        self._check_number("repetition_penalty", 0.001 <= penalty <= 1000, "from 0.001 to 1000")
        self._check_temperatures()
        self._check_strings()
        self._check_conflicts()

    @property
    def temperatures(self) -> tuple[float, ...]:
        """The temperatures that take turns: text i has `temperatures[i % len(temperatures)]`."""
        return self.temperature if isinstance(self.temperature, tuple) else (self.temperature,)

    def _freeze(self) -> None:
        """Lists, as JSON and TOML give them, become tuples."""
        for name in ("stop", "ban", "bias", "temperature"):
            value = getattr(self, name)
            if isinstance(value, list):
                frozen = tuple(tuple(v) if isinstance(v, list) else v for v in value)
                object.__setattr__(self, name, frozen)

    def _check_optional_integer(self, name: str, hint: str) -> None:
        if getattr(self, name) is not None:
            self._check_integer(name, 1, hint)

    def _check_share(self, name: str, ok: bool, must: str) -> None:
        if getattr(self, name) is not None:
            self._check_number(name, ok, must, "Leave it out to keep every token.")

    def _check_temperatures(self) -> None:
        numbers = all(isinstance(t, int | float) and math.isfinite(t) for t in self.temperatures)
        ok = numbers and all(t >= 0 for t in self.temperatures) and len(self.temperatures) > 0
        self._check("temperature", ok, "at least 0", "1 draws as learned, 0 takes the likeliest.")

    def _check_strings(self) -> None:
        for name in ("stop", "ban"):
            ok = isinstance(getattr(self, name), tuple) and all(
                isinstance(text, str) and text for text in getattr(self, name)
            )
            self._check(name, ok, "strings of at least one character")
        pairs = all(
            len(pair) == 2 and isinstance(pair[0], str) and pair[0] and math.isfinite(pair[1])
            for pair in self.bias
        )
        self._check("bias", pairs, "pairs of a string and a number")
        if self.until is not None:
            self._check_choice("until", UNTIL)

    def _check_conflicts(self) -> None:
        if self.chars is not None and self.min_chars > self.chars:
            raise ConfigError(
                f"`min_chars` {self.min_chars} is more than `chars` {self.chars}. Lower it."
            )
        if self.best_of > 1 and not any(self.temperatures):
            raise ConfigError(
                "`best_of` has nothing to choose from at `temperature` 0, where every text is the"
                " same. Leave one of them out."
            )
        if self.beam is not None:
            for name in ("temperature", "top_k", "top_p", "min_p", "typical", "best_of"):
                if getattr(self, name) != type(self).__dataclass_fields__[name].default:
                    raise ConfigError(
                        f"`beam` draws nothing, so `{name}` has no effect. Leave one of them out."
                    )


def read_toml(path: Path) -> dict[str, Any]:
    """The settings of a TOML file: keys as in TrainConfig and ModelConfig.

    Raises ConfigError that names the file, and the line where TOML is broken.
    """
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML: {error}.") from error
