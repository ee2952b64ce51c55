"""The scripts of the page against Python: hash, random numbers, logits, tokens, texts."""

from __future__ import annotations

import base64
import dataclasses
import itertools
import re
from collections.abc import Iterable
from itertools import islice
from typing import Any

import numpy as np
import pytest

from rnngen import checkpoint, runs
from rnngen.api import LanguageModel
from rnngen.config import CELLS, ModelConfig, SampleConfig
from rnngen.export import html
from rnngen.model import ngrams, quantize
from rnngen.model.numpy_runtime import NumpyRuntime
from rnngen.sampling import logits as rules
from rnngen.sampling.constraints import _utf8_table
from rnngen.sampling.draft import uniforms
from rnngen.sampling.spelling import Beginning, SpellingTree, TokenSpellings
from tests.export.models import every_shape, model_of, random_weights, shape_name
from tests.export.node import blocks, needs_node, run
from tests.tokenizers.corpora import HARD, JAPANESE, PROSE
from tests.tokenizers.test_every_kind import CHARACTERS, CORPORA, MAKERS, tokenizer_of

pytestmark = needs_node

CLOSE = 1e-4
KINDS = ("char", "byte", "bpe", "unigram")


def test_n_grams_have_the_same_rows():
    """100,000 runs of tokens; a product of the hash has more bits than a number of JavaScript."""
    rng = np.random.default_rng(1)
    buckets = 2**20 - 3
    tokens = rng.integers(0, 200_000, (100_000, 5))
    tokens[0], tokens[1] = 2**31 - 2, 0  # the largest numbers, and no token at all
    expected = np.array(ngrams.rows(tokens.T, 5, buckets))[:, 0].T
    found = run(f"return input.map((tokens) => ngramRows(tokens, {buckets}))", tokens.tolist())
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("seed", [0, 1, 12345, 2**53 + 1, 2**64 - 1])
def test_the_random_numbers_are_those_of_rnngen(seed: int):
    found = run(
        "const random = uniforms(BigInt(input));"
        "return Array.from({ length: 1001 }, () => random.next().value)",
        str(seed),
    )
    assert found == list(islice(uniforms(seed, 0), 1001))


def test_every_half_is_the_number_it_stands_for():
    finite = np.arange(2**16, dtype=np.uint16)
    finite = finite[np.isfinite(finite.view(np.float16))]
    found = run("return input.map(fromHalf)", finite.tolist())
    assert np.array_equal(found, finite.view(np.float16).astype(np.float64))


def test_the_page_gets_its_turn_before_each_block():
    """Nothing is unpacked beforehand: each block is asked for after another turn."""
    data = blocks(html.page(model_of("byte", hidden_size=96), title="Noise", storage="fp32"))
    body = """
    const [blocks, size] = input;
    let [turns, asked] = [0, []];
    function* texts() {
      for (const block of blocks) {
        asked.push(turns);
        yield block;
      }
    }
    const turn = () => new Promise((resolve) => setImmediate(() => resolve(turns++)));
    const { byteLength } = await bytesOf(texts(), size, turn);
    return [byteLength, asked];
    """
    size = data["settings"]["size"]
    count = len(data["numbers"])
    assert count > 3
    assert run(body, [data["numbers"], size]) == [size, list(range(1, count + 1))]


LOGITS = """
const { model } = context;
let state = model.start();
const rows = input.map((id) => {
  const read = model.step(id, state);
  state = read.state;
  return Buffer.from(Float32Array.from(read.logits).buffer);
});
return Buffer.concat(rows).toString("base64");
"""


def assert_logits(model: checkpoint.Model, storage: str, length: int) -> None:
    weights = quantize.unpack(quantize.pack(model.weights, storage))
    runtime = NumpyRuntime(model.config, weights)
    ids = np.random.default_rng(2).integers(0, model.config.vocab_size, (1, length))
    expected, _ = runtime.forward(ids, runtime.start(1))
    content = base64.b64decode(run(LOGITS, ids[0].tolist(), model, storage))
    found = np.frombuffer(content, "<f4").reshape(expected[0].shape)
    assert np.abs(found - expected[0]).max() <= CLOSE


