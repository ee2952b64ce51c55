"""A model that stays loaded, with settings that change from text to text: what `chat` talks to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rnngen.cli import options, values
from rnngen.config import SampleConfig, option
from rnngen.errors import ConfigError
from rnngen.suggest import SETTING_SYNONYMS, closest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rnngen.api import LanguageModel
    from rnngen.cli.texts import AnyText
    from rnngen.forms.write import FormWriter

NONE = ("none", "default", "off")
"""What takes a setting back."""
FORM_SETTINGS = {
    "form": "A form that each text must have, such as haiku.",
    "form_file": "A form of your own, a TOML file.",
    "acrostic": "Begin the lines with the letters of a word.",
    "particles": "With /form, drafts to follow for each text.",
    "budget_ms": "With /form, choose /particles so that a text takes this many milliseconds.",
    "words": "With /form, the words that may occur: corpus or dictionary.",
    "sharpen": "With /form, draw from this power of a text's probability.",
}
OF_SEARCH = ("particles", "budget_ms", "words", "sharpen")
"""Those of them that mean nothing without a form."""
OTHERS = {
    "seed": "The same seed gives the same texts, from its first one on.",
    "model": "Another model.",
}
COMMANDS = {"help": "Show this list.", "quit": "End. Ctrl-D does the same."}
CONFIG_FIELDS = SampleConfig.__dataclass_fields__
SETTINGS = (*CONFIG_FIELDS, *FORM_SETTINGS, *OTHERS)
"""All that can be set."""


def slash(name: str) -> str:
    """How a setting is typed: `top_p` is /top-p."""
    return "/" + option(name).lstrip("-")


NAMES = tuple(slash(name) for name in (*SETTINGS, *COMMANDS))


def completions(line: str) -> list[str]:
    """What the last word of a line may become: names of settings, forms and models."""
    name, space, _ = line.partition(" ")
    if not space:
        return [each for each in NAMES if line]
    if name == "/form":
        return options.form_names("")
    return options.model_names("") if name == "/model" else []


def help_lines(conversation: Conversation) -> list[str]:
    """What can be typed, and what is set now."""
    helps = {name: SampleConfig.help(name) for name in CONFIG_FIELDS} | FORM_SETTINGS | OTHERS
    rows = [(f"{slash(k)} {conversation.get(k)}", text) for k, text in helps.items()]
    rows += [(slash(name), text) for name, text in COMMANDS.items()]
    width = max(len(row[0]) for row in rows)
    return [
        "Type how a text begins. An empty line begins a text with nothing, //x one with /x.",
        "Settings have a value, or none for the default:",
        *(f"  {typed:<{width}}  {text}" for typed, text in rows),
    ]


class Conversation:
    """Writes a text for each prompt, in turn: text i of a seed is text i of `rnngen sample`."""

    def __init__(
        self, name: str, model: LanguageModel, given: dict[str, str], *, seed: int
    ) -> None:
        """given: settings as they are typed, which go before those of the model's preset."""
        self.name, self.model, self.seed = name, model, seed
        self._given: dict[str, Any] = {}  # of CONFIG_FIELDS and FORM_SETTINGS, what was set
        self._next = 0
        self._config = SampleConfig()
        self._writer: FormWriter | None = None
        self._last: AnyText | None = None
        own = {field: values.of_setting(field, text) for field, text in given.items()}
        self._use(model, _with_preset(model, own))

    def set(self, name: str, text: str) -> None:
        """Give a setting the value that `text` stands for; "none" takes it back.

        Raises ConfigError, and what loading a model raises; nothing is changed then.
        """
        field = name.replace("-", "_")
        if field not in SETTINGS:
            found = closest(name, (*SETTINGS, *COMMANDS), SETTING_SYNONYMS)
            meant = f" Did you mean {slash(found)}?" if found else ""
            raise ConfigError(f"there is no setting {slash(name)}.{meant} /help lists them.")
        if field == "model":
            self._load(text)
        elif field == "seed":
            self.seed, self._next = values.whole(field, text), 0
        elif text.lower() in NONE:
            gone = (field, *OF_SEARCH) if field == "form" else (field,)
            self._use(self.model, {k: v for k, v in self._given.items() if k not in gone})
        else:
            self._use(
                self.model,
                {**self._given, field: values.of_setting(field, text, self._given.get(field))},
            )

    def get(self, name: str) -> str:
        """The value of a setting, as it is typed."""
        field = name.replace("-", "_")
        if field in OTHERS:
            return str({"seed": self.seed, "model": self.name}[field])
        value = self._given.get(field, getattr(self._config, field, None))
        if field == "bias":
            value = [f"{text}={amount:g}" for text, amount in value or ()]
        if isinstance(value, tuple | list):
            return ",".join(map(str, value)) or "none"
        return "none" if value is None else str(value)

    @property
    def length(self) -> int:
        """Tokens of a text, at most."""
        return self._config.length

    def write(self, prompt: str) -> Iterator[str]:
        """The next text, its prompt first, piece by piece as it is written."""
        from rnngen.sampling.prompts import normalized

        index, self._next, self._last = self._next, self._next + 1, None
        if self._writer is not None:
            [text] = self._writer.write(prompt, seed=self.seed, first=index)
            yield text.prompt
            yield text.text
            self._last = text
            return
        pieces = self.model.stream(self._config, prompt, seed=self.seed, index=index)
        yield normalized(prompt)
        self._last = yield from pieces

    def last_text(self) -> AnyText:
        """The text that `write` has just finished."""
        assert self._last is not None, "it was stopped"
        return self._last

    def _load(self, name: str) -> None:
        from rnngen import api

        model, old = api.load(name), self.model.preset
        own = {k: v for k, v in self._given.items() if k not in old or v != old[k]}
        self._use(model, _with_preset(model, own))
        self.name = name

    def _use(self, model: LanguageModel, given: dict[str, Any]) -> None:
        """Take up a model and settings if they go together."""
        config = SampleConfig(**{k: v for k, v in given.items() if k in CONFIG_FIELDS})
        form = options.form(given.get("form"), given.get("form_file"), given.get("acrostic"))
        search = {k: given[k] for k in OF_SEARCH if k in given}
        if form is None:
            for name in search:
                raise ConfigError(f"`{name}` needs a form. Set `form` first.")
            writer = None
        else:
            from rnngen.forms.write import FormWriter

            writer = FormWriter(model, form, config, **search)
        self.model, self._given, self._config, self._writer = model, given, config, writer


def _with_preset(model: LanguageModel, given: dict[str, Any]) -> dict[str, Any]:
    """What was set, and for the rest how the model is sampled if nothing else is said."""
    if not model.preset:
        return given
    from rnngen.forms.preset import merge

    return merge(model.preset, given)
