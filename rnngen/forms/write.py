"""FormWriter: a model and a form in, texts out that have the form, no two the same."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from rnngen.config import SampleConfig
from rnngen.errors import ConfigError, FormError
from rnngen.forms import budget
from rnngen.forms.checked import CheckedSearch
from rnngen.forms.compile import WORDS
from rnngen.forms.distinct import DistinctTexts, form_text
from rnngen.forms.language.lexicon import Lexicon
from rnngen.forms.language.own_words import with_own_words
from rnngen.forms.search import PARTICLES, SearchSettings
from rnngen.forms.spec import FormSpec, find
from rnngen.model.labels import Labels
from rnngen.sampling import logits as rules
from rnngen.sampling.labelled import draw_label
from rnngen.sampling.novelty_guard import check_index
from rnngen.sampling.prompts import normalized
from rnngen.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from rnngen.forms.distinct import FormText
    from rnngen.forms.proposal import Truncate
    from rnngen.model.runtime import Runtime
    from rnngen.novelty import SpanIndex
    from rnngen.tokenizers.base import Tokenizer

FORM_SETTINGS = ("label", "temperature", "top_k", "top_p", "min_p", "novel", "best_of")
"""Those of SampleConfig that say how a text of a form is drawn; the form says all else."""
MOST_SHARPEN = 100


class FormModel(Protocol):
    """What a FormWriter uses of a model; `rnngen.LanguageModel` is one."""

    @property
    def runtime(self) -> Runtime: ...
    @property
    def tokenizer(self) -> Tokenizer: ...
    @property
    def lexicon(self) -> Mapping[str, NDArray[Any]]:
        """The words of the training text, as Lexicon.to_tensors gives them; may be empty."""
        ...

    @property
    def novelty(self) -> SpanIndex | None:
        """The index of the training text, which `SampleConfig.novel` needs."""
        ...


class FormWriter:
    """Writes texts of one form with one model. Each is checked, and no two are the same.

    >>> import rnngen
    >>> writer = rnngen.forms.FormWriter(rnngen.load("haiku"), "haiku", particles=8)
    >>> for text in writer.write("old pond", n=2, seed=1):
    ...     print(text.whole)
    """

    def __init__(
        self,
        model: FormModel,
        form: str | Path | FormSpec,
        config: SampleConfig | None = None,
        *,
        particles: int | None = None,
        budget_ms: float | None = None,
        words: str = "corpus",
        sharpen: float = 1.0,
    ) -> None:
        """form: the name of a built-in one, a TOML file, or what `forms.load` returns.

        config: temperature, top_k, top_p, min_p, novel and best_of apply; a form says all else.
        particles: drafts followed side by side for each text, 16 by default. More come nearer to
        what the model itself would write, given that it fits.
        budget_ms: as many particles as are expected to take so long for a text, at least one. The
        texts then depend on the machine's speed; FormText.particles says how many there were.
        words: "corpus", or "dictionary" for only those that the dictionary of syllables holds.
        sharpen: texts are drawn from this power of their probability, at least 1: likely texts come
        more often than the model would write them. More particles come nearer to it.
        Raises ConfigError for a setting that cannot be, FormError if the model has no word list.
        """
        self.form = form if isinstance(form, FormSpec) else find(form)
        self._model, self._config = model, config or SampleConfig()
        self._particles, self._budget_ms, self._words = particles, budget_ms, words
        self._sharpen = sharpen
        self._labels = Labels(model.runtime, model.tokenizer)
        self._check()
        lexicon = with_own_words(Lexicon.from_tensors(model.lexicon))
        self._lexicon = lexicon.recounted() if self.form.unit == "syllables" else lexicon

    def write(
        self, prompts: str | Sequence[str] = "", *, n: int = 1, seed: int = 0, first: int = 0
    ) -> Iterator[FormText]:
        """`n` texts for each prompt, one prompt after the other.

        prompts: how the texts begin; what they hold counts.  first: the index of the first text.
        Text i depends on the model, the form, the settings, `seed` and i, and on the texts before
        it only where it would repeat one.
        Raises FormError, before the first text, if no text begins with one of the prompts.
        """
        if n > 1 and self._config.temperatures[0] == 0:
            raise ConfigError(
                "at `temperature` 0 a form has one text only; ask for one, or draw at another"
                " temperature."
            )
        searches = [
            self._search(prompt) for prompt in ([prompts] if isinstance(prompts, str) else prompts)
        ]
        return self._texts(searches, n, self._settings(searches, seed), first)

    def _search(self, prompt: str) -> CheckedSearch:
        runtime: Runtime = self._model.runtime
        start_id: int | None = None
        if self._labels.names:
            label = self._config.label
            runtime, start_id = self._labels.start(
                self._labels.names[0] if label is None else label
            )
        return CheckedSearch(
            runtime,
            self._model.tokenizer,
            self._lexicon,
            self.form,
            prompt=normalized(prompt),
            words=self._words,
            start_id=start_id,
        )

    def _settings(self, searches: Sequence[CheckedSearch], seed: int) -> SearchSettings:
        settings = SearchSettings(
            seed,
            self._particles or PARTICLES,
            self._config.temperatures[0],
            self._config.best_of,
            _truncation(self._config),
            self._sharpen,
        )
        if self._budget_ms is None:
            return settings
        trial = searches[0].trial(settings)
        chosen = budget.particles_within(
            self._budget_ms / settings.best_of, trial, time.perf_counter
        )
        return dataclasses.replace(settings, particles=chosen)

    def _texts(
        self, searches: Sequence[CheckedSearch], n: int, settings: SearchSettings, first: int
    ) -> Iterator[FormText]:
        distinct = DistinctTexts(self._copies)  # one for all prompts
        for place, search in enumerate(searches):
            for indices, own, label in self._by_label(search, first + place * n, n, settings.seed):
                for text in distinct.texts(own, indices, settings):
                    yield form_text(
                        text, settings, prompt=search.prompt, form=self.form.name, label=label
                    )

    def _by_label(
        self, search: CheckedSearch, first: int, n: int, seed: int
    ) -> Iterator[tuple[Sequence[int], CheckedSearch, str | None]]:
        """Which texts are drawn together, with the search and the label they have."""
        if self._config.label is not None or not self._labels.names:
            yield range(first, first + n), search, self._config.label
            return
        known: dict[str, CheckedSearch] = {}
        for index in range(first, first + n):
            label = draw_label(self._labels, seed, index)
            if label not in known:
                known[label] = search.of_label(*self._labels.start(label))
            yield [index], known[label], label

    def _copies(self, text: str) -> bool:
        """Whether the text holds more of the training text than it may."""
        length, novelty = self._config.novel, self._model.novelty
        return length is not None and novelty is not None and novelty.longest_copied(text) >= length

    def _check(self) -> None:
        """Raises ConfigError for settings that cannot be or mean nothing for a form."""
        config = self._config
        if config.label is not None:
            self._labels.start(config.label)
        if config.novel is not None:
            check_index(self._model.novelty, config.novel)
        for name, field in SampleConfig.__dataclass_fields__.items():
            if name not in FORM_SETTINGS and getattr(config, name) != field.default:
                raise ConfigError(
                    f"`{name}` has no effect with `form`, which says by itself what a text"
                    " is and where it ends; leave one of them out."
                )
        if len(config.temperatures) > 1:
            raise ConfigError("`temperature` takes one value with `form`, for all texts.")
        if self._particles is not None and self._budget_ms is not None:
            raise ConfigError("`budget_ms` chooses the `particles`; leave one of them out.")
        check_sharpen(self._sharpen, config.temperatures[0])
        if self._words not in WORDS:
            raise ConfigError(
                f"`words` must be one of {', '.join(WORDS)}, got {self._words}."
                f"{did_you_mean(self._words, WORDS)}"
            )
        if not self._model.lexicon:
            raise FormError(
                "the model holds no word list, which forms need: it was trained by an earlier"
                " version. Train it again."
            )


def check_sharpen(sharpen: Any, temperature: float = 1.0) -> None:
    """Raises ConfigError for a power that no text is drawn from."""
    is_number = isinstance(sharpen, int | float) and not isinstance(sharpen, bool)
    if not (is_number and 1 <= sharpen <= MOST_SHARPEN):
        raise ConfigError(f"`sharpen` must be a number from 1 to {MOST_SHARPEN}, got {sharpen}.")
    if sharpen != 1 and temperature == 0:
        raise ConfigError(
            "`sharpen` has no effect at `temperature` 0, where the likeliest text is taken. Leave"
            " one of them out."
        )


def _truncation(config: SampleConfig) -> Truncate | None:
    """Top-k, top-p and min-p as one rule on logits at their temperature; None if all are off."""
    if (config.top_k, config.top_p, config.min_p) == (None, None, None):
        return None
    return lambda logits: rules.truncate(logits, config, np.ones(len(logits)))
