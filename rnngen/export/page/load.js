// The model of the page, out of its two blocks of data.

/**
 * { model, tokenizer, forbidden, startId }, as `write` takes it. Yields now and then.
 *
 * settings: what html.py wrote as JSON.  buffer: the numbers that it points into.
 */
function* load(settings, buffer) {
  const model = yield* Model.from(settings, buffer);
  const { seen: seenAt, scores: scoresAt, ...rest } = settings.tokenizer;
  const count = rest.pieces.length;
  const seen = new Uint8Array(buffer, seenAt, count);
  const scores = scoresAt === undefined ? null : new Float32Array(buffer, scoresAt, count);
  const tokenizer = new Tokenizer(rest, scores, seen);
  const forbidden = seen.map((isSeen) => !isSeen); // a token never trained is never drawn
  if (settings.continuous) forbidden[rest.end_id] = 1; // such a text never ends
  return { model, tokenizer, forbidden, startId: settings.start_id };
}

/** What a generator returns, after all its steps. */
function finish(generator) {
  for (;;) {
    const { done, value } = generator.next();
    if (done) return value;
  }
}
