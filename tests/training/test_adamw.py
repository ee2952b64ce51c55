"""AdamW: the numbers of torch.optim's, without the compiler that comes with it."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch.nn import Parameter

from rnngen.training.adamw import BETAS, EPS, AdamW, ParameterGroup
from tests.conftest import ROOT

SHAPES = ((7, 5), (33,), (2, 3, 4))


def parameters(seed: int) -> list[Parameter]:
    generator = torch.Generator().manual_seed(seed)
    return [Parameter(torch.randn(shape, generator=generator)) for shape in SHAPES]


def test_the_numbers_are_those_of_torch_bit_for_bit():
    ours, theirs = parameters(1), parameters(1)
    optimizer = AdamW([ParameterGroup(ours[:1], 0.1), ParameterGroup(ours[1:], 0.0, share=3.0)])
    groups = [
        {"params": theirs[:1], "weight_decay": 0.1},
        {"params": theirs[1:], "weight_decay": 0},
    ]
    reference = torch.optim.AdamW(groups, betas=BETAS, eps=EPS, fused=True)
    generator = torch.Generator().manual_seed(2)
    for update in range(1, 20):
        rate = 0.1 / update
        for own, other in zip(ours, theirs, strict=True):
            own.grad = torch.randn(own.shape, generator=generator)
            other.grad = own.grad.clone()
        for group, share in zip(reference.param_groups, (1.0, 3.0), strict=True):
            group["lr"] = rate * share
        reference.step()
        optimizer.step(rate, update)
    for own, other in zip(ours, theirs, strict=True):
        assert torch.equal(own, other)
        assert torch.equal(optimizer.moments[own].exp_avg, reference.state[other]["exp_avg"])
        assert torch.equal(optimizer.moments[own].exp_avg_sq, reference.state[other]["exp_avg_sq"])


def test_the_first_step_is_as_long_as_the_rate():
    [parameter] = [Parameter(torch.tensor([1.0, -2.0, 3.0]))]
    parameter.grad = torch.tensor([1e-3, 5.0, -7.0])
    AdamW([ParameterGroup([parameter], 0.0)]).step(0.01, 1)
    assert parameter.tolist() == pytest.approx([0.99, -2.01, 3.01], abs=1e-6)


def test_a_step_of_training_imports_no_compiler():
    code = (
        "import sys, torch; from torch.nn import Parameter;"
        "from rnngen.training.adamw import AdamW, ParameterGroup;"
        "p = Parameter(torch.zeros(2)); p.grad = torch.ones(2);"
        "AdamW([ParameterGroup([p], 0.1)]).step(0.1, 1);"
        "assert 'torch._dynamo' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
