"""`rnngen check-model`: lines for people, objects for programs, an exit code for both."""

from __future__ import annotations

import json
from pathlib import Path

from rnngen import runs
from tests.cli.small import SMALL, words


def test_a_trained_run_is_whole(rnngen, home: Path):
    trained = rnngen(
        "train", words(Path("text.txt")), "--steps", 12, "--name", "r", "--quiet", *SMALL
    )
    assert trained.exit_code == 0, trained.stderr
    ran = rnngen("check-model", "r")
    assert ran.exit_code == 0
    heads = [line for line in ran.stdout.splitlines() if not line.startswith(" ")]
    assert heads == [
        f"{home / 'r' / runs.MODEL_FILE}: a model, whole",
        f"{home / 'r' / runs.TRAINING_FILE}: the state of a run, whole",
        f"{home / 'r' / runs.LOG_FILE}: the log of a run, whole",
    ]
    assert "damaged" not in ran.stdout


def test_damage_is_said_and_ends_with_3(rnngen, model_file: Path):
    content = bytearray(model_file.read_bytes())
    content[-9] ^= 1
    model_file.write_bytes(content)
    ran = rnngen("check-model", model_file)
    assert ran.exit_code == 3
    assert "  digest  damaged: its content does not match its digest\n" in ran.stdout
    found = json.loads(rnngen("check-model", model_file, "--json").stdout)
    assert (found["kind"], found["whole"]) == ("model", False)
    assert {"part": "digest", "right": False, "text": "its content does not match its digest"} in (
        found["findings"]
    )


def test_quiet_leaves_it_to_the_exit_code(rnngen, model_file: Path):
    ran = rnngen("check-model", model_file, "--quiet")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "", "")
    model_file.write_bytes(b"x" * 100)
    ran = rnngen("check-model", model_file, "-q")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (3, "", "")


def test_where_there_is_nothing_to_check_it_is_an_error(rnngen, model: str):
    ran = rnngen("check-model", "nothing")
    assert ran.exit_code == 1
    assert ran.error == "rnngen: no model or run called 'nothing'. There are: noise."
