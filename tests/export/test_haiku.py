"""Haiku of the page: what it shows is one, by its own check and by rnngen's."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from rnngen import checkpoint, forms, runs
from rnngen.export import html
from rnngen.forms.language import lexicon
from tests.export.models import model_of
from tests.export.node import needs_node, run

pytestmark = needs_node

WRITE = """
const form = finish(haikuForm(settings, context));
return input.map(({ seed, ...settings }) => {
  const steps = writeHaiku(context, form, { ...settings, seed: BigInt(seed) });
  let text = "";
  for (;;) {
    const { done, value } = steps.next();
    if (done) return [value, text];
    text += value;
  }
});
"""
TEXT = "the old pond a frog leaps in sound of water river silence morning somebody it's"
WORDS = TEXT.split(" ")


def cases(openings: list[str], seeds: int) -> list[dict[str, Any]]:
    return [
        {"opening": opening, "temperature": 1, "topP": 1, "seed": seed}
        for opening in openings
        for seed in range(seeds)
    ]


def with_words(kind: str, **settings: Any) -> checkpoint.Model:
    """A model of noise that knows some words, and has seen every token."""
    model = model_of(kind, **settings)
    tokenizer = type(model.tokenizer)(*_parts(model.tokenizer))
    words = lexicon.build([TEXT]).to_tensors()
    return dataclasses.replace(model, tokenizer=tokenizer, lexicon=words)


def _parts(tokenizer: Any) -> tuple[Any, ...]:
    seen = np.ones(tokenizer.vocab_size, np.bool_)
    tensors = tokenizer.tensors()
    if tokenizer.kind == "char":
        return tensors["code_points"], seen
    return (tensors["model"].tobytes(), seen) if tokenizer.kind == "subword" else (seen,)


@pytest.mark.parametrize("kind", ["char", "byte", "bpe", "unigram"])
@pytest.mark.parametrize("continuous", [False, True])
def test_whatever_the_model_each_text_is_a_haiku(kind: str, continuous: bool):
    asked = cases(["", "Old pond", "the old po", "a frog,\n", "a frog leaps in"], 3)
    model = with_words(kind, continuous=continuous)
    for case, (reason, text) in zip(asked, run(WRITE, asked, model), strict=True):
        if case["opening"].endswith(",\n"):  # two syllables are no first line
            assert (reason, text) == ("opening", "")
            continue
        assert reason == "end"
        verdict = forms.check(case["opening"] + text, "haiku")
        assert verdict.verdict in ("exact", "possible"), (case, text, verdict.reasons)


def test_a_trained_model_writes_haiku_of_its_words():
    model = checkpoint.load_model(runs.find_model("shipped/haiku"))
    [[reason, text]] = run(WRITE, cases(["old po"], 1), model, "int8")
    assert reason == "end"
    assert forms.check("old po" + text, "haiku").verdict == "exact"


@pytest.mark.parametrize("kind", ["char", "bpe"])
def test_no_draft_gets_stuck(kind: str):
    """The mask leaves a way to the end, so the check afterwards finds nothing wrong."""
    body = """
    const form = finish(haikuForm(settings, context));
    const begun = { ids: [context.startId], state: context.model.start() };
    const random = uniforms(1n);
    const drawn = { temperature: 1, topP: 1 };
    return Array.from({ length: 40 }, () => {
      const draft = finish(draftHaiku(context, form, drawn, begun, form.start, random));
      return draft !== null && form.check(draft.text);
    });
    """
    assert run(body, None, with_words(kind)) == [True] * 40


def test_an_opening_of_other_words_is_refused():
    asked = cases(["xyzzy", "the river silence morning", "old  pond", "42", "\u53e4"], 1)
    assert run(WRITE, asked, with_words("char")) == [["opening", ""]] * len(asked)


def test_the_states_accept_what_the_check_accepts():
    """But for a comma at the very end, which the check leaves to the taste of the reader."""
    rng = np.random.default_rng(5)
    parts = [*WORDS, "The", "xyzzy", ",", ".", " ", "\n", "'"]
    valid = "the old pond a frog\nleaps in the sound of water\na frog leaps in it's"
    counted = "a frog leaps in the\nold pond, somebody leaps in\nthe sound of water."
    texts = [valid, counted, counted[:-1] + ";", valid + "\n", ""]
    for text in (valid, counted):
        for _ in range(1500):
            at, width = rng.integers(0, len(text)), rng.integers(0, 6)
            texts.append(text[:at] + str(rng.choice(parts)) + text[at + width :])
    body = """
    const form = finish(haikuForm(settings, context));
    const encoder = new TextEncoder();
    return input.map((text) => {
      const state = form.read(encoder.encode(text));
      return [state !== null && form.isComplete(state), form.check(text)];
    });
    """
    found = run(body, texts, with_words("char"))
    assert found[1] == [True, True]
    assert found[2] == [False, True]
    assert 20 < sum(accepted for accepted, _ in found) < len(texts) / 2
    for text, (accepted, passed) in zip(texts, found, strict=True):
        assert accepted == (passed and text[-1] not in ",;:"), text


def test_a_model_without_english_words_has_no_haiku():
    assert html._haiku(model_of("char")) is None
    words = lexicon.build(["zaubern\u00e4chte verweilen unterdessen gespr\u00e4chig"]).to_tensors()
    assert html._haiku(dataclasses.replace(model_of("char"), lexicon=words)) is None
    model = with_words("char")
    assert run("return finish(haikuForm(settings, context)) !== null", None, model)
    model.tokenizer.seen[ord("\n")] = False
    assert not run("return finish(haikuForm(settings, context)) !== null", None, model)


def test_the_same_seed_gives_the_same_haiku_and_another_one_another():
    asked = cases([""], 4)
    found = run(WRITE, asked, with_words("bpe"))
    assert found == run(WRITE, asked, with_words("bpe"))
    assert len({text for _, text in found}) == len(asked)
