"""Labels from the outside: trained, shown, asked for, scored, resumed, taught anew."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from rnngen import tensor_file
from tests.cli.small import SMALL, state, words


def table(path: Path, moods: tuple[str, ...] = ("glad", "sad"), more: str = "") -> Path:
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "mood"])
        for n in range(300):
            rows.writerow([f"line {n} of a text, {n * n % 97} words{more}", moods[n % len(moods)]])
    return path


TRAIN = (*SMALL, "--column", "text", "--label", "mood", "--steps", 4, "--quiet")


@pytest.mark.parametrize("tokenizer", ["char", "subword"])
def test_a_labelled_text_trains_and_is_asked_for(rnngen, tmp_path, tokenizer):
    text = table(tmp_path / "moods.csv")
    assert rnngen("train", text, *TRAIN, "--tokenizer", tokenizer).exit_code == 0
    info = json.loads(rnngen("info", "moods", "--json").stdout)
    assert info["labels"] == ["glad", "sad"]
    assert info["corpus"]["label"] == "mood"
    ran = rnngen("sample", "moods", "-n", 8, "--seed", 1, "--length", 9, "--json")
    found = [json.loads(line) for line in ran.stdout.splitlines()]
    assert {text["label"] for text in found} == {"glad", "sad"}
    ran = rnngen("sample", "moods", "-n", 8, "--seed", 1, "--length", 9, "--label", "sad", "--json")
    asked = [json.loads(line) for line in ran.stdout.splitlines()]
    assert {text["label"] for text in asked} == {"sad"}
    same = [
        a["text"] == b["text"] for a, b in zip(found, asked, strict=True) if a["label"] == "sad"
    ]
    assert same
    assert all(same)
    form = ("--form", "tweet", "-n", 2, "--seed", 1, "--json")
    for label in ((), ("--label", "glad")):
        ran = rnngen("sample", "moods", *form, *label)
        labels = {json.loads(line)["label"] for line in ran.stdout.splitlines()}
        assert labels <= ({"glad"} if label else {"glad", "sad"})
        assert labels


def test_the_plan_says_which_labels_there_are_and_which_texts_have_none(rnngen, tmp_path):
    text = table(tmp_path / "moods.csv", ("glad", "", "sad"))
    ran = rnngen("train", text, *TRAIN[:-1])
    assert "3 labels: '', glad, sad." in ran.stderr
    assert "100 of 300 texts have no label; '' stands for it." in ran.stderr


def test_what_cannot_be_asked_for_says_what_can(rnngen, tmp_path):
    rnngen("train", table(tmp_path / "moods.csv"), *TRAIN)
    ran = rnngen("sample", "moods", "--label", "glda")
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.error == (
        "rnngen: --label 'glda' is none of the model's, which are glad, sad. Did you mean glad?"
    )
    rnngen("train", words(tmp_path / "plain.txt"), *SMALL, "--steps", 2, "--quiet")
    ran = rnngen("sample", "plain", "--label", "glad")
    assert ran.error == (
        "rnngen: --label 'glad': the model has no labels. Train one on a text with --label."
    )


def test_a_model_without_labels_says_nothing_of_them(rnngen, home, tmp_path):
    rnngen("train", words(tmp_path / "plain.txt"), *SMALL, "--steps", 2, "--quiet")
    _, facts = tensor_file.load_tensors(home / "plain" / "model.safetensors", "model")
    assert '"label' not in json.dumps(facts)
    _, facts = tensor_file.load_tensors(home / "plain" / "training.safetensors", "training")
    assert '"label' not in json.dumps(facts)
    assert json.loads(rnngen("sample", "plain", "--length", 3, "--json").stdout)["label"] is None
    assert json.loads(rnngen("info", "plain", "--json").stdout)["labels"] is None


def test_a_score_may_know_the_label_or_not(rnngen, tmp_path):
    rnngen("train", table(tmp_path / "moods.csv"), *TRAIN)
    text = tmp_path / "text.txt"
    text.write_text("line 7 of a text")
    known = [
        json.loads(rnngen("score", "moods", text, "--json", "--label", label).stdout)["nats"]
        for label in ("glad", "sad")
    ]
    unknown = json.loads(rnngen("score", "moods", text, "--json").stdout)["nats"]
    assert min(known) < unknown < max(known)


def test_a_labelled_run_resumes_to_the_same_weights(rnngen, home, tmp_path):
    text = table(tmp_path / "moods.csv")
    rnngen("train", text, *TRAIN, "--name", "whole")
    rnngen("train", text, *TRAIN[:-2], 2, "--quiet", "--name", "halves")
    ran = rnngen("train", "--resume", "--name", "halves", "--steps", 4, "--quiet")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert state(home, "halves").keys() == state(home, "whole").keys()
    assert json.loads(rnngen("info", "halves", "--json").stdout)["labels"] == ["glad", "sad"]


def test_a_model_learns_new_labels_and_keeps_its_own(rnngen, tmp_path):
    rnngen("train", table(tmp_path / "moods.csv"), *TRAIN)
    other = table(tmp_path / "others.csv", ("sad", "calm"), more=" é é")
    tuned = ("--column", "text", "--steps", 2, "--quiet", "--device", "cpu")
    ran = rnngen("train", other, *tuned, "--label", "mood", "--init-from", "moods")
    assert (ran.exit_code, ran.stderr) == (0, "")
    info = json.loads(rnngen("info", "others", "--json").stdout)
    assert info["labels"] == ["glad", "sad", "calm"]
    for label in ("glad", "calm"):
        assert rnngen("sample", "others", "--label", label, "--length", 5).exit_code == 0
    ran = rnngen("train", other, *tuned, "--init-from", "moods", "--name", "none")
    assert ran.error.startswith("rnngen: the model of --init-from has labels, such as glad, sad.")


def test_a_model_without_labels_learns_some(rnngen, tmp_path):
    rnngen("train", words(tmp_path / "plain.txt"), *SMALL, "--steps", 2, "--quiet")
    text = table(tmp_path / "moods.csv")
    ran = rnngen("train", text, *TRAIN[-7:], "--init-from", "plain")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert json.loads(rnngen("info", "moods", "--json").stdout)["labels"] == ["glad", "sad"]


def test_a_label_of_too_many_values_is_refused(rnngen, tmp_path):
    text = table(tmp_path / "many.csv", tuple(f"mood {n}" for n in range(2)))
    rows = "".join(f"line {n},mood {n}\n" for n in range(1001))
    text.write_text("text,mood\n" + rows)
    ran = rnngen("train", text, *TRAIN)
    assert ran.exit_code == 1
    assert ran.error.startswith(
        "rnngen: there are more than 1,000 different labels, such as mood 0, "
    )


def test_held_out_text_may_have_no_label_of_its_own(rnngen, tmp_path):
    text, valid = table(tmp_path / "moods.csv"), table(tmp_path / "valid.csv", ("mad",))
    ran = rnngen("train", text, *TRAIN, "--valid", valid)
    assert ran.error == f"rnngen: {valid}: its label 'mad' is none of those of the text."
