// Text to token ids and back; the same as rnngen/tokenizers.

const SPACE_MARK = "\u2581"; // sentencepiece writes a space so; itself it is spelled in bytes
const WORD = new RegExp(`[\\0\\n${SPACE_MARK}]| {0,64}[^ \\0\\n${SPACE_MARK}]{1,64}| {1,64}`, "gu");
const UNKNOWN_PENALTY = 10; // sentencepiece's: below the worst piece

class Tokenizer {
  /**
   * kind: char, byte, bpe or unigram.
   * pieces: of each id a text, the number of a byte, or null for a mark such as the end.
   * scores: of each id, for unigram.  seen: of each id, whether the training text had it.
   */
  constructor({ kind, pieces, end_id }, scores, seen) {
    this.kind = kind;
    this.endId = end_id;
    this.seen = seen;
    this.scores = scores;
    this.ids = new Map(); // text of a piece -> id
    this.byteIds = new Uint32Array(256);
    this.longest = 1; // characters in a piece
    this.worst = Infinity;
    const encoder = new TextEncoder();
    this.pieces = pieces.map((piece, id) => {
      if (typeof piece === "string") {
        this.ids.set(piece, id);
        this.longest = Math.max(this.longest, [...piece].length);
        if (scores) this.worst = Math.min(this.worst, scores[id]);
        return encoder.encode(piece);
      }
      if (piece !== null) this.byteIds[piece] = id;
      return piece === null ? new Uint8Array() : Uint8Array.of(piece);
    });
  }

  encode(text) {
    if (this.kind === "char" || this.kind === "byte") return this.spell([...text]);
    const cut = this.kind === "bpe" ? (word) => this.merge(word) : (word) => this.likeliest(word);
    const words = text.match(WORD) ?? [];
    return words.flatMap((word) => this.spell(isMark(word) ? [word] : cut([...word]), isMark(word)));
  }

  /** How much of `text` keeps its tokens whatever follows: all but the last word of subwords. */
  settled(text) {
    if (this.kind === "char" || this.kind === "byte") return text.length;
    const words = text.match(WORD) ?? [""];
    const last = words[words.length - 1];
    return isMark(last) ? text.length : text.length - last.length;
  }

  /** The characters of a text that the training text did not have, each once. */
  unseen(text) {
    return [...new Set(text)].filter((character) => !this.knows(character));
  }

  knows(character) {
    const id = this.ids.get(character);
    if (id !== undefined) return this.kind !== "char" || this.seen[id] === 1;
    const ids = this.spell([character]);
    return (ids.length === 1 || this.kind === "byte") && ids.every((byte) => this.seen[byte]);
  }

  /** The ids of pieces; what is no piece is spelled in bytes. */
  spell(pieces, asBytes = false) {
    return pieces.flatMap((piece) => {
      const id = asBytes ? undefined : this.ids.get(piece);
      return id === undefined ? Array.from(new TextEncoder().encode(piece), (byte) => this.byteIds[byte]) : [id];
    });
  }

  /** BPE: join the two neighbours that make the best piece, the leftmost of equals, until none do. */
  merge(symbols) {
    for (;;) {
      let [best, at] = [Infinity, -1];
      for (let i = 0; i + 1 < symbols.length; i++) {
        const id = this.ids.get(symbols[i] + symbols[i + 1]) ?? Infinity; // ids are ranks
        if (id < best) [best, at] = [id, i];
      }
      if (at < 0) return symbols;
      symbols.splice(at, 2, symbols[at] + symbols[at + 1]);
    }
  }

  /** Unigram: the cut whose pieces have the highest sum of scores (Viterbi), in float32. */
  likeliest(characters) {
    const best = characters.map(() => null); // of the cuts that end after each character
    for (let start = 0; start < characters.length; start++) {
      const before = start ? best[start - 1].score : 0;
      let piece = "";
      for (let end = start; end < Math.min(characters.length, start + this.longest); end++) {
        piece += characters[end];
        const id = this.ids.get(piece);
        if (id === undefined && end > start) continue;
        const own = id === undefined ? Math.fround(this.worst - UNKNOWN_PENALTY) : this.scores[id];
        const score = Math.fround(own + before);
        if (best[end] === null || score > best[end].score) best[end] = { score, start, piece };
      }
    }
    const pieces = [];
    for (let end = characters.length - 1; end >= 0; end = best[end].start - 1) pieces.unshift(best[end].piece);
    return pieces;
  }
}

function isMark(word) {
  return word === "\0" || word === "\n" || word === SPACE_MARK;
}
