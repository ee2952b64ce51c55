"""How text is drawn from a model."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rnngen.config.base import Config, setting
from rnngen.errors import ConfigError

UNTIL = ("sentence", "line", "paragraph")
MOST_CANDIDATES = 1000
"""Of one text, for best_of and beam; more would take hours or all of the memory."""

MOST_BIAS = 10_000
"""Nats. Logits are kept in 32 bits, and what is as good as never or always needs no more."""
OF_DRAWING = ("temperature", "top_k", "top_p", "min_p", "typical", "best_of")
"""Settings that a beam search, which draws nothing, has no use for."""


@dataclass(frozen=True)
class SampleConfig(Config):
    """How text is drawn from a model. But for the temperature, the defaults change nothing.

    A small model gives some probability to very many tokens that do not fit: at 1 one word in 112
    of the shipped haiku is none, at 0.8 one in 285.
    """

    label: str | None = setting(
        "Write texts of this label, of a model with labels. Drawn for each text if you omit it.",
        None,
    )
    length: int = setting("Write at most this many tokens.", 400)
    chars: int | None = setting("Write at most this many characters.", None)
    min_chars: int = setting("Write at least this many characters.", 0)
    stop: tuple[str, ...] = setting("End just before this string. Repeatable.", ())
    until: str | None = setting(
        "End after the first whole sentence, line or paragraph.", None, choices=UNTIL
    )
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
            len(pair) == 2 and isinstance(pair[0], str) and pair[0] and abs(pair[1]) <= MOST_BIAS
            for pair in self.bias
        )
        self._check("bias", pairs, f"pairs of a string and a number up to {MOST_BIAS:,}")
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
            for name in OF_DRAWING:
                if getattr(self, name) != type(self).__dataclass_fields__[name].default:
                    raise ConfigError(
                        f"`beam` draws nothing, so `{name}` has no effect. Leave one of them out."
                    )
