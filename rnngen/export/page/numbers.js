// Bytes out of base64, numbers out of bytes, and the random numbers of rnngen.

/** The bytes of a base64 text in an ArrayBuffer. Yields now and then, so that the page stays alive. */
function* bytesOf(base64, size) {
  const CHARACTERS = 1 << 16; // four of them are three bytes
  const bytes = new Uint8Array(size);
  let at = 0;
  for (let start = 0; start < base64.length; start += CHARACTERS) {
    const part = atob(base64.slice(start, start + CHARACTERS));
    if (at + part.length > size) throw new Error("the page holds more than it says");
    for (let i = 0; i < part.length; i++) bytes[at++] = part.charCodeAt(i);
    yield;
  }
  if (at !== size) throw new Error("the page is cut off");
  return bytes.buffer;
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
