// Haiku: three lines of 5, 7 and 5 syllables, counted in the model's own list of words.
//
// A mask leaves only tokens from which the lines can still be filled. Several drafts are written
// so, those that pass the check are kept, and the one that the model finds likeliest is shown.

const LINES = [5, 7, 5];
const DRAFTS = 8;
const MOST_TOKENS = 200; // of a draft
const [PAUSES, STOPS] = [",;:", ".!?"].map((marks) => new TextEncoder().encode(marks));
const NEWLINE = 10;
const SPACE = 32;

/**
 * Which bytes may follow:
 *
 *     START -letter-> WORD -mark-> MARK -space-> SPACED -letter-> WORD ..
 *                     WORD -space-> SPACED       WORD or MARK -newline-> START of the next line
 *
 * A state is { line, used, place, node }: the syllables of the line before the open word, and where
 * that word stands in the tree of all words. A word is entered only if one below it fits.
 */
class HaikuForm {
  /** words: small letters and apostrophes.  syllables: of each.  Yields now and then. */
  static *of(words, syllables) {
    const form = new HaikuForm();
    form.root = { next: new Map(), syllables: 0, least: Infinity };
    form.start = { line: 0, used: 0, place: "start", node: form.root };
    form.counts = new Map(); // word -> syllables
    for (let i = 0; i < words.length; i++) {
      form.add(words[i], syllables[i]);
      if (i % 256 === 0) yield;
    }
    return form;
  }

  add(word, count) {
    this.counts.set(word, count);
    let node = this.root;
    for (let i = 0; i < word.length; i++) {
      const byte = word.charCodeAt(i);
      if (!node.next.has(byte)) node.next.set(byte, { next: new Map(), syllables: 0, least: Infinity });
      node = node.next.get(byte);
      node.least = Math.min(node.least, count); // of all words that go on from here
    }
    node.syllables = count;
  }

  /** The state after a byte, or null if the haiku may not go on so. */
  after(state, byte) {
    const letter = byte >= 65 && byte <= 90 ? byte + 32 : byte;
    const isWithin = state.place === "word";
    if ((letter >= 97 && letter <= 122) || letter === 39) {
      const from = isWithin ? state.node : state.place === "mark" ? null : this.root;
      const node = from?.next.get(letter);
      const fits = node !== undefined && state.used + node.least <= LINES[state.line];
      return fits ? { line: state.line, used: state.used, place: "word", node } : null;
    }
    const used = this.usedAfterWord(state);
    if (used === null) return null;
    const isFull = used === LINES[state.line];
    const isLast = state.line === LINES.length - 1;
    if (STOPS.includes(byte) || (PAUSES.includes(byte) && !(isLast && isFull))) {
      return isWithin ? { line: state.line, used, place: "mark", node: null } : null;
    }
    if (byte === SPACE) return isFull ? null : { line: state.line, used, place: "spaced", node: this.root };
    if (byte !== NEWLINE || !isFull || isLast) return null;
    return { line: state.line + 1, used: 0, place: "start", node: this.root };
  }

  /** The syllables of the line if its word ends here; null if none does, or they are too many. */
  usedAfterWord({ line, used, place, node }) {
    if (place === "mark") return used;
    if (place !== "word" || !node.syllables) return null;
    return used + node.syllables <= LINES[line] ? used + node.syllables : null;
  }

  isComplete(state) {
    const last = LINES.length - 1;
    return state.line === last && this.usedAfterWord(state) === LINES[last];
  }

  /** The state after bytes, those from `begin` on. */
  read(bytes, state = this.start, begin = 0) {
    for (let i = begin; i < bytes.length && state !== null; i++) state = this.after(state, bytes[i]);
    return state;
  }

  /** Whether a text is a haiku. Counts anew, word by word, and knows nothing of the states. */
  check(text) {
    const lines = text.toLowerCase().split("\n");
    const sums = lines.map((line) => {
      if (!/^[a-z']+[,;:.!?]?( [a-z']+[,;:.!?]?)*$/.test(line)) return NaN;
      const counts = line.match(/[a-z']+/g).map((word) => this.counts.get(word) ?? NaN);
      return counts.reduce((sum, count) => sum + count, 0);
    });
    return sums.length === LINES.length && sums.every((sum, i) => sum === LINES[i]);
  }
}

/**
 * The form for a page with a list of words. Yields now and then.
 *
 * Null if there is none, if no word has one syllable, so that some lines could not be filled, or if
 * the model never saw the end of a line.
 */
function* haikuForm({ haiku }, { tokenizer, forbidden }) {
  if (!haiku || !haiku.syllables.includes("1")) return null;
  if (tokenizer.encode("\n").some((id) => forbidden[id])) return null;
  return yield* HaikuForm.of(haiku.words.split(" "), Array.from(haiku.syllables, Number));
}

/**
 * Yields "" for each step of the model, at last the text after the opening.
 *
 * context, settings: as of `write`.
 * Returns "end", "opening" if no haiku begins so, or "none" if no draft passed the check.
 */
function* writeHaiku(context, form, settings) {
  const { model, tokenizer, startId } = context;
  const opening = normalized(settings.opening);
  const state = form.read(new TextEncoder().encode(opening));
  if (state === null) return "opening";
  const random = uniforms(settings.seed);
  const ids = [startId, ...tokenizer.encode(opening)];
  const begun = yield* proceed(model, { ids: [], state: model.start() }, ids);
  let best = { text: null, score: -Infinity };
  for (let draft = 0; draft < DRAFTS; draft++) {
    const found = yield* draftHaiku(context, form, settings, begun, state, random);
    const passes = found !== null && form.check(opening + found.text);
    if (passes && found.score > best.score) best = found;
  }
  if (best.text === null) return "none";
  yield best.text;
  return "end";
}

/** { text, score: log-probability per token }, or null if no token was left. Yields "". */
function* draftHaiku({ model, tokenizer, forbidden }, form, settings, begun, place, random) {
  const bytes = [];
  let [state, id, sum] = [begun.state, begun.ids.at(-1), 0];
  for (let count = 1; count <= MOST_TOKENS; count++) {
    const read = model.step(id, state);
    const mask = haikuMask(form, place, tokenizer, forbidden);
    yield "";
    const canEnd = form.isComplete(place);
    if (!mask.includes(1)) return canEnd ? { text: textOf(bytes), score: sum / count } : null;
    state = read.state;
    id = draw(weightsOf(truncate(read.logits, mask, settings)), random.next().value);
    sum += logSoftmax(read.logits)[id];
    const piece = tokenizer.pieces[id];
    if (id === tokenizer.endId || (canEnd && piece[0] === NEWLINE)) {
      return { text: textOf(bytes), score: sum / count };
    }
    bytes.push(...piece);
    place = form.read(piece, place);
  }
  return null;
}

/** (V), 1 for each token that the haiku may go on with; after its last word it may end. */
function haikuMask(form, place, tokenizer, forbidden) {
  const canEnd = form.isComplete(place);
  const mask = new Uint8Array(tokenizer.pieces.length);
  const first = Array.from({ length: 256 }, (_, byte) => form.after(place, byte)); // most fail there
  for (let id = 0; id < mask.length; id++) {
    const piece = tokenizer.pieces[id];
    if (forbidden[id]) continue;
    if (id === tokenizer.endId || (canEnd && piece[0] === NEWLINE)) mask[id] = canEnd;
    else if (piece.length) mask[id] = form.read(piece, first[piece[0]], 1) !== null;
  }
  return mask;
}

function textOf(bytes) {
  return new TextDecoder().decode(Uint8Array.from(bytes));
}
