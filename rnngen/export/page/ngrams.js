// Which rows of the n-gram table the last tokens stand for; see rnngen/model/ngrams.py.

const PRIME = 2147483647; // 2^31 - 1
const FACTOR = 1103515245;
const [FACTOR_HIGH, FACTOR_LOW] = [FACTOR >>> 16, FACTOR & 0xffff];

/**
 * (value * FACTOR + token) % PRIME.
 *
 * The product has 62 bits, and a number of JavaScript holds 53. So the factor is taken in halves:
 * no number below exceeds 2^48.
 */
function nextHash(value, token) {
  const high = (value * FACTOR_HIGH) % PRIME;
  return (high * 65536 + value * FACTOR_LOW + token) % PRIME;
}

/**
 * The rows of the n-grams that end with the last token: of 2 tokens, of 3, up to all.
 *
 * tokens: the last N in the order of the text, each id + 1, 0 where there is none.
 */
function ngramRows(tokens, buckets) {
  const rows = [];
  let value = 1;
  for (let back = 0; back < tokens.length; back++) {
    value = nextHash(value, tokens[tokens.length - 1 - back]);
    if (back) rows.push(value % buckets);
  }
  return rows;
}
