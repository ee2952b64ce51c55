"""`rnngen sample`: new text from a model."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnngen import console
from rnngen.cli import options, values
from rnngen.cli.options import setting
from rnngen.config import SampleConfig, option
from rnngen.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rnngen.api import LanguageModel
    from rnngen.forms.distinct import FormText
    from rnngen.forms.spec import FormSpec
    from rnngen.sampling.draft import SampledText

    AnyText = SampledText | FormText

EXAMPLES = """
\b
Examples:
  rnngen sample haiku "old pond" --form haiku -n 3 --seed 1
  echo "old pond" | rnngen sample haiku - --temperature 0.7 --until line
  rnngen sample posts -n 100 --chars 280 --json > posts.jsonl
"""
SEPARATORS = {"line": "\n", "section": "\n\n\n"}


def command(
    ctx: typer.Context,
    name: options.ModelName = None,
    prompt: Annotated[
        str | None, typer.Argument(help="How the text begins. - reads it from stdin.")
    ] = None,
    number: Annotated[
        int, typer.Option("-n", "--number", min=1, help="Number of texts for each prompt.")
    ] = 1,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            envvar="RNNGEN_SEED",
            help="The same seed gives the same texts. Default: new texts.",
        ),
    ] = None,
    label: Annotated[str | None, setting(SampleConfig, "label")] = None,
    length: Annotated[int | None, setting(SampleConfig, "length")] = None,
    chars: Annotated[int | None, setting(SampleConfig, "chars")] = None,
    min_chars: Annotated[int | None, setting(SampleConfig, "min_chars")] = None,
    stop: Annotated[list[str] | None, setting(SampleConfig, "stop")] = None,
    until: Annotated[str | None, setting(SampleConfig, "until")] = None,
    temperature: Annotated[str | None, setting(SampleConfig, "temperature")] = None,
    greedy: Annotated[bool, typer.Option("--greedy", help="The same as --temperature 0.")] = False,
    top_k: Annotated[int | None, setting(SampleConfig, "top_k")] = None,
    top_p: Annotated[float | None, setting(SampleConfig, "top_p")] = None,
    min_p: Annotated[float | None, setting(SampleConfig, "min_p")] = None,
    typical: Annotated[float | None, setting(SampleConfig, "typical")] = None,
    repetition_penalty: Annotated[float | None, setting(SampleConfig, "repetition_penalty")] = None,
    repetition_window: Annotated[int | None, setting(SampleConfig, "repetition_window")] = None,
    bias: Annotated[list[str] | None, setting(SampleConfig, "bias")] = None,
    ban: Annotated[list[str] | None, setting(SampleConfig, "ban")] = None,
    novel: Annotated[int | None, setting(SampleConfig, "novel")] = None,
    best_of: Annotated[int | None, setting(SampleConfig, "best_of")] = None,
    beam: Annotated[int | None, setting(SampleConfig, "beam")] = None,
    form: options.Form = None,
    form_file: options.FormFile = None,
    acrostic: options.Acrostic = None,
    particles: Annotated[
        int | None,
        typer.Option(
            min=1, max=4096, help="With --form, drafts to follow for each text.  [default: 16]"
        ),
    ] = None,
    budget_ms: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="With --form, choose --particles so that a text takes this many milliseconds.",
        ),
    ] = None,
    words: Annotated[
        str | None,
        typer.Option(metavar="corpus|dictionary", help="With --form, the words that may occur."),
    ] = None,
    prompt_file: Annotated[
        Path | None, typer.Option("-f", "--prompt-file", help="File that holds the prompt.")
    ] = None,
    prompts: Annotated[
        bool, typer.Option("--prompts", help="Treat each line of the prompt as a prompt.")
    ] = False,
    no_prompt: Annotated[
        bool, typer.Option("--no-prompt", help="Print the new text without the prompt.")
    ] = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Refuse a prompt with characters that the model has never seen."
        ),
    ] = False,
    separator: Annotated[
        str | None,
        typer.Option(help="Print this between texts. Default: what separates documents."),
    ] = None,
    null: Annotated[
        bool, typer.Option("-0", "--null", help="End each text with a NUL byte.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per line.")
    ] = False,
    out_dir: Annotated[
        Path | None, typer.Option(help="Write each text to its own file in this folder.")
    ] = None,
) -> None:
    r"""Write new text with a model.

    A text ends where the model ends it, where you say, or at --length. A single text is printed
    while it is written. In --stop, --ban, --bias and --separator, \n is a newline and \t a tab.
    With --form each text has the form, and no two are the same.
    """
    config = SampleConfig(**_read_settings(ctx.params))
    form_asked = options.form(form, form_file, acrostic)
    search = _search_settings(form_asked, particles=particles, budget_ms=budget_ms, words=words)
    from rnngen import api, runs

    model = api.load(name or runs.latest())
    beginnings = _beginnings(prompt, prompt_file, one_a_line=prompts)
    options.check_seen(model, "".join(beginnings), "the prompt", strict=strict)
    seed = _new_seed() if seed is None else seed
    show_prompt = not no_prompt
    if form_asked is None and number == 1 and len(beginnings) == 1 and not (as_json or out_dir):
        _stream(model, config, beginnings[0], seed, show_prompt, "\0" if null else "\n")
        return
    asked = [beginning for beginning in beginnings for _ in range(number)]
    texts: Iterator[AnyText]
    between = _between(model)
    if form_asked is not None:
        texts = model.write_forms(form_asked, config, beginnings, n=number, seed=seed, **search)
        between = "\n\n"  # whatever the corpus has: a text may be of several lines
    else:
        texts = model.generate(config, asked, seed=seed, indices=range(len(asked)))
    if out_dir:
        _write_files(model, texts, out_dir, len(asked), show_prompt, as_json)
    elif as_json:
        for text in texts:
            _put(_json(model, text) + "\n")
    else:
        between = between if separator is None else values.unescape(separator)
        _print_all(texts, show_prompt, "\0" if null else "", "" if null else between)


def _read_settings(params: dict[str, Any]) -> dict[str, Any]:
    """SampleConfig's fields, from the options that were given."""
    fields = SampleConfig.__dataclass_fields__
    given = {k: v for k, v in params.items() if k in fields and v not in (None, [])}
    if "temperature" in given:
        given["temperature"] = values.numbers("--temperature", given["temperature"])
    if params["greedy"]:
        if given.get("temperature", (0.0,)) != (0.0,):
            raise ConfigError("--greedy means --temperature 0. Leave one of them out.")
        given["temperature"] = 0.0
    for name in ("stop", "ban"):
        if name in given:
            given[name] = tuple(values.unescape(text) for text in given[name])
    if "bias" in given:
        given["bias"] = tuple(values.parse_weighted("--bias", text) for text in given["bias"])
    return given