@pytest.mark.parametrize(
    ("config", "kind"),
    list(zip(every_shape(), itertools.cycle(KINDS), strict=False)),
    ids=shape_name,
)
def test_logits_of_every_shape(config: ModelConfig, kind: str):
    """Over a thousand tokens; the kinds of tokenizer take turns."""
    model = model_of(kind)
    config = dataclasses.replace(config, vocab_size=model.config.vocab_size)
    model = dataclasses.replace(model, config=config, weights=random_weights(config))
    assert_logits(model, "fp32", 1000)


@pytest.mark.parametrize("storage", quantize.STORAGES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_logits_of_weights_in_fewer_bits(cell: str, kind: str, storage: str):
    model = model_of(kind, cell=cell, tie_weights=kind == "char", ngrams=3)
    assert_logits(model, storage, 100)


def test_a_state_can_be_gone_on_from_twice():
    body = """
    const { model } = context;
    const { state } = model.step(65, model.start());
    const logits = () => Array.from(model.step(66, state).logits);
    return [logits(), (model.step(70, state), logits())];
    """
    one, other = run(body, model=model_of("byte"))
    assert one == other


def test_the_states_of_utf8_are_those_of_rnngen():
    body = "return input.map(([state, byte]) => nextUtf8(state, byte))"
    pairs = [(state, byte) for state in range(9) for byte in range(256)]
    table = _utf8_table()
    assert run(body, pairs) == [table[pair] for pair in pairs]


SPELLINGS = """
const { settled, rests } = input;
return rests.map((rest) => {
  const ids = [context.startId, ...context.tokenizer.encode(settled)];
  const begun = finish(proceed(context.model, { ids: [], state: context.model.start() }, ids));
  const all = { ...context, settings: { temperature: 0.7, topP: 0.9 } };
  const spelling = new Spelling(all, begun, new TextEncoder().encode(rest));
  finish(spelling.grow());
  const drawn = spelling.drawnLogs();
  return spelling.choices.map(({ token, learned }, i) => [token, learned, Math.exp(drawn[i])]);
});
"""


def test_an_open_word_is_spelled_in_the_same_ways():
    """Every spelling with its probability, as the model has it and as it is drawn."""
    model = checkpoint.load_model(runs.find_model("shipped/haiku"))
    python, config = LanguageModel(model), SampleConfig(temperature=0.7, top_p=0.9)
    settled, rests = "old", [" p", " pon", " the riv", " x", " "]
    ids = [python.start_id, *python.tokenizer.encode(settled).tolist()]
    _, state = python.runtime.forward(np.array([ids[:-1]]), python.runtime.start(1))
    spellings = TokenSpellings(python.tokenizer.pieces, python.forbidden)
    found = run(SPELLINGS, {"settled": settled, "rests": rests}, model, "int8")
    for rest, choices in zip(rests, found, strict=True):
        tree = SpellingTree(python.runtime, spellings, Beginning(ids, state), rest.encode())
        _, tokens, learned = tree.choices
        logs = tree.drawn_logs(config, 0.7)
        assert [token for token, _, _ in choices] == tokens.tolist()
        np.testing.assert_allclose([log for _, log, _ in choices], learned, atol=CLOSE)
        if np.isfinite(logs).any():
            shares = [share for _, _, share in choices]
            np.testing.assert_allclose(shares, np.exp(logs), atol=CLOSE)


def strings() -> list[str]:
    rng = np.random.default_rng(3)
    words = re.findall(r"\s*\S+", PROSE + JAPANESE)
    hard = ["".join(rng.choice(HARD, 12)) for _ in range(300)]
    prose = ["".join(rng.choice(words, 9)) for _ in range(300)]
    repeated = [
        "".join(
            str(c) * int(n)
            for c, n in zip(rng.choice([*"ab .!-\n"], 6), rng.integers(0, 9, 6), strict=True)
        )
        for _ in range(200)
    ]
    cut = [text[: int(n)] for text, n in zip(prose, rng.integers(0, 20, len(prose)), strict=True)]
    long = ["the" * 50, " " * 200, "é" * 130 + " ", "".join(map(chr, CHARACTERS[::7]))]
    return ["", *hard, *prose, *repeated, *cut, *long]


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("corpus", CORPORA)
def test_a_text_has_the_same_tokens(name: str, corpus: str):
    tokenizer = tokenizer_of(name, corpus)
    config = ModelConfig(vocab_size=tokenizer.vocab_size, embedding_dim=2, hidden_size=2)
    model = checkpoint.Model(config, random_weights(config), tokenizer, False, {})
    body = """
    const { tokenizer } = context;
    return input.map((text) => [
      Array.from(tokenizer.encode(text)),
      [...text.slice(0, tokenizer.settled(text))].length,
      tokenizer.unseen(text),
    ]);
    """
    texts = strings()
    for text, (ids, settled, unseen) in zip(texts, run(body, texts, model), strict=True):
        assert ids == tokenizer.encode(text).tolist(), repr(text)
        assert settled == tokenizer.settled(text), repr(text)
        assert unseen == tokenizer.unseen(text), repr(text)


def test_the_rules_leave_the_same_tokens():
    """Ties and masks included: the logits are whole numbers."""
    rng = np.random.default_rng(4)
    logits = rng.integers(-9, 9, (200, 40)).astype(np.float32)
    masked = rng.random((200, 40)) < 0.3
    cases = [(1.0, 0.5), (0.8, 0.9), (0.0, 1.0), (1.3, 1.0), (1.0, 0.05)]
    body = """
    const [logits, masked, cases] = input;
    return logits.map((row, i) => cases.map(([temperature, topP]) => {
      const allowed = masked[i].map((isMasked) => !isMasked);
      const left = truncate(Float32Array.from(row), allowed, { temperature, topP });
      return Array.from(left, Number.isFinite);
    }));
    """
    found = np.array(run(body, [logits.tolist(), masked.tolist(), cases]))
    for column, (temperature, top_p) in enumerate(cases):
        config = SampleConfig(temperature=temperature, top_p=top_p)
        left = rules.truncate(rules.forbid(logits, masked), config, np.full(200, temperature))
        assert np.array_equal(found[:, column], np.isfinite(left))


WRITE = """
return input.map((settings) => {
  const steps = write(context, { ...settings, seed: BigInt(settings.seed) });
  let text = "";
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value === "length" ? trimUnfinished(text) : text;
    text += value;
  }
});
"""
OPENINGS = ("", "the ri", "The old pond", "a\n", " ", "zé\u2581 w", "po", "e\u0301\r\nx")
DRAWN = (
    {"temperature": 0, "topP": 1, "seed": "0"},
    {"temperature": 0.8, "topP": 0.9, "seed": "1"},
    {"temperature": 1, "topP": 1, "seed": str(2**40)},
)


def assert_texts(
    model: checkpoint.Model, length: int, cases: Iterable[tuple[str, dict[str, Any]]]
) -> None:
    """The texts of openings, each drawn in its way, are rnngen's own."""
    storage = "int8"
    weights = quantize.unpack(quantize.pack(model.weights, storage))
    python = LanguageModel(dataclasses.replace(model, weights=weights))
    asked = [{"opening": opening, "length": length, **drawn} for opening, drawn in cases]
    for case, text in zip(asked, run(WRITE, asked, model, storage), strict=True):
        config = SampleConfig(
            temperature=float(case["temperature"]), top_p=float(case["topP"]), length=length
        )
        [expected] = python.generate(config, case["opening"], seed=int(case["seed"]), indices=[0])
        assert text == expected.text, case


@pytest.mark.parametrize(
    ("kind", "continuous", "cell"),
    [
        (kind, continuous, CELLS[(i + continuous) % 2])
        for i, kind in enumerate(KINDS)
        for continuous in (False, True)
    ],
)
def test_texts_are_those_of_rnngen(kind: str, continuous: bool, cell: str):
    """The cells take turns. Each opening is drawn with two seeds and greedily."""
    model = model_of(kind, cell=cell, continuous=continuous)
    assert_texts(model, 60, itertools.product(OPENINGS, DRAWN))


def test_texts_of_a_trained_model_are_those_of_rnngen():
    """Its openings are words that it can spell in many ways."""
    model = checkpoint.load_model(runs.find_model("shipped/haiku"))
    assert_texts(model, 25, zip(("the ri", "po", "The old pond"), DRAWN, strict=True))
