"""`rnngen check` from the outside."""

from __future__ import annotations

import gzip
import json
from unittest.mock import patch

import pytest

from rnngen import novelty
from rnngen.checkpoint import load_model
from rnngen.training.plan import resumed_plan

OLD = "old pond\na frog leaps in\nthe sound of water"
NEW = "night train\nsomebody hums a song\nI almost know"
MIXED = "spring night\na frog leaps in\nthe sound of trains"


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_text("\n\n".join([OLD, "first snow\nthe mailbox fills\nwith light", *"abcdefgh"]))
    return path


def checked(rnngen, *arguments, code=0, **options):
    ran = rnngen("check", *arguments, "--documents", "paragraph", "--json", **options)
    assert ran.exit_code == code
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_each_document_is_measured_by_itself(rnngen, corpus, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("\n\n".join([OLD, MIXED, NEW]))
    first, second, third = checked(rnngen, text, "--against", corpus, "--span", 20)
    copied = "\na frog leaps in\nthe sound of "
    assert first == {
        "index": 0,
        "file": str(text),
        "characters": len(OLD),
        "longest_copied": len(OLD),
        "start": 0,
        "copied": OLD,
        "source": str(corpus),
        "span": 20,
        "copied_share": 1.0,
    }
    assert (second["index"], second["copied"]) == (1, copied)
    assert second["start"] == MIXED.index(copied)
    assert second["copied_share"] == round(len(copied) / len(MIXED), 6)
    assert third["longest_copied"] < 10
    assert third["copied_share"] == 0


def test_people_read_a_line_for_each_document(rnngen, corpus):
    ran = rnngen("check", "--against", corpus, input=MIXED)
    [line] = ran.stdout.splitlines()
    assert ran.exit_code == 0
    assert "longest copy   30" in line
    assert "62.5% in copies of 30+" in line
    assert f'{corpus}: "\\na frog leaps in' in line


@pytest.mark.parametrize(("novel", "code"), [(30, 3), (31, 0)])
def test_a_check_that_does_not_hold_ends_with_3(rnngen, corpus, novel, code):
    ran = rnngen("check", "-", "--against", corpus, "--novel", novel, input=MIXED)
    assert ran.exit_code == code
    assert len(ran.stdout.splitlines()) == 1
    assert ran.stderr == ("1 of 1 texts copy 30 characters or more in a row\n" if code else "")


@pytest.mark.parametrize("options", [(), ("--json",)])
@pytest.mark.parametrize(("novel", "code"), [(30, 3), (31, 0)])
def test_quiet_leaves_the_exit_code_alone_to_tell(rnngen, corpus, novel, code, options):
    asked = ("check", "--against", corpus, "--novel", novel, "--quiet", *options)
    ran = rnngen(*asked, input=MIXED)
    assert (ran.exit_code, ran.stdout, ran.stderr) == (code, "", "")


def test_the_file_that_holds_the_copy_is_named(rnngen, corpus, tmp_path):
    other = tmp_path / "more"
    other.mkdir()
    (other / "b.txt").write_text(NEW)
    packed = tmp_path / "c.txt.gz"
    packed.write_bytes(gzip.compress(f"text before\n\n{MIXED}".encode()))
    options = ("--against", corpus, "--against", other, "--against", packed)
    sources = [checked(rnngen, *options, input=text)[0]["source"] for text in (OLD, NEW, MIXED)]
    assert sources == [str(corpus), str(other / "b.txt"), str(packed)]


def test_spans_are_compared_as_nfc_and_with_any_line_ends(rnngen, tmp_path):
    (tmp_path / "a.txt").write_bytes("cafe\u0301\r\nfermé".encode())
    [facts] = checked(rnngen, "--against", tmp_path / "a.txt", input="café\nferme\u0301")
    assert facts["copied"] == "café\nfermé"


def test_tables_give_a_document_a_row_on_either_side(rnngen, tmp_path):
    table = tmp_path / "posts.jsonl"
    table.write_text("".join(json.dumps({"text": text}) + "\n" for text in (OLD, NEW)))
    against = ("--against", table, "--column", "text")
    assert checked(rnngen, *against, input=OLD)[0]["copied"] == OLD
    found = checked(rnngen, table, *against)
    assert [facts["copied"] for facts in found] == [OLD, NEW]
    plain = tmp_path / "plain.txt"
    plain.write_text(NEW)
    found = checked(rnngen, table, "--column", "text", "--against", plain)
    assert found[1]["copied"] == NEW


def test_continuous_text_is_one_document_a_file(rnngen, corpus, tmp_path):
    for name in ("one.txt", "two.txt"):
        (tmp_path / name).write_text(f"{OLD}\n\nfirst snow\nthe mail")
    ran = rnngen(
        "check", tmp_path / "one.txt", tmp_path / "two.txt", "--against", corpus,
        "--documents", "none", "--json",
    )  # fmt: skip
    found = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [facts["longest_copied"] for facts in found] == [len(OLD) + 21] * 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "--against FILE"),
        (("-", "--against", "-"), "stdin (-) cannot be both"),
        (("--against", "x.txt", "--span", 0), "--span"),
        (("--against", "x.txt", "--novel", 0), "--novel"),
    ],
)
def test_what_cannot_be_asked_is_refused(rnngen, arguments, message):
    ran = rnngen("check", *arguments)
    assert ran.exit_code == 2
    assert message in ran.stderr


