"""`rnngen train`: a model from text files."""

from __future__ import annotations

import signal
from collections import deque
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnngen import console
from rnngen.cli import options, text_options
from rnngen.cli.options import setting
from rnngen.config import ModelConfig, TrainConfig, read_toml
from rnngen.counts import count
from rnngen.errors import SETTING, ConfigError, TrainingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rnngen.training.events import Stopped
    from rnngen.training.request import Request

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
    name: options.NewRunName = None,
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
    config: options.ConfigFile = None,
    novelty: text_options.Novelty = None,
    private: text_options.Private = None,
    tensorboard: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Also write the losses to DIR/NAME for TensorBoard."),
    ] = None,
    quiet: options.Quiet = False,
    minutes: Annotated[float | None, setting(TrainConfig, "minutes", "--minutes", "-m")] = None,
    epochs: Annotated[float | None, setting(TrainConfig, "epochs")] = None,
    steps: Annotated[int | None, setting(TrainConfig, "steps")] = None,
    patience: Annotated[int | None, setting(TrainConfig, "patience")] = None,
    evaluations: Annotated[int | None, setting(TrainConfig, "evaluations")] = None,
    documents: text_options.Documents = None,
    encoding: text_options.Encoding = None,
    errors: text_options.Errors = None,
    format: text_options.Format = None,
    column: text_options.Column = None,
    delimiter: text_options.Delimiter = None,
    quoting: text_options.Quoting = None,
    strict: text_options.StrictRows = None,
    clean: text_options.Clean = None,
    speaker: text_options.Speaker = None,
    max_growth: text_options.MaxGrowth = None,
    label: text_options.Label = None,
    valid: text_options.Valid = None,
    valid_fraction: Annotated[float | None, setting(TrainConfig, "valid_fraction")] = None,
    valid_tokens: Annotated[int | None, setting(TrainConfig, "valid_tokens")] = None,
    tokenizer: text_options.TokenizerKind = None,
    vocab_size: text_options.VocabSize = None,
    subwords: text_options.Subwords = None,
    min_count: text_options.MinCount = None,
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
    device: Annotated[str | None, setting(TrainConfig, "device")] = None,
    precision: Annotated[str | None, setting(TrainConfig, "precision")] = None,
    threads: Annotated[int | None, setting(TrainConfig, "threads")] = None,
    seed: Annotated[int | None, setting(TrainConfig, "seed")] = None,
) -> None:
    """Train a model on text files and keep it under checkpoints/NAME.

    rnngen chooses every setting without a default from the text, the machine and the time, and
    prints it with its reason. Ctrl-C saves the run and stops. --resume continues it.
    """
    from rnngen.training.request import Request

    request = Request(
        paths=files or (),
        settings=_read_settings(ctx.params, config),
        name=name,
        output=output,
        resume=resume,
        overwrite=overwrite,
        init_from=init_from,
        tensorboard=tensorboard,
    )
    _report(_train(request, quiet=quiet), request.folder, quiet=quiet)


def _read_settings(params: dict[str, Any], config: Path | None) -> dict[str, Any]:
    """What the user fixed: the TOML file's settings, and over them the options'."""
    from rnngen.training.request import SETTINGS, check_settings, check_values

    from_file = read_toml(config) if config else {}
    check_settings(from_file, where=f"{config}: ")
    from_options = {k: v for k, v in params.items() if k in SETTINGS and v is not None}
    try:
        check_values(from_file | from_options)
    except ConfigError as error:
        named = SETTING.search(str(error))
        if named and named[1] in from_file and named[1] not in from_options:
            raise ConfigError(f"{config}: {error}") from error
        raise
    return from_file | from_options


def _train(request: Request, *, quiet: bool) -> Stopped:
    """Train, shown to the user; returns the last event."""
    from rnngen.api import short_sample
    from rnngen.console.training import training_view
    from rnngen.training.events import Stopped
    from rnngen.training.launch import launch

    with training_view(quiet=quiet) as view:
        events = launch(
            request,
            sample=short_sample,
            observers=[view],
            stop_requests=stop_signals(),
            progress=view.count,
            note=view.note,
            opened=view.open,
        )
        [last] = deque(events, maxlen=1)
    assert isinstance(last, Stopped)
    return last


@contextmanager
def stop_signals() -> Iterator[Callable[[], bool]]:
    """Ctrl-C, SIGTERM and SIGHUP ask for a stop after the step at hand; a second Ctrl-C does not
    wait. SIGHUP says that the terminal has gone; under `nohup` it stays ignored."""
    received: list[int] = []
    asking = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        asking.append(signal.SIGHUP)

    def receive(number: int, _: object) -> None:
        if received and number == signal.SIGINT:
            raise KeyboardInterrupt
        received.append(number)

    before = {number: signal.signal(number, receive) for number in asking}
    try:
        yield lambda: bool(received)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _report(stopped: Stopped, folder: Path, *, quiet: bool) -> None:
    """Say how it ended and what to do next; of several processes the first one says it."""
    from rnngen import runs

    resume = f"rnngen train --resume {runs.option_for(folder)}"
    model = runs.name_for(folder)
    if not console.is_first_process():
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
            f"{why} after {count(stopped.step, 'step')} in {console.clock(stopped.seconds)}: "
            f"{stopped.best_valid_bits_per_byte:.4f} bits per byte on held-out text"
        )
        console.note(f"{folder} holds the model. Try: rnngen sample {model}")