def _search_settings(form: FormSpec | None, **options: Any) -> dict[str, Any]:
    """Those of the options that were given. Raises ConfigError if there is no form to use them."""
    given = {name: value for name, value in options.items() if value is not None}
    for name in given if form is None else ():
        raise ConfigError(f"{option(name)} needs a form. Add --form NAME.")
    return given


def _beginnings(prompt: str | None, file: Path | None, *, one_a_line: bool) -> list[str]:
    """The prompts, one unless each line is one."""
    from rnngen.sampling.prompts import normalized

    if prompt is not None and file is not None:
        raise ConfigError("--prompt-file and a prompt exclude each other. Leave one of them out.")
    if file is not None and str(file) != "-":
        text = _decode(file.read_bytes(), str(file))
    elif prompt == "-" or file is not None or (one_a_line and prompt is None):
        text = _decode(sys.stdin.buffer.read(), "stdin")
    else:
        text = prompt or ""
    if not one_a_line:
        return [text]
    text = normalized(text).removesuffix("\n")
    if not text:
        raise ConfigError("--prompts needs at least one line, but the prompt is empty.")
    return text.split("\n")  # only where lines end in a text that is trained on


def _decode(content: bytes, where: str) -> str:
    from rnngen.sampling.prompts import normalized

    try:
        # `echo "old pond" | ...` means the words, not the end of the line.
        return normalized(content.decode("utf-8-sig")).removesuffix("\n")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{where}: the prompt is not UTF-8 at byte {error.start}.") from error


def _new_seed() -> int:
    return int.from_bytes(os.urandom(4), "little")


def _between(model: LanguageModel) -> str:
    """What stands between documents in the text the model learned from."""
    return SEPARATORS.get(model.facts.get("corpus", {}).get("documents", ""), "\n\n")


def _put(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _stream(
    model: LanguageModel, config: SampleConfig, prompt: str, seed: int, show_prompt: bool, end: str
) -> None:
    from rnngen.sampling.prompts import normalized

    pieces = model.stream(config, prompt, seed=seed)  # first: it refuses what cannot be
    if show_prompt:
        _put(normalized(prompt))
    for piece in pieces:
        _put(piece)
    _put(end)


def _print_all(texts: Iterator[AnyText], show_prompt: bool, end: str, between: str) -> None:
    """Each text as soon as it is finished; a newline ends the last one unless `end` does."""
    for text in texts:
        _put((between if text.index else "") + _format_text(text, show_prompt) + end)
    _put("" if end else "\n")


def _format_text(text: AnyText, show_prompt: bool) -> str:
    return (text.prompt if show_prompt else "") + text.text


def _json(model: LanguageModel, text: AnyText) -> str:
    return console.to_json(model.describe(text))


def _write_files(
    model: LanguageModel,
    texts: Iterator[AnyText],
    folder: Path,
    count: int,
    show_prompt: bool,
    as_json: bool,
) -> None:
    """`0001.txt` and so on; a file that is there is not replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    width = max(4, len(str(count)))
    for text in texts:
        content = (_json(model, text) if as_json else _format_text(text, show_prompt)) + "\n"
        path = folder / f"{text.index + 1:0{width}}.{'json' if as_json else 'txt'}"
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(content)