def test_a_missing_file_is_named(rnngen):
    ran = rnngen("check", "--against", "nowhere.txt", input="a")
    assert ran.exit_code == 1
    assert "nowhere.txt" in ran.error


SMALL = ("--hidden-size", 8, "--num-layers", 1, "--steps", 2, "--quiet")


def test_a_model_keeps_an_index_and_draws_no_copies(rnngen, corpora, tmp_path):
    text = tmp_path / "haiku.txt"
    text.write_text((corpora / "haiku.txt").read_text()[:5_000])
    assert rnngen("train", text, *SMALL).exit_code == 0
    info = json.loads(rnngen("info", "haiku", "--json").stdout)
    assert info["novelty"]["span"] == 20
    prompt = text.read_text()[:60].split("\n\n")[0][:24]
    options = ("sample", "haiku", prompt, "-n", 20, "--seed", 1, "--length", 30, "--json")
    free, novel = rnngen(*options), rnngen(*options, "--novel", 25)
    assert novel.exit_code == 0
    facts = [json.loads(line) for line in free.stdout.splitlines()]
    assert all(each["longest_copied"] >= 24 for each in facts)
    facts = [json.loads(line) for line in novel.stdout.splitlines()]
    assert all(each["longest_copied"] == 24 for each in facts)
    refused = rnngen("sample", "haiku", prompt, "--novel", 19)
    assert refused.exit_code == 2
    assert "--novel must be at least 20" in refused.error


def test_an_index_is_kept_unless_not_wanted_and_made_again_for_a_resumed_run(
    rnngen, home, tmp_path
):
    text = tmp_path / "text.txt"
    text.write_text("".join(f"line {k} of a text, {k * k % 97} words\n\n" for k in range(99)))
    for options in ((), ("--novelty",)):
        assert rnngen("train", text, *SMALL, *options, "--overwrite").exit_code == 0
        index = load_model(home / "text" / "model.safetensors").novelty
        assert index is not None
        again = resumed_plan(home / "text").novelty
        assert again is not None
        assert (again.bits == index.bits).all()
    assert rnngen("train", text, *SMALL, "--no-novelty", "--overwrite").exit_code == 0
    assert resumed_plan(home / "text").novelty is None
    assert json.loads(rnngen("info", "text", "--json").stdout)["novelty"] is None
    ran = rnngen("sample", "text", "line", "--novel", 30)
    assert ran.exit_code == 2
    assert "training keeps with --novelty" in ran.error


def test_a_text_too_large_for_an_index_is_told_so(rnngen, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("".join(f"line {k} of a text, {k * k % 97} words\n\n" for k in range(99)))
    with patch.object(novelty, "MOST_BYTES", 100):
        ran = rnngen("train", text, *SMALL[:-1])
        assert "--novelty keeps one" in ran.stderr
        assert rnngen("train", text, *SMALL, "--novelty", "--overwrite").stderr == ""
    assert rnngen("sample", "text", "--novel", 30).exit_code == 0
