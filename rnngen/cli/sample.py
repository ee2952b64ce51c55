"""`rnngen sample`: new text from a model."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnngen import console
from rnngen.cli import options, texts, values
from rnngen.cli.options import setting
from rnngen.config import SampleConfig, option
from rnngen.errors import CheckpointError, ConfigError
from rnngen.suggest import closest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rnngen.api import LanguageModel
    from rnngen.cli.texts import AnyText, TextLayout
    from rnngen.forms.spec import FormSpec

EXAMPLES = """
\b
Examples:
  rnngen sample haiku "old pond" --form haiku -n 3 --seed 1
  echo "old pond" | rnngen sample haiku - --temperature 0.7 --until line
  rnngen sample -m posts -n 9 --chars 280 --out posts.txt --overwrite
"""
_MOST_PROMPT = 1 << 24  # bytes
OF_FORMS = ("form", "form_file", "acrostic", "particles", "budget_ms", "words", "sharpen")


def command(
    ctx: typer.Context,
    name: options.ModelName = None,
    prompt: Annotated[
        str | None, typer.Argument(help="How the text begins. - reads it from stdin.")
    ] = None,
    model_option: Annotated[
        str | None,
        typer.Option(
            "-m",
            "--model",
            metavar="MODEL",
            autocompletion=options.model_names,
            help="The model. The one argument is then the prompt.",
        ),
    ] = None,
    number: Annotated[
        int, typer.Option("-n", "--number", min=1, help="Number of texts for each prompt.")
    ] = 1,
    seed: Annotated[
        int | None,
        typer.Option(
            "-s",
            "--seed",
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
    temperature: Annotated[
        str | None, setting(SampleConfig, "temperature", "-t", "--temperature")
    ] = None,
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
    sharpen: Annotated[
        float | None,
        typer.Option(
            metavar="A",
            help="With --form, draw from this power of a text's probability.  [default: 1]",
        ),
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
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write all texts into this file.")
    ] = None,
    out_dir: Annotated[
        Path | None, typer.Option(help="Write each text to its own file in this folder.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files of --out and --out-dir that exist.")
    ] = False,
    preset: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|NAME", help="Use the settings of a TOML file in place of the model's."
        ),
    ] = None,
    no_preset: Annotated[
        bool, typer.Option("--no-preset", help="Leave out the settings stored with the model.")
    ] = False,
    quiet: options.QuietNotes = False,
    raw: options.Raw = False,
) -> None:
    r"""Write new text with a model.

    A text ends where the model ends it, where you say, or at --length. A single text is printed
    while it is written. In --stop, --ban, --bias and --separator, \n is a newline and \t a tab.
    With --form each text has the form, and no two are the same. A model may have a preset, such as
    a form, which holds where you say nothing else: see rnngen preset.
    """
    options.check_layout(as_json=as_json, null=null)
    given = _read_settings(ctx.params)
    _ = SampleConfig(**{k: v for k, v in given.items() if k not in OF_FORMS})  # before it is loaded
    options.form(form, form_file, acrostic)
    own = _read_preset(preset, no_preset=no_preset)
    destination = texts.Destination(out, out_dir, overwrite)
    destination.check()
    model, prompt = _model_and_prompt(ctx, model_option)
    stored = model.preset if own is None else own
    if stored and not no_preset:
        given = _with_preset(stored, given, quiet=quiet or as_json)
    config = SampleConfig(**{k: v for k, v in given.items() if k not in OF_FORMS})
    form_asked = options.form(*(given.get(name) for name in ("form", "form_file", "acrostic")))
    search = _search_settings(form_asked, given)
    beginnings = _beginnings(prompt, prompt_file, one_a_line=prompts)
    if strict or not quiet:
        options.check_seen(model, "".join(beginnings), "the prompt", strict=strict)
    layout = _layout(ctx.params, model, is_form=form_asked is not None)
    seed = options.new_seed() if seed is None else seed
    from rnngen.sampling.prompts import normalized

    count, ended = number * len(beginnings), texts.Ended()
    if form_asked is None and count == 1 and destination.is_stdout and not as_json:
        pieces = model.stream(config, beginnings[0], seed=seed)
        ended.add(texts.stream(pieces, layout, normalized(beginnings[0])))
    else:
        written: Iterator[AnyText]
        if form_asked is not None:
            written = model.write_forms(
                form_asked, config, beginnings, n=number, seed=seed, **search
            )
        else:
            asked = [beginning for beginning in beginnings for _ in range(number)]
            written = model.generate(config, asked, seed=seed, indices=range(count))
        is_slow = form_asked is not None or config.best_of > 1 or config.beam is not None
        with texts.shown(ended.watch(written), count, is_slow=is_slow, quiet=quiet) as each:
            destination.write(each, layout, count)
    if not quiet:
        destination.tell(count)
    if not (quiet or as_json):
        ended.tell(config.length)


def _read_preset(asked: str | None, *, no_preset: bool) -> dict[str, Any] | None:
    """The settings that --preset names, before a model is loaded."""
    if asked is None:
        return None
    if no_preset:
        raise ConfigError("--preset and --no-preset exclude each other. Leave one of them out.")
    from rnngen.forms.preset import read

    return read(asked)


def _with_preset(preset: dict[str, Any], given: dict[str, Any], *, quiet: bool) -> dict[str, Any]:
    """The settings given and those of the model's preset; a form that is left out is told of."""
    from rnngen.forms.preset import merge, setting_of_free_text

    merged = merge(preset, given)
    asks_for_form = any(name in merged for name in ("form", "form_file", "acrostic"))
    if "form" in preset and not asks_for_form and not quiet:
        console.remark(
            f"{option(setting_of_free_text(given) or '')} is for free text, so the preset's form "
            f"{preset['form']} is left out. --no-preset says so at once."
        )
    return merged


