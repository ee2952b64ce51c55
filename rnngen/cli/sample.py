"""`rnngen sample`: new text from a model."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnngen import console
from rnngen.cli.options import setting
from rnngen.config import SampleConfig
from rnngen.errors import ConfigError

if TYPE_CHECKING:
    from rnngen.api import LanguageModel

SEPARATORS = {"line": "\n", "section": "\n\n\n"}


def command(
    ctx: typer.Context,
    name: Annotated[
        str | None, typer.Argument(help="A model's name or path; the last one written if left out.")
    ] = None,
    prompt: Annotated[
        str | None, typer.Argument(help="How the text begins; - reads it from stdin.")
    ] = None,
    n: Annotated[int, typer.Option("-n", "--number", min=1, help="How many texts.")] = 1,
    length: Annotated[int | None, setting(SampleConfig, "length")] = None,
    temperature: Annotated[float | None, setting(SampleConfig, "temperature")] = None,
    top_k: Annotated[int | None, setting(SampleConfig, "top_k")] = None,
    top_p: Annotated[float | None, setting(SampleConfig, "top_p")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The same seed gives the same texts; else new ones.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse a prompt with characters the model never saw.")
    ] = False,
) -> None:
    """Write new text with a model.

    A text ends where the model ends it, or at --length. One text is printed as it is written.
    """
    config = SampleConfig(**_given(ctx.params))
    from rnngen import api, runs

    model = api.load(name or runs.latest())
    start = _prompt(prompt)
    _check_prompt(model, start, strict=strict)
    seed = _new_seed() if seed is None else seed
    if n == 1:
        _stream(model, config, start, seed)
        return
    separator = SEPARATORS.get(model.facts.get("corpus", {}).get("documents", ""), "\n\n")
    texts = model.generate(config, start, seed=seed, indices=range(n))
    for text in texts:
        sys.stdout.write(separator if text.index else "")
        sys.stdout.write(text.prompt + text.text)
        sys.stdout.flush()
    sys.stdout.write("\n")


def _given(params: dict[str, Any]) -> dict[str, Any]:
    fields = SampleConfig.__dataclass_fields__
    return {k: v for k, v in params.items() if k in fields and v is not None}


def _prompt(prompt: str | None) -> str:
    if prompt != "-":
        return prompt or ""
    try:
        # `echo "old pond" | ...` means the words, not the end of the line.
        return sys.stdin.buffer.read().decode("utf-8").removesuffix("\n")
    except UnicodeDecodeError as error:
        raise ConfigError(f"stdin: the prompt is not UTF-8 at byte {error.start}.") from error


def _check_prompt(model: LanguageModel, prompt: str, *, strict: bool) -> None:
    if not (unseen := model.unseen(prompt)):
        return
    shown = ", ".join(repr(character) for character in unseen[:10])
    more = f" and {len(unseen) - 10} more" if len(unseen) > 10 else ""
    message = f"the model never saw {shown}{more} in its training text"
    if strict:
        raise ConfigError(f"the prompt cannot be used: {message}. Leave --strict out to try.")
    console.note(f"rnngen: note: {message}; what follows may be odd.")


def _new_seed() -> int:
    import secrets

    return secrets.randbits(32)


def _stream(model: LanguageModel, config: SampleConfig, prompt: str, seed: int) -> None:
    from rnngen.api import normalized

    sys.stdout.write(normalized(prompt))
    for piece in model.stream(config, prompt, seed=seed):
        sys.stdout.write(piece)
        sys.stdout.flush()
    sys.stdout.write("\n")
