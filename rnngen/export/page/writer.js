// One text, piece by piece.

/** A text as training text is read: NFC, lines ended by a newline. */
function normalized(text) {
  return text.replace(/\r\n?/g, "\n").normalize("NFC");
}

/** Join tokens into text as they come, and never give out half a character. */
class Decoder {
  constructor() {
    this.decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  }

  feed(bytes) {
    return this.decoder.decode(bytes, { stream: true });
  }
}

/** A text that was cut by its length, without half a flag or a joiner that waits for more. */
function trimUnfinished(text) {
  const trimmed = text.replace(/\u200d+$/u, "");
  const flags = trimmed.match(/\p{Regional_Indicator}*$/u)[0];
  return flags.length % 4 ? trimmed.slice(0, -2) : trimmed; // one is two code units
}

/**
 * Yields the text after the opening in pieces, some of them empty, one for each step of the model.
 *
 * context: { model, tokenizer, forbidden, startId }.
 * settings: { opening, temperature, topP, length: most tokens, seed: BigInt }.
 * Returns why it ended: "end" or "length".
 */
function* write(context, settings) {
  const { model, tokenizer } = context;
  const random = uniforms(settings.seed);
  const allowed = new Allowed(tokenizer, context.forbidden);
  const decoder = new Decoder();
  const begun = yield* begin({ ...context, settings }, normalized(settings.opening), random);
  let state = begun.state;
  let id = begun.ids.at(-1);
  let utf8 = BETWEEN;
  let count = 0;
  if (begun.added.length) {
    utf8 = readUtf8(begun.added);
    count++;
    yield decoder.feed(begun.added);
  }
  while (count < settings.length) {
    const read = model.step(id, state);
    state = read.state;
    id = draw(weightsOf(truncate(read.logits, allowed.after(utf8), settings)), random.next().value);
    if (id === tokenizer.endId) return "end";
    count++;
    utf8 = readUtf8(tokenizer.pieces[id], utf8);
    yield decoder.feed(tokenizer.pieces[id]);
  }
  return "length";
}

/** { ids, state, added }: the opening, read but for its last token; see spelling.js. */
function* begin(context, opening, random) {
  const { model, tokenizer, startId } = context;
  const settled = tokenizer.settled(opening);
  const ids = [startId, ...tokenizer.encode(opening.slice(0, settled))];
  const begun = yield* proceed(model, { ids: [], state: model.start(), added: [] }, ids);
  if (settled === opening.length) return begun;
  const rest = opening.slice(settled);
  const spelling = new Spelling(context, begun, new TextEncoder().encode(rest));
  yield* spelling.grow();
  return spelling.draw(random) ?? (yield* proceed(model, begun, tokenizer.encode(rest)));
}

/** The same beginning with more tokens, all but the last of them read. */
function* proceed(model, { ids, state }, more) {
  for (const id of [...ids.slice(-1), ...more.slice(0, -1)]) {
    state = model.step(id, state).state;
    yield "";
  }
  return { ids: [...ids, ...more], state, added: [] };
}
