"""`rnngen chat`: one model, loaded once, and a text for each line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from rnngen import console
from rnngen.cli import options, texts
from rnngen.cli.conversation import SETTINGS, completions, help_lines, slash
from rnngen.cli.options import setting
from rnngen.config import SampleConfig
from rnngen.errors import ConfigError, RnngenError, spell_settings

if TYPE_CHECKING:
    from rnngen.cli.conversation import Conversation

EXAMPLES = """
\b
Examples:
  rnngen chat haiku
  rnngen chat lyrics --temperature 0.6 --seed 1
  printf 'old pond\\n/form haiku\\nfirst snow\\n' | rnngen chat haiku
"""
PROMPT = "> "


def command(
    ctx: typer.Context,
    name: options.ModelName = None,
    form: options.Form = None,
    length: Annotated[int | None, setting(SampleConfig, "length")] = None,
    temperature: Annotated[
        str | None, setting(SampleConfig, "temperature", "-t", "--temperature")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            "-s",
            "--seed",
            min=0,
            envvar="RNNGEN_SEED",
            help="The same seed and lines give the same texts. Default: new texts.",
        ),
    ] = None,
    no_prompt: Annotated[
        bool, typer.Option("--no-prompt", help="Print the new text without the line you typed.")
    ] = False,
    null: Annotated[
        bool, typer.Option("-0", "--null", help="End each text with a NUL byte.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per line.")
    ] = False,
    quiet: options.QuietNotes = False,
    raw: options.Raw = False,
) -> None:
    """Write text after text: each line you type begins one.

    The model stays loaded. An empty line begins a text with nothing. A line like /temperature 0.6
    changes a setting, by its name in rnngen sample. /help lists them. Ctrl-C stops a text. Ctrl-D
    ends. In a pipe each line of stdin is a prompt.
    """
    from rnngen import api
    from rnngen.cli.conversation import Conversation

    options.check_layout(as_json=as_json, null=null)
    name = options.resolve_model(name, quiet=quiet)
    seed = options.new_seed() if seed is None else seed
    fields = ("form", "length", "temperature")
    given = {each: str(ctx.params[each]) for each in fields if ctx.params[each] is not None}
    conversation = Conversation(name, api.load(name), given, seed=seed)
    chat = _Chat(conversation, show_prompt=not no_prompt, null=null, as_json=as_json, raw=raw)
    chat.is_quiet = quiet
    if sys.stdin.isatty():
        _answer_person(chat)
    else:
        _answer_pipe(chat)


class _Chat:
    """Answers lines: with a text, or by a setting that is changed or shown."""

    def __init__(
        self,
        conversation: Conversation,
        *,
        show_prompt: bool,
        null: bool,
        as_json: bool,
        raw: bool,
    ) -> None:
        self.conversation = conversation
        self.is_over = False
        self.is_quiet = False
        self._show_prompt, self._null, self._as_json, self._raw = show_prompt, null, as_json, raw

    def answer(self, line: str, *, between: str, end: str) -> bool:
        """Do what a line says; whether it wrote a text.

        between: comes before the text.  end: after it, unless it is JSON or ends with a NUL.
        """
        if line.startswith("/") and not line.startswith("//"):
            name, _, value = line[1:].strip().partition(" ")
            self._obey(name, value.strip())
            return False
        prompt = line.removeprefix("/") if line.startswith("//") else line
        if not self.is_quiet:
            options.check_seen(self.conversation.model, prompt, "the prompt")
        if self._as_json:
            self._write_json(prompt)
        elif self._null:
            self._write(prompt, "", "\0")
        else:
            self._write(prompt, between, end)
        return True

    def _obey(self, name: str, value: str) -> None:
        if name in ("quit", "exit"):
            self.is_over = True
        elif name in ("", "help"):
            for line in help_lines(self.conversation):
                console.note(line)
        elif value or name.replace("-", "_") not in SETTINGS:
            self.conversation.set(name, value)
        else:
            console.note(f"{slash(name)} {self.conversation.get(name)}")

    def _write(self, prompt: str, between: str, end: str) -> None:
        pieces = self.conversation.write(prompt)
        first = next(pieces)  # what cannot be written is refused before anything is printed
        self._put(between + (first if self._show_prompt else ""))
        for piece in pieces:
            self._put(piece)
        self._put(end)
        ended = texts.Ended()
        ended.add(self.conversation.last_text())
        if not self.is_quiet:
            ended.tell(self.conversation.length, sign="/")

    def _write_json(self, prompt: str) -> None:
        for _ in self.conversation.write(prompt):
            pass
        facts = self.conversation.model.describe(self.conversation.last_text())
        self._put(console.to_json(facts) + "\n")

    def _put(self, text: str) -> None:
        console.put(text, raw=self._raw)


def _answer_person(chat: _Chat) -> None:
    """Answer lines of a terminal until they end. A mistake is told and changes nothing."""
    from rnngen.console.lines import LineReader

    reader = LineReader(PROMPT, completions)
    if not chat.is_quiet:
        name = chat.conversation.name
        console.note(f"{name}: type how a text begins, or /help. Ctrl-D ends.")
    while not chat.is_over:
        try:
            chat.answer(reader.read(), between="", end="\n\n")
        except EOFError:
            console.note("")
            return
        except KeyboardInterrupt:
            console.note("")
        except RnngenError as error:
            console.error(spell_settings(str(error), slash))


def _answer_pipe(chat: _Chat) -> None:
    """Answer each line of stdin until one is a mistake, which ends the program."""
    has_written = False
    for number, data in enumerate(sys.stdin.buffer, 1):
        try:
            line = data.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
            between = texts.between_documents(chat.conversation.model).removeprefix("\n")
            has_written |= chat.answer(line, between=between if has_written else "", end="\n")
        except UnicodeDecodeError as error:
            raise ConfigError(f"stdin, line {number}: not UTF-8 at byte {error.start}.") from error
        except RnngenError as error:
            message = spell_settings(str(error), slash)
            raise type(error)(f"stdin, line {number}: {message}") from error
        if chat.is_over:
            return
