"""`rnngen sample --form`: what the options ask for, and the texts that have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rnngen.cli import options
from rnngen.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rnngen.api import LanguageModel
    from rnngen.config import SampleConfig
    from rnngen.forms.pages import FormText
    from rnngen.forms.spec import FormSpec

BETWEEN = "\n\n"
"""A blank line, whatever the corpus has: a text may be of several lines."""


def wanted(params: dict[str, Any]) -> FormSpec | None:
    """The form that the options ask for; None if they ask for free text. Raises ConfigError."""
    form = options.form(params["form"], params["form_file"], params["acrostic"])
    for name in ("particles", "words"):
        if form is None and params[name] is not None:
            raise ConfigError(f"--{name} is for texts of a form; add --form NAME.")
    return form


def texts(
    model: LanguageModel,
    form: FormSpec,
    config: SampleConfig,
    prompts: Sequence[str],
    seed: int,
    params: dict[str, Any],
) -> Iterator[FormText]:
    """The texts of the run, in order."""
    given = {name: params[name] for name in ("particles", "words") if params[name] is not None}
    return model.write_forms(form, config, prompts, n=params["number"], seed=seed, **given)
