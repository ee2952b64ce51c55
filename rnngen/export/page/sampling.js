// From logits to a token: the rules of rnngen/sampling/logits.py, in its order.

/** Natural log-probabilities of all tokens, (V). */
function logSoftmax(logits) {
  const top = maximum(logits);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - top);
  const shift = top + Math.log(sum);
  const logs = new Float64Array(logits.length);
  for (let id = 0; id < logs.length; id++) logs[id] = logits[id] - shift;
  return logs;
}

function maximum(values) {
  let top = -Infinity;
  for (let id = 0; id < values.length; id++) if (values[id] > top) top = values[id];
  return top;
}

/** Logits after masking, temperature and top-p, which only ever take tokens away: (V). */
function truncate(logits, mask, { temperature, topP }) {
  const left = logits.slice();
  for (let id = 0; id < left.length; id++) if (!mask[id]) left[id] = -Infinity;
  const top = maximum(left);
  if (temperature === 0) {
    const likeliest = left.indexOf(top); // the lowest id on ties
    left.fill(-Infinity)[likeliest] = 0;
    return left;
  }
  if (temperature !== 1) {
    const divisor = Math.fround(temperature);
    for (let id = 0; id < left.length; id++) left[id] = Math.fround(left[id] - top) / divisor;
  }
  if (topP < 1) keepTopP(left, topP);
  return left;
}

/** Leave the fewest tokens that hold a share `p` of the probability; of equal ones the lowest ids. */
function keepTopP(logits, p) {
  const ordered = logits.slice().sort().reverse(); // numbers: the likeliest first
  const weights = weightsOf(ordered);
  const total = sumOf(weights);
  let [count, sum] = [0, 0];
  do sum += weights[count++];
  while (sum < p * total && count < weights.length);
  const lowest = ordered[count - 1];
  let room = count - ordered.indexOf(lowest); // for tokens as likely as the last one kept
  for (let id = 0; id < logits.length; id++) {
    const isKept = logits[id] > lowest || (logits[id] === lowest && room-- > 0);
    if (!isKept) logits[id] = -Infinity;
  }
}

/** Probabilities, not normalized: 1 for the likeliest. */
function weightsOf(logits) {
  const top = maximum(logits);
  const weights = new Float32Array(logits.length);
  for (let id = 0; id < weights.length; id++) weights[id] = Math.exp(logits[id] - top);
  return weights;
}

function sumOf(weights) {
  let sum = 0;
  for (let id = 0; id < weights.length; id++) sum += weights[id];
  return sum;
}

/** The first token whose cumulative probability exceeds the uniform. */
function draw(weights, uniform) {
  const total = sumOf(weights);
  let sum = 0;
  for (let id = 0; id < weights.length; id++) {
    sum += weights[id];
    if (sum > uniform * total) return id;
  }
  return 0; // as NumPy's argmax has it where nothing exceeds
}
