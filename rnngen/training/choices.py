"""Settings as they are chosen: each value with its reason, a group for each rule."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")


@dataclass(frozen=True)
class Choice(Generic[T]):
    value: T
    reason: str = ""
    """Empty for a value that nobody chose: it is not shown."""


@dataclass(frozen=True)
class Given:
    """The settings that the user fixed, by their names in the two configs."""

    settings: Mapping[str, Any]

    def or_else(self, name: str, value: T, reason: str) -> Choice[T]:
        """The user's value if there is one, else `value` for this reason."""
        if name in self.settings:
            return Choice(self.settings[name], "as asked")
        return Choice(value, reason)

    def unexplained(self, name: str) -> Choice[Any]:
        """The user's value or None, which no rule has a reason for."""
        return Choice(self.settings.get(name))


class Choices:
    """Base of what a rule returns: one `Choice` a field, named and ordered as the settings are.

    A field that is None leaves the setting to the user or to its default.
    """

    def by_setting(self) -> dict[str, Choice[Any]]:
        fields = dataclasses.fields(self)  # type: ignore[arg-type]
        choices = {field.name: getattr(self, field.name) for field in fields}
        return {name: choice for name, choice in choices.items() if choice is not None}


@dataclass(frozen=True)
class CellChoices(Choices):
    cell: Choice[str]


@dataclass(frozen=True)
class BudgetChoices(Choices):
    """When the run ends, at the latest. A value of None is no limit."""

    minutes: Choice[float | None]
    epochs: Choice[float | None]
    steps: Choice[int | None]


@dataclass(frozen=True)
class SizeChoices(Choices):
    """The layers. A new model leaves `norm` and `skip` alone and chooses its n-grams later."""

    num_layers: Choice[int]
    hidden_size: Choice[int]
    embedding_dim: Choice[int]
    tie_weights: Choice[bool]
    norm: Choice[bool] | None = None
    skip: Choice[bool] | None = None
    ngrams: Choice[int] | None = None


@dataclass(frozen=True)
class StreamChoices(Choices):
    """What one step reads."""

    seq_len: Choice[int]
    batch_size: Choice[int]


@dataclass(frozen=True)
class NGramChoices(Choices):
    """Embeddings of n-grams, and their learning rate; only `ngrams` where they are off."""

    ngrams: Choice[int]
    ngram_buckets: Choice[int] | None = None
    ngram_dim: Choice[int] | None = None
    ngram_rate: Choice[float] | None = None


@dataclass(frozen=True)
class RegularisationChoices(Choices):
    dropout: Choice[float]
    weight_decay: Choice[float]


@dataclass(frozen=True)
class RateChoices(Choices):
    learning_rate: Choice[float]
    warmup_steps: Choice[int]


@dataclass(frozen=True)
class EvaluationChoices(Choices):
    patience: Choice[int] | None
    evaluations: Choice[int]
    valid_tokens: Choice[int] | None
