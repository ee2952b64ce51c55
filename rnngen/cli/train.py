"""`rnngen train`: a model from text files."""

from __future__ import annotations

import dataclasses
import shlex
import signal
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnngen import console
from rnngen.cli import options
from rnngen.cli.options import setting
from rnngen.config import BUDGET, ModelConfig, TrainConfig, option, read_toml
from rnngen.errors import ConfigError, TrainingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rnngen.checkpoint import Model
    from rnngen.training.events import Stopped
    from rnngen.training.plan import Plan, Pretrained
    from rnngen.training.processes import Group
    from rnngen.training.tensorboard import Scalars

INTERRUPTED = 130
EXAMPLES = """
\b
Examples:
  rnngen train corpora/haiku.txt --minutes 2
  rnngen train poems/ 'more/*.txt.gz' --name poems --cell gru
  rnngen train --resume --name poems
"""
SAMPLE_LENGTH = 160


def command(
    ctx: typer.Context,
    files: options.Files = None,
    name: Annotated[
        str | None,
        typer.Option("--name", help="Name of the run. Default: the name of the first file."),
    ] = None,
    output: options.Output = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Continue a run that stopped. --minutes, --epochs or --steps move its end.",
        ),
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing run.")
    ] = False,
    init_from: options.InitFrom = None,
    minutes: Annotated[float | None, setting(TrainConfig, "minutes", "--minutes", "-m")] = None,
    epochs: Annotated[float | None, setting(TrainConfig, "epochs")] = None,
    steps: Annotated[int | None, setting(TrainConfig, "steps")] = None,
    cell: Annotated[str | None, setting(ModelConfig, "cell")] = None,
    hidden_size: Annotated[int | None, setting(ModelConfig, "hidden_size")] = None,
    num_layers: Annotated[int | None, setting(ModelConfig, "num_layers")] = None,
    embedding_dim: Annotated[int | None, setting(ModelConfig, "embedding_dim")] = None,
    dropout: Annotated[float | None, setting(ModelConfig, "dropout")] = None,
    tie_weights: Annotated[
        bool | None, setting(ModelConfig, "tie_weights", "--tie-weights/--no-tie-weights")
    ] = None,
    norm: Annotated[bool | None, setting(ModelConfig, "norm", "--norm/--no-norm")] = None,
    skip: Annotated[bool | None, setting(ModelConfig, "skip", "--skip/--no-skip")] = None,
    ngrams: Annotated[int | None, setting(ModelConfig, "ngrams")] = None,
    ngram_buckets: Annotated[int | None, setting(ModelConfig, "ngram_buckets")] = None,
    ngram_dim: Annotated[int | None, setting(ModelConfig, "ngram_dim")] = None,
    batch_size: Annotated[int | None, setting(TrainConfig, "batch_size")] = None,
    seq_len: Annotated[int | None, setting(TrainConfig, "seq_len")] = None,
    learning_rate: Annotated[float | None, setting(TrainConfig, "learning_rate")] = None,
    ngram_rate: Annotated[float | None, setting(TrainConfig, "ngram_rate")] = None,
    final_rate: Annotated[float | None, setting(TrainConfig, "final_rate")] = None,
    warmup_steps: Annotated[int | None, setting(TrainConfig, "warmup_steps")] = None,
    weight_decay: Annotated[float | None, setting(TrainConfig, "weight_decay")] = None,
    clip: Annotated[float | None, setting(TrainConfig, "clip")] = None,
    patience: Annotated[int | None, setting(TrainConfig, "patience")] = None,
    evaluations: Annotated[int | None, setting(TrainConfig, "evaluations")] = None,
    valid_fraction: Annotated[float | None, setting(TrainConfig, "valid_fraction")] = None,
    valid_tokens: Annotated[int | None, setting(TrainConfig, "valid_tokens")] = None,
    valid: Annotated[
        str | None, typer.Option(help="Hold out this file instead of a share of the text.")
    ] = None,
    documents: options.Documents = None,
    encoding: options.Encoding = None,
    column: options.Column = None,
    errors: options.Errors = None,
    format: options.Format = None,
    delimiter: options.Delimiter = None,
    quoting: options.Quoting = None,
    strict: options.StrictRows = None,
    tokenizer: options.TokenizerKind = None,
    vocab_size: options.VocabSize = None,
    subwords: options.Subwords = None,
    min_count: options.MinCount = None,
    novelty: options.Novelty = None,
    precision: Annotated[str | None, setting(TrainConfig, "precision")] = None,
    device: Annotated[str | None, setting(TrainConfig, "device")] = None,
    threads: Annotated[int | None, setting(TrainConfig, "threads")] = None,
    seed: Annotated[int | None, setting(TrainConfig, "seed")] = None,
    config: options.ConfigFile = None,
    tensorboard: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Also write the losses to DIR/NAME for TensorBoard."),
    ] = None,
    quiet: options.Quiet = False,
) -> None:
    """Train a model on text files and keep it under checkpoints/NAME.

    rnngen chooses what you leave out from the text, the machine and the time, and prints it.
    Ctrl-C saves the run and stops. --resume continues it.
    """
    given = _read_settings(ctx.params, config)
    if not resume and not files:
        raise ConfigError("name a text file to train on, or --resume a run by its --name.")
    if resume and init_from is not None:
        raise ConfigError(
            "--init-from starts a run, --resume continues one. Leave one of them out."
        )
    if resume and files and (name or output):
        raise ConfigError(
            "--resume continues with the text of the run, so leave out the files. To teach the "
            f"model another text, start a run with --init-from {name or output}."
        )
    from rnngen import runs
    from rnngen.training import processes

    folder = options.new_folder(name, output, lambda: _stem(files, resume=resume))
    with processes.join_group() as group, _owned(folder, group, resume=resume):
        quiet = quiet or not group.is_first
        if not resume and group.has_begun():  # started anew, with the command as it was
            overwrite = True
            if group.broadcast((folder / runs.TRAINING_FILE).is_file()):
                resume, given = True, {}
        scalars = None
        if tensorboard and group.is_first:
            scalars = _scalars(tensorboard / folder.name, resume=resume)
        with group.first_rank_first():
            if resume:
                plan = _resumed_plan(folder, given)
            else:
                overwrite = overwrite or not group.is_first
                plan = _new_plan(
                    files or [], folder, given, init_from, overwrite=overwrite, quiet=quiet
                )
                group.check(plan.config.batch_size)
                if group.is_first:
                    group.mark_begun()
                    runs.make_ready(plan.folder)
        plan = dataclasses.replace(plan, sample=_sample)
        stopped = _run(plan, scalars, resume=resume, quiet=quiet, group=group)
        _report(stopped, plan.folder, quiet=quiet, first=group.is_first)