def _model_and_prompt(ctx: typer.Context, model: str | None) -> tuple[LanguageModel, str | None]:
    """The model that --model, the first argument or nothing names, and the prompt if any."""
    name, prompt = ctx.params["name"], ctx.params["prompt"]
    source = ctx.get_parameter_source("name")
    is_typed = source is not None and source.name == "COMMANDLINE"  # and not $RNNGEN_MODEL
    if model is not None and prompt is not None:
        raise ConfigError(
            f"--model names the model, so the one argument left is the prompt, got {name!r} and "
            f"{prompt!r}."
        )
    if model is not None:
        name, prompt, is_typed = model, name if is_typed else None, False
    from rnngen import api

    name = options.resolve_model(name, quiet=ctx.params["quiet"])
    try:
        return api.load(name), prompt
    except CheckpointError as error:
        if is_typed and prompt is None and _is_like_a_prompt(name):
            raise CheckpointError(f"{error}{_model_first(name)}") from error
        raise


def _is_like_a_prompt(name: str) -> bool:
    """Whether a name that no model has may have been meant to begin a text."""
    from rnngen import runs

    is_place = "/" in name or Path(name).exists()
    return not is_place and (" " in name or not closest(name, runs.models()))


def _model_first(prompt: str) -> str:
    from rnngen import runs

    known = runs.models()
    example = f"rnngen sample {shlex.quote(known[0])} {shlex.quote(prompt)}" if known else ""
    return f" The model comes first, then the prompt: {example}" if known else ""


def _layout(params: dict[str, Any], model: LanguageModel, *, is_form: bool) -> TextLayout:
    """How the options ask for texts to be printed."""
    # Whatever the corpus has, a text of a form may be of several lines.
    between = "\n\n" if is_form else texts.between_documents(model)
    given = params["separator"]
    return texts.TextLayout(
        model,
        show_prompt=not params["no_prompt"],
        as_json=params["as_json"],
        between=between if given is None else values.unescape(given),
        null=params["null"],
        raw=params["raw"],
    )


def _read_settings(params: dict[str, Any]) -> dict[str, Any]:
    """SampleConfig's fields and those of forms, from the options that were given."""
    names = (*SampleConfig.__dataclass_fields__, *OF_FORMS)
    given = {k: v for k, v in params.items() if k in names and v not in (None, [], ())}
    if "temperature" in given:
        given["temperature"] = values.numbers("--temperature", given["temperature"])
    if params["greedy"]:
        if given.get("temperature", (0.0,)) != (0.0,):
            raise ConfigError("--greedy means --temperature 0. Leave one of them out.")
        given["temperature"] = 0.0
    for name in ("stop", "ban"):
        if name in given:  # an empty one asks for nothing
            given[name] = tuple(values.unescape(text) for text in given[name] if text)
            if not given[name]:
                del given[name]
    if "bias" in given:
        given["bias"] = tuple(values.parse_weighted("--bias", text) for text in given["bias"])
    return given


def _search_settings(form: FormSpec | None, given: dict[str, Any]) -> dict[str, Any]:
    """Those of a search for a form. Raises ConfigError if there is no form to use them."""
    search = {name: given[name] for name in OF_FORMS[3:] if name in given}
    for name in search if form is None else ():
        raise ConfigError(f"{option(name)} needs a form. Add --form NAME.")
    return search


def _beginnings(prompt: str | None, file: Path | None, *, one_a_line: bool) -> list[str]:
    """The prompts, one unless each line is one."""
    from rnngen.sampling.prompts import normalized

    if prompt is not None and file is not None:
        raise ConfigError("--prompt-file and a prompt exclude each other. Leave one of them out.")
    if file is not None and str(file) != "-":
        with file.open("rb") as stream:
            text = _decode(stream.read(_MOST_PROMPT + 1), str(file))
    elif prompt == "-" or file is not None or (one_a_line and prompt is None):
        text = _decode(sys.stdin.buffer.read(_MOST_PROMPT + 1), "stdin")
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

    if len(content) > _MOST_PROMPT:
        raise ConfigError(f"{where}: longer than {_MOST_PROMPT >> 20} MB, so no prompt.")
    try:
        # `echo "old pond" | ...` means the words, not the end of the line.
        return normalized(content.decode("utf-8-sig")).removesuffix("\n")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{where}: the prompt is not UTF-8 at byte {error.start}.") from error
