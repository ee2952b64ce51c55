"""AdamW (Loshchilov & Hutter 2019), by the kernel that torch.optim.AdamW(fused=True) calls.

That class imports PyTorch's compiler when it is first used, which takes as long as importing
PyTorch itself and is of no use here. The numbers are the same, bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch.nn import Parameter

BETAS = 0.9, 0.99
EPS = 1e-8


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters that are updated alike."""

    parameters: Sequence[Parameter]
    weight_decay: float
    share: float = 1.0
    """Of the learning rate."""


@dataclass(frozen=True)
class Moments:
    """Running means of a parameter's gradient and of its square, each of the parameter's shape."""

    exp_avg: torch.Tensor
    exp_avg_sq: torch.Tensor


class AdamW:
    """Keeps the moments of all parameters, which begin at 0, and moves the parameters by them."""

    def __init__(self, groups: Sequence[ParameterGroup]) -> None:
        """groups: all parameters, on one device."""
        self._groups = [group for group in groups if group.parameters]
        self.moments = {
            parameter: Moments(torch.zeros_like(parameter.data), torch.zeros_like(parameter.data))
            for group in self._groups
            for parameter in group.parameters
        }

    @torch.no_grad()
    def step(self, learning_rate: float, update: int) -> None:
        """Move each parameter by its gradient.  update: the number of this one, from 1."""
        for group in self._groups:
            parameters: list[torch.Tensor] = list(group.parameters)
            gradients = [p.grad for p in parameters if p.grad is not None]  # all have one
            moments = [self.moments[parameter] for parameter in group.parameters]
            count = torch.tensor(float(update), device=parameters[0].device)
            torch._fused_adamw_(
                parameters,
                gradients,
                [each.exp_avg for each in moments],
                [each.exp_avg_sq for each in moments],
                [],
                [count] * len(parameters),
                lr=learning_rate * group.share,
                beta1=BETAS[0],
                beta2=BETAS[1],
                weight_decay=group.weight_decay,
                eps=EPS,
                amsgrad=False,
                maximize=False,
            )