def _read_settings(params: dict[str, Any], config: Path | None) -> dict[str, Any]:
    """What the user fixed: the TOML file's settings, and over them the options'."""
    names = [f.name for c in (ModelConfig, TrainConfig) for f in dataclasses.fields(c)]
    known = {*names, *options.TEXT}
    from_file = read_toml(config) if config else {}
    if unknown := sorted(set(from_file) - known):
        raise ConfigError(
            f"{config}: unknown setting {unknown[0]!r}. Known settings: {', '.join(sorted(known))}."
        )
    from_options = {k: v for k, v in params.items() if k in known and v is not None}
    return from_file | from_options


@contextmanager
def _owned(folder: Path, group: Group, *, resume: bool) -> Iterator[None]:
    """The run is this launch's alone; the first of its processes sees to that."""
    from rnngen import runs

    is_there = folder.is_dir() or not resume
    with runs.owned(folder) if group.is_first and is_there else nullcontext():
        yield


def _new_plan(
    files: list[str],
    folder: Path,
    given: dict[str, Any],
    init_from: str | None,
    *,
    overwrite: bool,
    quiet: bool,
) -> Plan:
    """A new run, shown to the user."""
    from rnngen import runs
    from rnngen.training.plan import new_plan

    runs.check_free(folder, overwrite=overwrite)
    settings = {k: v for k, v in given.items() if k not in options.TEXT}
    text = options.text(files, given)
    pretrained = _load_pretrained(init_from, given)
    device = _device_kind(given)
    with console.counting("tokenizing", "characters", quiet=quiet) as progress:
        note = None if quiet else console.translated_note
        plan, recipe = new_plan(
            text,
            folder,
            settings,
            home=runs.home(),
            pretrained=pretrained,
            device=device,
            progress=progress,
            note=note,
        )
    if not quiet:
        console.show_corpus(plan.facts["corpus"])
        console.show_recipe(recipe)
    return plan


def _load_pretrained(name: str | None, given: dict[str, Any]) -> Pretrained | None:
    """The model that --init-from names."""
    if name is None:
        return None
    if tokens := {"tokenizer", "vocab_size", "subwords"} & given.keys():
        raise ConfigError(
            f"{option(min(tokens))} has no effect with --init-from, which keeps the model's"
            " tokens. Leave one of them out."
        )
    from rnngen import checkpoint, runs
    from rnngen.training.plan import Pretrained

    return Pretrained(name, checkpoint.load_model(runs.find_model(name)))


