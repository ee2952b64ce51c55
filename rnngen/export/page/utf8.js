// Which bytes may follow: a text is UTF-8 at every token, and never ends within a character.

const BETWEEN = 0;
const BROKEN = 8;

/**
 * The state after a byte. 0 lies between characters. 1 to 3 want that many more bytes. 4 to 7
 * follow e0, ed, f0 and f4, whose next byte is restricted. 8 is for what is not UTF-8.
 */
function nextUtf8(state, byte) {
  const within = (low, high) => byte >= low && byte < high;
  if (state === BETWEEN) {
    if (byte < 0x80) return BETWEEN;
    const restricted = [0xe0, 0xed, 0xf0, 0xf4].indexOf(byte);
    if (restricted >= 0) return 4 + restricted;
    return within(0xc2, 0xe0) ? 1 : within(0xe0, 0xf0) ? 2 : within(0xf0, 0xf4) ? 3 : BROKEN;
  }
  if (state <= 3) return within(0x80, 0xc0) ? state - 1 : BROKEN;
  if (state === 4) return within(0xa0, 0xc0) ? 1 : BROKEN;
  if (state === 5) return within(0x80, 0xa0) ? 1 : BROKEN;
  if (state === 6) return within(0x90, 0xc0) ? 2 : BROKEN;
  return state === 7 && within(0x80, 0x90) ? 2 : BROKEN;
}

function readUtf8(bytes, state = BETWEEN) {
  for (const byte of bytes) state = nextUtf8(state, byte);
  return state;
}

/** The tokens that a text may take next, by the state it is in. */
class Allowed {
  /** forbidden: of each id, whether it is never to be drawn. */
  constructor(tokenizer, forbidden) {
    this.tokenizer = tokenizer;
    this.forbidden = forbidden;
    this.masks = new Map();
  }

  /** (V), 1 where a token is allowed. If none is, the text may only end. */
  after(state) {
    let mask = this.masks.get(state);
    if (mask) return mask;
    const { pieces, endId } = this.tokenizer;
    mask = Uint8Array.from(pieces, (piece, id) => {
      if (this.forbidden[id]) return 0;
      if (id === endId) return state === BETWEEN;
      return piece.length > 0 && readUtf8(piece, state) !== BROKEN;
    });
    if (!mask.includes(1)) mask[endId] = 1;
    this.masks.set(state, mask);
    return mask;
  }
}
