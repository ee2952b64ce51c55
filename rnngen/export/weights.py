"""Weights that no export takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnngen.errors import CheckpointError

if TYPE_CHECKING:
    from rnngen.checkpoint import Model


def check_finite(model: Model) -> None:
    """Raises CheckpointError if a weight is not a number: nobody could use what comes of it."""
    for name, array in model.weights.items():
        if not np.isfinite(array).all():
            raise CheckpointError(
                f"the model's tensor {name} has numbers that are not finite; train it again with a"
                " lower `learning_rate`."
            )
