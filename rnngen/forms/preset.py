"""How a model is best sampled: settings that hold where a user gives none.

{"form": "haiku", "particles": 2, "temperature": 0.7, "best_of": 24}

They are stored with a model, or written in a TOML file: as they are, or several by name.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen import runs
from rnngen.config import SampleConfig, read_toml
from rnngen.config.sampling import OF_DRAWING
from rnngen.errors import CheckpointError, ConfigError, RnngenError
from rnngen.forms import spec
from rnngen.forms.write import FORM_SETTINGS, check_sharpen
from rnngen.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

OF_SEARCH = ("form", "particles", "words", "sharpen")
"""Settings that a preset may have besides those of SampleConfig. A form is one by name: a preset
travels with its model, and files do not."""
OF_ANY_FORM = tuple(name for name in FORM_SETTINGS if name != "best_of")
NAMES = (*SampleConfig.__dataclass_fields__, *OF_SEARCH)


PRESETS_FILE = "presets.toml"
"""Where presets have names, in the folder of runs: [presets.NAME]."""


def read(asked: str) -> dict[str, Any]:
    """The preset of a TOML file, or the one of this name in PRESETS_FILE.

    asked: a file if it ends in .toml or names a folder.
    Raises ConfigError that names the file for one that is not there or cannot be.
    """
    path = Path(asked)
    if path.suffix == ".toml" or len(path.parts) > 1:
        found, where = read_toml(path), str(path)
    else:
        file = runs.home() / PRESETS_FILE
        if not file.is_file():
            raise ConfigError(
                f"preset {asked!r}: {file}, where presets have names, is not there. Write it, or"
                " name a TOML file."
            )
        tables = read_toml(file).get("presets", {})
        names = sorted(tables) if isinstance(tables, dict) else []
        if asked not in names or not isinstance(tables[asked], dict):
            raise ConfigError(
                f"{file}: there is no table [presets.{asked}].{did_you_mean(asked, names)}"
            )
        found, where = tables[asked], f"{file}, {asked}"
    try:
        check(found)
    except (RnngenError, TypeError, ValueError) as error:
        raise ConfigError(f"{where}: {error}") from error
    return found


def check(preset: Mapping[str, Any]) -> None:
    """Raises ConfigError for a setting that cannot be, or that does not go with the others."""
    for name in preset:
        if name not in NAMES:
            raise ConfigError(
                f"a preset has no setting {name!r}.{did_you_mean(name, NAMES)} "
                f"It may have: {', '.join(NAMES)}."
            )
    form = preset.get("form")
    if form is not None and form not in spec.builtin_names():
        raise ConfigError(
            f"a preset's `form` must be one of {', '.join(spec.builtin_names())}, got {form}."
        )
    for name in OF_SEARCH[1:] if form is None else ():
        if name in preset:
            raise ConfigError(f"`{name}` needs a form. Add `form`.")
    if form is not None and (others := preset.keys() - {*FORM_SETTINGS, *OF_SEARCH}):
        raise ConfigError(f"`{min(others)}` has no effect with `form`. Leave one of them out.")
    config = SampleConfig(
        **{name: value for name, value in preset.items() if name not in OF_SEARCH}
    )
    if "sharpen" in preset:
        check_sharpen(preset["sharpen"], config.temperatures[0])


def setting_of_free_text(given: Mapping[str, Any]) -> str | None:
    """A setting among those given that no form takes, so that free text is meant; None if none is.

    A form has one temperature for all texts, so several ask for free text, too.
    """
    temperature = given.get("temperature")
    if isinstance(temperature, tuple) and len(temperature) > 1:
        return "temperature"
    names = given.keys() & SampleConfig.__dataclass_fields__.keys() - {*FORM_SETTINGS}
    return min(names, default=None)


def merge(preset: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings a text is drawn with: those given, and for the others the preset's.

    given: settings by name; a form also under `form_file` or `acrostic`.
    What is given decides what kind of text it is. A setting that no form takes asks for free text,
    and then nothing of a preset with a form applies. Of another form than the preset's, only what
    suits any form does: how much work pays depends on the form.
    Raises CheckpointError for a preset that cannot be.
    """
    try:
        check(preset)
    except (RnngenError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"the model's preset cannot be used: {error} Pass `no_preset` to do without."
        ) from error
    wants_form = bool(given.keys() & {"form", "form_file", "acrostic"})
    wants_free = setting_of_free_text(given) is not None
    chosen = dict(preset)
    if wants_free and not wants_form and "form" in preset:
        return dict(given)
    if wants_form and given.get("form") != preset.get("form"):
        chosen = {name: value for name, value in preset.items() if name in OF_ANY_FORM}
    if "budget_ms" in given:
        chosen.pop("particles", None)
    if given.get("temperature") in (0, (0,)):
        chosen.pop("best_of", None)
        chosen.pop("sharpen", None)
    if "beam" in given:
        chosen = {name: value for name, value in chosen.items() if name not in OF_DRAWING}
    return {**chosen, **given}
