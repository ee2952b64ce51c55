"""Reading held-out text during a run, and keeping the best model."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnngen import checkpoint, runs, tensor_file
from rnngen.errors import CheckpointError
from rnngen.model.shapes import weights_per_token
from rnngen.tokenizers.base import decode, piece_bytes
from rnngen.training.events import Evaluation, Limited, Sample
from rnngen.training.limit import Ending, oddness, what_limited
from rnngen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rnngen.training.events import Event
    from rnngen.training.learner import Learner, Loss
    from rnngen.training.plan import Plan
    from rnngen.training.processes import Group
    from rnngen.training.progress import Clock, Progress
    from rnngen.training.reporter import Reporter

MOST_EXAMINED = 100_000
"""Tokens of the training text that are read again at the end of a run."""
SAME = ("seed", "batch_size", "seq_len", "learning_rate", "valid_fraction", "valid_tokens")
"""Settings by which a model is known to be of a run; its end may have moved since."""


@dataclass(frozen=True)
class BestKept:
    """How good the model is that stands in a run's folder."""

    nats: float
    """Nats per token."""
    bits: float
    """Bits per byte."""


def kept_model(plan: Plan) -> BestKept | None:
    """What the run's model says of itself; None if there is none, or it is damaged or another's."""
    try:
        _, facts = tensor_file.load_tensors(plan.folder / runs.MODEL_FILE, "model")
        training, metrics = facts["training"], facts["metrics"]
        own = (plan.model.to_dict(), plan.facts["corpus"], *(getattr(plan.config, n) for n in SAME))
        found = (facts["model"], facts["corpus"], *(training[name] for name in SAME))
        nats, bits = (metrics[name] for name in checkpoint.METRICS)
    except (CheckpointError, KeyError, TypeError):
        return None
    is_number = isinstance(nats, float) and isinstance(bits, float) and math.isfinite(nats)
    return BestKept(nats, bits) if own == found and is_number else None


class Evaluator:
    """Measures the model on held-out text; `model.safetensors` holds the best one measured."""

    def __init__(
        self,
        plan: Plan,
        learner: Learner,
        progress: Progress,
        clock: Clock,
        reporter: Reporter,
        group: Group,
        *,
        is_resumed: bool = False,
    ) -> None:
        """is_resumed: the model that stands in the folder may be one of this run."""
        self._plan, self._learner, self._group = plan, learner, group
        self._progress, self._clock, self._reporter = progress, clock, reporter
        self._piece_bytes = piece_bytes(plan.tokenizer)
        self._kept: BestKept | None = None
        if is_resumed:
            self._kept = group.broadcast(kept_model(plan) if group.is_first else None)
            if self._kept is None:  # then any model is better than what is there
                progress.best_nats = progress.best_bits = None
        self._last_nats: float | None = None
        """Of the last evaluation; None if it was before the run was resumed."""

    def evaluate(self) -> Iterator[Event]:
        """Read the text, keep the model if it is the best so far, and let it write a sample."""
        sequence = self._plan.validation.in_order(self._plan.config.valid_tokens)
        loss = self._learner.evaluate(sequence, self._piece_bytes)
        self._last_nats = loss.nats_per_token
        best = self._compare(loss)
        model = self._model()
        if best and self._group.is_first:
            checkpoint.save_model(self._plan.folder / runs.MODEL_FILE, model)
        yield self._reporter.event(
            Evaluation,
            valid_nats_per_token=loss.nats_per_token,
            valid_bits_per_byte=loss.bits_per_byte,
            best=best,
            without_gain=self._progress.without_gain,
        )
        if self._plan.sample is not None and self._group.is_first:
            yield self._reporter.event(Sample, text=self._plan.sample(model, self._progress.step))

    def examine(self) -> Iterator[Event]:
        """At the end of a run: read text it was trained on too, and say what limited it."""
        plan, progress = self._plan, self._progress
        if progress.best_nats is None:
            return  # no loss was a finite number
        known = plan.training.in_order(min(MOST_EXAMINED, plan.evaluated_tokens))
        train = self._learner.evaluate(known, self._piece_bytes).nats_per_token
        ending = Ending(
            train=train,
            valid=progress.best_nats if self._last_nats is None else self._last_nats,
            tokens=progress.tokens,
            weights=weights_per_token(plan.model),
            dropout=plan.model.dropout,
            is_fine_tuned=plan.facts.get("init_from") is not None,
        )
        ids = plan.training.in_order(MOST_EXAMINED)
        text = decode(plan.tokenizer, ids.read(0, len(ids)).tolist())
        by, why = what_limited(ending, oddness(text))
        yield self._reporter.event(Limited, by=by, why=why, train_nats_per_token=train)

    def _compare(self, loss: Loss) -> bool:
        """Note the loss; whether it is the best so far. One that is not finite never is.

        A run that was killed between its model and its state goes on from before that model. With
        the end it had, it comes to the same model again; with another end to others, and what is
        worse than the model that is there does not replace it.
        """
        progress, kept = self._progress, self._kept
        before = math.inf if progress.best_nats is None else progress.best_nats
        best = loss.nats_per_token < before
        if best and kept is not None and loss.nats_per_token > kept.nats:
            best = False
            progress.best_nats, progress.best_bits = kept.nats, kept.bits
        if best:
            progress.best_nats, progress.best_bits = loss.nats_per_token, loss.bits_per_byte
        progress.without_gain = 0 if best else progress.without_gain + 1
        return best

    def _model(self) -> checkpoint.Model:
        """The model as it stands, with all that is stored with it."""
        plan = self._plan
        return checkpoint.Model(
            config=plan.model,
            weights=self._learner.weights(),
            tokenizer=plan.tokenizer,
            continuous=plan.continuous,
            facts=self._facts(),
            novelty=plan.novelty,
            lexicon=plan.lexicon,
        )

    def _facts(self) -> dict[str, Any]:
        progress = self._progress
        return {
            **self._plan.facts,
            "training": {
                **self._plan.config.to_dict(),
                "step": progress.step,
                "total_steps": progress.total_steps,
                "epochs_seen": round(self._reporter.epochs(), 4),
                "tokens_seen": progress.tokens,
                "seconds": round(self._clock.seconds(), 3),
            },
            "metrics": {
                "best_valid_nats_per_token": progress.best_nats,
                "best_valid_bits_per_byte": progress.best_bits,
            },
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "version": __version__,
        }
