// Bytes out of the page, numbers out of bytes, and the random numbers of rnngen.

/**
 * The bytes of a zlib stream in an ArrayBuffer.
 *
 * texts: its parts in base64, an iterable.  size: of all bytes.
 * pause: awaited before each part, so that the page gets its turn.
 */
async function bytesOf(texts, size, pause) {
  if (typeof DecompressionStream === "undefined") throw new Error("this browser is too old for it");
  const parts = texts[Symbol.iterator]();
  const packed = new ReadableStream({
    async pull(controller) {
      await pause();
      const { done, value } = parts.next();
      if (done) controller.close();
      else controller.enqueue(fromBase64(value));
    },
  });
  const reader = packed.pipeThrough(new DecompressionStream("deflate")).getReader();
  const bytes = new Uint8Array(size);
  let at = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes.set(value, at); // throws if there are too many
      at += value.length;
    }
  } catch {
    at = NaN;
  }
  if (at !== size) throw new Error("the page is cut off or damaged");
  return bytes.buffer;
}

function fromBase64(text) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

/** The number that 16 bits of IEEE 754 stand for. */
function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const MASK = (1n << 64n) - 1n;

/**
 * The uniforms in [0, 1) of the first text of a seed: those of `rnngen sample --seed`.
 *
 * Philox 4x64 with ten rounds (Salmon et al. 2011). The key is (seed, number of the text), the
 * counter grows by one for every four numbers. seed: BigInt.
 */
function* uniforms(seed) {
  for (let counter = 1n; ; counter++) {
    let [a, b, c, d] = [counter & MASK, counter >> 64n, 0n, 0n];
    let [key, other] = [seed & MASK, 0n];
    for (let round = 0; round < 10; round++) {
      const first = a * 0xd2e7470ee14c6c93n;
      const second = c * 0xca5a826395121157n;
      [a, b, c, d] = [(second >> 64n) ^ b ^ key, second & MASK, (first >> 64n) ^ d ^ other, first & MASK];
      key = (key + 0x9e3779b97f4a7c15n) & MASK;
      other = (other + 0xbb67ae8584caa73bn) & MASK;
    }
    for (const word of [a, b, c, d]) yield Number(word >> 11n) * 2 ** -53;
  }
}