def _scalars(folder: Path, *, resume: bool) -> Scalars:
    """Made before the text is read, as the package may be missing."""
    from rnngen.training.tensorboard import Scalars

    return Scalars(folder, resume=resume)


def _resumed_plan(folder: Path, given: dict[str, Any]) -> Plan:
    """The run as it was saved, or with the end it is given now."""
    if others := given.keys() - BUDGET:
        raise ConfigError(
            f"{option(min(others))} cannot be changed with --resume: a resumed run keeps its "
            "settings, so that it ends as if it had never stopped. You can only move its end, with "
            f"{', '.join(map(option, BUDGET))}."
        )
    from rnngen import runs
    from rnngen.training.plan import resumed_plan

    runs.remove_leftovers(folder)
    return resumed_plan(folder, given, home=runs.home())


def _stem(files: list[str] | None, *, resume: bool) -> str:
    """The name of the first file: `texts/haiku.txt.gz` is the run `haiku`, `.secret` `secret`."""
    if not files:
        raise ConfigError(
            "--resume needs the run's --name, or -o with its folder."
            if resume
            else "name a text file to train on, or --resume a run by its --name."
        )
    if files[0] == "-":
        return "stdin"
    stem = Path(files[0]).resolve().name.lstrip(".").split(".")[0]
    if not stem:
        raise ConfigError(f"{files[0]!r} gives the run no name; choose one with --name.")
    return stem


def _device_kind(given: dict[str, Any]) -> str:
    wanted = TrainConfig(device=given.get("device", "auto")).device
    if wanted == "cpu":
        return "cpu"
    from rnngen.training.device import choose_device

    return str(choose_device(wanted).type)


def _run(
    plan: Plan, scalars: Scalars | None, *, resume: bool, quiet: bool, group: Group
) -> Stopped:
    from rnngen.console.training import training_view
    from rnngen.training.events import Stopped
    from rnngen.training.run import train

    event = None
    with _stop_signals() as stopping, training_view(quiet=quiet) as view, scalars or nullcontext():
        for event in train(plan, resume=resume, should_stop=stopping, group=group):
            view.show(event)
            if scalars:
                scalars.observe(event)
    assert isinstance(event, Stopped)
    return event


def _sample(model: Model, step: int) -> str:
    """What the model writes at this step: a short text, another one each time."""
    from rnngen.api import LanguageModel

    [text] = LanguageModel(model).sample(seed=step, length=SAMPLE_LENGTH)
    return text.text


@contextmanager
def _stop_signals() -> Iterator[Callable[[], bool]]:
    """Ctrl-C and SIGTERM ask for a stop after the step at hand; a second Ctrl-C does not wait."""
    received: list[int] = []

    def receive(number: int, _: object) -> None:
        if received and number == signal.SIGINT:
            raise KeyboardInterrupt
        received.append(number)

    before = {number: signal.signal(number, receive) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(received)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _report(stopped: Stopped, folder: Path, *, quiet: bool, first: bool) -> None:
    """Say how it ended and what to do next; of several processes the first one says it."""
    from rnngen import runs

    resume = f"rnngen train --resume {runs.option_for(folder)}"
    model = folder.name if folder == runs.home() / folder.name else shlex.quote(str(folder))
    if not first:
        raise typer.Exit({"diverged": 1, "interrupted": INTERRUPTED}.get(stopped.reason, 0))
    if stopped.reason == "diverged":
        raise TrainingError(
            f"{folder}: the loss is no longer a finite number. The last good state is kept. "
            f"Start again with a lower --learning-rate, or try: {resume}"
        )
    if stopped.reason == "interrupted":
        console.note(f"stopped at step {stopped.step}, saved. Continue with: {resume}")
        raise typer.Exit(INTERRUPTED)
    if stopped.best_valid_bits_per_byte is None:
        raise TrainingError(
            f"{folder}: no loss on held-out text was a finite number, so there is no model. "
            "Start again with a lower --learning-rate."
        )
    if not quiet:
        why = "no more gain" if stopped.reason == "patience" else "done"
        console.note(
            f"{why} after {stopped.step:,} steps, {stopped.seconds / 60:.1f} minutes: "
            f"{stopped.best_valid_bits_per_byte:.4f} bits per byte on held-out text; "
            f"{folder} holds the model. Try: rnngen sample {model}"
        )
