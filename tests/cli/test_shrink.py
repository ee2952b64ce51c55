"""`rnngen shrink`."""

from __future__ import annotations

import json

import numpy as np
import pytest

from rnngen import checkpoint, runs


@pytest.mark.parametrize("weights", ["int8", "fp16", "fp32"])
def test_a_smaller_file_writes_nearly_the_same(rnngen, model, home, weights):
    ran = rnngen("shrink", "noise", "--weights", weights)
    assert ran.exit_code == 0
    name = f"noise-{weights}"
    assert name in ran.stderr
    facts = json.loads(rnngen("info", name, "--json").stdout)
    assert facts["storage"] == weights
    whole, small = (
        checkpoint.load_model(runs.find_model(called)).weights for called in ("noise", name)
    )
    for called, array in whole.items():
        np.testing.assert_allclose(small[called], array, atol=np.abs(array).max() / 250)
    assert rnngen("sample", name, "--length", 5).exit_code == 0


def test_a_small_model_can_be_small_only_once(rnngen, model, home):
    rnngen("shrink", "noise", "--name", "a")
    rnngen("shrink", "a", "--name", "b")
    one, two = (checkpoint.load_model(home / name / runs.MODEL_FILE) for name in "ab")
    assert all((two.weights[name] == array).all() for name, array in one.weights.items())


def test_what_cannot_be_is_refused_in_one_line(rnngen, model, home):
    assert "--weights must be one of" in rnngen("shrink", "noise", "--weights", "int4").error
    assert "no model called" in rnngen("shrink", "nothing").error
    assert "name a model" in rnngen("shrink").error
    assert "holds a run" in rnngen("shrink", "noise", "--name", "noise").error
    assert rnngen("shrink", "noise", "--name", "noise", "--overwrite", "--quiet").stderr == ""
