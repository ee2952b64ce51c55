"""Curves are what the log says, in the units asked for."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.errors import CheckpointError, ConfigError
from rnngen.plotting.curves import HELD_OUT, TRAINING, RunLog, View, curves, read_log, smooth
from tests.logs import evaluation, step, write_log

EVENTS = [step(10, 3.0), step(20, 2.0), evaluation(20, 2.5, 3.5), step(30, 1.0)]


@pytest.fixture
def log(tmp_path: Path) -> RunLog:
    return read_log(write_log(tmp_path, EVENTS), "fox")


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ("step", [10, 20, 30]),
        ("tokens", [1000, 2000, 3000]),
        ("minutes", [5 / 60, 10 / 60, 15 / 60]),
        ("epoch", [1.0, 2.0, 3.0]),
    ],
)
def test_x_is_counted_as_asked(log: RunLog, x: str, expected: list[float]):
    training, held_out = curves([log], View(x=x))
    assert training.points == list(zip(expected, [3.0, 2.0, 1.0], strict=True))
    assert held_out.points == [(expected[1], 2.5)]
    assert (training.run, training.kind, held_out.kind) == ("fox", TRAINING, HELD_OUT)


def test_bits_per_byte_are_those_of_held_out_text(log: RunLog):
    [held_out] = curves([log], View(y="bits"))
    assert (held_out.kind, held_out.points) == (HELD_OUT, [(20, 3.5)])
    assert log.bytes_per_token == pytest.approx(2.5 / 3.5 / math.log(2))


def test_the_best_point_is_the_first_of_the_lowest():
    points = {HELD_OUT: [{"step": k, "nats_per_token": y} for k, y in enumerate([3, 1, 2, 1])]}
    [curve] = curves([RunLog("fox", points)], View())
    assert (curve.best, curve.last) == ((1, 1), (3, 1))


def test_what_is_before_the_first_x_is_left_out_but_smoothed_over(log: RunLog):
    training, held_out = curves([log], View(first=20, smooth=0.5))
    assert held_out.points == [(20, 2.5)]
    assert training.points == [
        (20, pytest.approx((0.5 * 3 + 2) / 1.5)),
        (30, pytest.approx((0.25 * 3 + 0.5 * 2 + 1) / 1.75)),
    ]


def test_a_logarithm_has_no_zero(tmp_path: Path):
    path = write_log(tmp_path, [evaluation(0, 5.0, 7.0), evaluation(10, 2.0, 3.0)])
    [curve] = curves([read_log(path, "fox")], View(log_x=True))
    assert curve.points == [(10, 2.0)]


@settings(max_examples=50)
@given(st.integers(0, 1500))
def test_a_log_cut_anywhere_gives_the_points_of_its_whole_lines(tmp_path_factory, cut: int):
    folder = tmp_path_factory.mktemp("run")
    path = write_log(folder, EVENTS)
    content = path.read_bytes()[:cut]
    path.write_bytes(content)
    whole = [json.loads(line) for line in content.decode().split("\n")[:-1]]
    expected = [e["step"] for e in whole if e["event"] == "step"]
    log = read_log(path, "fox")
    found = [point["step"] for point in log.points[TRAINING]]
    last = content.decode().split("\n")[-1]
    if last.endswith("}") and '"step", ' in last:  # only the newline is missing
        expected.append(json.loads(last)["step"])
    assert found == expected


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=30),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
                lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=4), inner),
                max_leaves=5,
            ).map(lambda value: json.dumps(value).encode()),
            st.fixed_dictionaries(
                {"event": st.sampled_from(["step", "evaluation", "sample", ["step"], None])},
                optional={
                    key: st.none() | st.booleans() | st.integers() | st.floats() | st.text()
                    for key in ("step", "tokens", "seconds", "epoch", "train_nats_per_token")
                },
            ).map(lambda value: json.dumps(value).encode()),
        )
    )
)
def test_any_bytes_are_a_log_of_finite_numbers(tmp_path_factory, lines: list[bytes]):
    path = tmp_path_factory.mktemp("run") / "log.jsonl"
    path.write_bytes(b"\n".join(lines))
    log = read_log(path, "fox")
    numbers = [y for kind in log.points.values() for point in kind for y in point.values()]
    assert all(type(y) in (int, float) and math.isfinite(y) for y in numbers)
    for x in ("step", "tokens", "minutes", "epoch"):
        for curve in curves([log], View(x=x, smooth=0.9)):
            assert all(math.isfinite(y) for point in curve.points for y in point)


def test_a_log_that_cannot_be_read_is_named(tmp_path: Path):
    with pytest.raises(CheckpointError, match=r"log\.jsonl: cannot be read"):
        read_log(tmp_path / "log.jsonl", "fox")


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=20), st.floats(0, 0.99))
def test_smoothing_is_a_weighted_mean(values: list[float], weight: float):
    expected = []
    for k in range(len(values)):
        weights = [weight ** (k - i) for i in range(k + 1)]
        total = sum(w * y for w, y in zip(weights, values, strict=False))
        expected.append(total / sum(weights))
    assert smooth(values, weight) == pytest.approx(expected, abs=1e-9)
    assert smooth(values, 0) == values


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"x": "hours"}, "`x` must be one of step, tokens, minutes, epoch, got 'hours'"),
        ({"y": "loss"}, "`y` must be one of nats, bits"),
        ({"smooth": 1.0}, "`smooth`"),
        ({"smooth": math.nan}, "`smooth`"),
        ({"first": math.inf}, "`from`"),
    ],
)
def test_a_view_that_cannot_be_is_refused(settings, message: str):
    with pytest.raises(ConfigError, match=message):
        View(**settings)
