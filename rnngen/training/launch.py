"""From what a user asks for to a run under way: new, resumed, or started again by torchrun."""

from __future__ import annotations

import dataclasses
from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING

from rnngen import checkpoint, runs
from rnngen.config import BUDGET, TextConfig, TrainConfig
from rnngen.corpus import STDIN
from rnngen.errors import CheckpointError, ConfigError
from rnngen.suggest import did_you_mean
from rnngen.training import processes
from rnngen.training.device import choose_device, explained
from rnngen.training.events import Prepared, observed
from rnngen.training.plan import Plan, Pretrained, new_plan, resumed_plan
from rnngen.training.request import TEXT_SETTINGS
from rnngen.training.run import train
from rnngen.training.state import recover
from rnngen.training.tensorboard import Scalars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from rnngen.corpus import Corpus
    from rnngen.dataset.cache import OnProgress
    from rnngen.training.events import Event, Observer
    from rnngen.training.processes import Group
    from rnngen.training.recipe import Recipe
    from rnngen.training.request import Request

TOKENS = ("subwords", "tokenizer", "vocab_size")
"""Settings that a model to start from has already."""


def launch(
    request: Request,
    *,
    sample: Callable[[checkpoint.Model, int], str] | None = None,
    observers: Sequence[Observer] = (),
    stop_requests: AbstractContextManager[Callable[[], bool]] | None = None,
    progress: OnProgress | None = None,
    note: Callable[[str], None] | None = None,
    opened: Callable[[Corpus], None] | None = None,
) -> Iterator[Event]:
    """Train as asked, and say what happens as it happens; the last event is Stopped.

    sample: writes a text with the model as it is at a step, for the Sample events.
    observers: get each event before it is yielded.
    stop_requests: entered when training begins; gives what is asked after every step whether to
    save the run and stop.
    progress: called with the number of characters cut into tokens so far.
    note: called with a line where something turned out otherwise than asked.
    opened: called with the text of a new run once its files are found, before they are read.
    Of several processes only the first has observers and calls `progress` and `note`.
    Raises RnngenError for what cannot be done; what stood on the disk is then as it was.
    """
    folder = request.folder
    with processes.join_group() as group, _own(folder, request, group), ExitStack() as stack:
        request = _as_restarted(request, folder, group)
        if not group.is_first:
            observers, progress, note, opened = (), None, None, None
        elif request.tensorboard:  # before the text is read: the package may be missing
            scalars = Scalars(request.tensorboard / folder.name, resume=request.resume)
            observers = [*observers, stack.enter_context(scalars)]
        with group.first_rank_first():
            plan, recipe = _plan(request, folder, group, progress, note, opened)
        if recipe is not None:
            recipe = explained(recipe, request.settings, group)
            yield from observed([Prepared.of(plan.facts["corpus"], recipe)], observers)
        yield from train(
            dataclasses.replace(plan, sample=sample),
            resume=request.resume,
            should_stop=stack.enter_context(stop_requests or nullcontext(lambda: False)),
            observers=observers,
            group=group,
            note=note,
        )


@contextmanager
def _own(folder: Path, request: Request, group: Group) -> Iterator[None]:
    """The run is this launch's alone; the first of its processes sees to that."""
    is_there = folder.is_dir() or not request.resume
    with runs.owned(folder) if group.is_first and is_there else nullcontext():
        try:
            yield
        finally:
            if group is processes.SINGLE:  # torchrun may start the others once more
                runs.remove_leftovers(folder)


def _as_restarted(request: Request, folder: Path, group: Group) -> Request:
    """The request, or what it means after torchrun has started the same command again.

    The run there is then the one that was asked for: it goes on, or begins again.
    """
    if request.resume or not group.has_begun():
        return request
    has_saved = (folder / runs.TRAINING_FILE).is_file() and not runs.is_replacing(folder)
    if group.broadcast(has_saved):
        return dataclasses.replace(request, resume=True, settings={}, init_from=None)
    return dataclasses.replace(request, overwrite=True)


def _plan(
    request: Request,
    folder: Path,
    group: Group,
    progress: OnProgress | None,
    note: Callable[[str], None] | None,
    opened: Callable[[Corpus], None] | None,
) -> tuple[Plan, Recipe | None]:
    """What to train, and how its settings were chosen; None for a run that goes on."""
    if request.resume:
        if group.is_first and (line := recover(folder)) and note:
            note(line)
        return _resumed_plan(request, folder, note), None
    # The others come after the first, which has made the folder.
    runs.check_free(folder, overwrite=request.overwrite or not group.is_first)
    given = request.settings
    plan, recipe = new_plan(
        TextConfig(paths=request.paths, **{k: v for k, v in given.items() if k in TEXT_SETTINGS}),
        folder,
        {k: v for k, v in given.items() if k not in TEXT_SETTINGS},
        home=runs.home(),
        pretrained=_pretrained(request),
        device=choose_device(TrainConfig(device=given.get("device", "auto")).device).type,
        progress=progress,
        note=note,
        opened=opened,
    )
    group.check(plan.config.batch_size)
    if group.is_first:
        runs.make_ready(folder)
        group.mark_begun()
    return plan, recipe


def _resumed_plan(request: Request, folder: Path, note: Callable[[str], None] | None) -> Plan:
    """The run as it was saved, or with the end it is given now."""
    if others := request.settings.keys() - BUDGET:
        raise ConfigError(
            f"`{min(others)}` cannot be changed with `resume`: a resumed run keeps its settings, "
            "so that it ends as if it had never stopped. You can only move its end, with "
            f"{', '.join(f'`{name}`' for name in BUDGET)}."
        )
    if not folder.is_dir():
        known = runs.resumable()
        listed = f" There are: {', '.join(known)}." if known else ""
        raise CheckpointError(
            f"there is no run in {folder}.{did_you_mean(folder.name, known)}{listed}"
        )
    runs.remove_leftovers(folder)
    return resumed_plan(
        folder,
        request.settings,
        home=runs.home(),
        named=[path for path in request.paths if path != STDIN],
        is_named_only=bool(request.name or request.output),
        note=note,
    )


def _pretrained(request: Request) -> Pretrained | None:
    if (name := request.init_from) is None:
        return None
    if tokens := [setting for setting in TOKENS if setting in request.settings]:
        raise ConfigError(
            f"`{tokens[0]}` has no effect with `init_from`, which keeps the model's tokens. "
            "Leave one of them out."
        )
    return Pretrained(name, checkpoint.load_model(runs.find_model(name)))
