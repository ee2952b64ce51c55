// The model, one token at a time; the same as rnngen/model/numpy_runtime.py.
//
// V tokens, E numbers in an embedding, H units in each of L layers, D numbers in an n-gram's
// embedding, N tokens in the longest n-gram. Gates in the order of torch: i f g o, and r z n.

const LANES = 8; // rows of a matrix that are multiplied side by side
const EPSILON = 1e-5;

/** Numbers as they are stored: rows x columns of int8 with a scale for each row, fp16 or fp32. */
class Tensor {
  constructor({ type, shape, offset }, scale, buffer) {
    const arrays = { int8: Int8Array, fp16: Uint16Array, fp32: Float32Array };
    [this.rows, this.columns = 1] = shape;
    this.values = new arrays[type](buffer, offset, this.rows * this.columns);
    this.type = type;
    this.scale = scale;
  }

  at(row, column) {
    const value = this.values[row * this.columns + column];
    if (this.type === "int8") return Math.fround(value * this.scale[row]);
    return this.type === "fp16" ? fromHalf(value) : value;
  }

  /** Add a row to `sum` (columns). */
  addRow(row, sum) {
    for (let k = 0; k < sum.length; k++) sum[k] += this.at(row, k);
  }

  /** A vector, as biases and norms are. */
  vector() {
    return Float32Array.from({ length: this.rows }, (_, row) => this.at(row, 0));
  }
}

/** x -> W x. The rows stand in blocks of LANES, column by column, as they are read. */
class Matrix {
  constructor(rows, columns) {
    this.rows = rows;
    this.columns = columns;
    const blocks = Math.ceil(rows / LANES); // the last one is filled up with zeros
    this.weights = new Float32Array(blocks * columns * LANES);
  }

  /** Yields now and then; returns the matrix. */
  static *from(tensor) {
    const { rows, columns } = tensor;
    const matrix = new Matrix(rows, columns);
    for (let row = 0; row < rows; row++) {
      for (let k = 0; k < columns; k++) matrix.set(row, k, tensor.at(row, k));
      if (row % 64 === 0) yield;
    }
    return matrix;
  }

  /** left (rows, inner) x right (inner, columns). */
  static *product(left, right) {
    const product = new Matrix(left.rows, right.columns);
    for (let k = 0; k < right.columns; k++) {
      const column = Float32Array.from({ length: right.rows }, (_, row) => right.at(row, k));
      left.times(column).forEach((value, row) => product.set(row, k, value));
      yield;
    }
    return product;
  }

  set(row, column, value) {
    const block = Math.floor(row / LANES) * this.columns;
    this.weights[(block + column) * LANES + (row % LANES)] = value;
  }

  /** x (columns) -> (rows). */
  times(x) {
    const { columns, weights } = this;
    const padded = weights.length / columns;
    const y = new Float32Array(padded);
    for (let row = 0, at = 0; row < padded; row += LANES) {
      let a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0; // one each is what is fast
      for (let k = 0; k < columns; k++, at += LANES) {
        const value = x[k];
        a += weights[at] * value;
        b += weights[at + 1] * value;
        c += weights[at + 2] * value;
        d += weights[at + 3] * value;
        e += weights[at + 4] * value;
        f += weights[at + 5] * value;
        g += weights[at + 6] * value;
        h += weights[at + 7] * value;
      }
      y[row] = a;
      y[row + 1] = b;
      y[row + 2] = c;
      y[row + 3] = d;
      y[row + 4] = e;
      y[row + 5] = f;
      y[row + 6] = g;
      y[row + 7] = h;
    }
    return y.subarray(0, this.rows);
  }
}

/** Layer normalization (Ba et al. 2016): x (H) -> (H). */
class Norm {
  constructor(weight, bias) {
    this.weight = weight;
    this.bias = bias;
  }

  of(x) {
    let [mean, variance] = [0, 0];
    for (const value of x) mean += value / x.length;
    for (const value of x) variance += (value - mean) ** 2 / x.length;
    const scale = 1 / Math.sqrt(variance + EPSILON);
    return x.map((value, k) => (value - mean) * scale * this.weight[k] + this.bias[k]);
  }
}

function sigmoid(x) {
  return 1 / (1 + Math.exp(-x));
}

/** inputs = W x + b and products = U h + d, (4H) each -> the next h and c, (H) each. */
function lstm(inputs, products, [h, c]) {
  const size = h.length;
  const next = { h: new Float32Array(size), c: new Float32Array(size) };
  const gate = (index, k) => inputs[index * size + k] + products[index * size + k];
  for (let k = 0; k < size; k++) {
    const kept = sigmoid(gate(1, k)) * c[k]; // c' = f * c + i * g
    next.c[k] = kept + sigmoid(gate(0, k)) * Math.tanh(gate(2, k));
    next.h[k] = sigmoid(gate(3, k)) * Math.tanh(next.c[k]); // h' = o * tanh(c')
  }
  return [next.h, next.c];
}

/** The same for a GRU, (3H): the reset gate multiplies the product of h with its bias. */
function gru(inputs, products, [h]) {
  const size = h.length;
  const next = new Float32Array(size);
  for (let k = 0; k < size; k++) {
    const r = sigmoid(inputs[k] + products[k]);
    const z = sigmoid(inputs[size + k] + products[size + k]);
    const n = Math.tanh(inputs[2 * size + k] + r * products[2 * size + k]);
    next[k] = (1 - z) * n + z * h[k];
  }
  return [next];
}

/** One recurrent layer with its norm and skip. */
class Layer {
  static *from(config, tensors, index) {
    const layer = new Layer();
    const own = (name) => tensors.get(`layers.${index}.${name}_l0`);
    layer.inputs = yield* Matrix.from(own("weight_ih"));
    layer.hidden = yield* Matrix.from(own("weight_hh"));
    layer.inputBias = own("bias_ih").vector();
    layer.hiddenBias = own("bias_hh").vector();
    layer.advance = { lstm, gru }[config.cell];
    layer.skips = config.skip && layer.inputs.columns === config.hidden_size;
    if (config.norm) {
      const [weight, bias] = ["weight", "bias"].map((name) => tensors.get(`norms.${index}.${name}`));
      layer.norm = new Norm(weight.vector(), bias.vector());
    }
    return layer;
  }

  /** W x + b. */
  read(x) {
    return addTo(this.inputs.times(x), this.inputBias);
  }

  /** x and W x + b and the state before -> what goes up, (H), and the state after. */
  step(x, inputs, before) {
    const products = addTo(this.hidden.times(before[0]), this.hiddenBias);
    const after = this.advance(inputs, products, before);
    let y = this.norm ? this.norm.of(after[0]) : after[0].slice();
    if (this.skips) y = addTo(y, x);
    return [y, after];
  }
}

function addTo(sum, other) {
  for (let k = 0; k < sum.length; k++) sum[k] += other[k];
  return sum;
}

/**
 * A model at work. A state is { layers, recent }: of each layer [h, c] or [h], and the last N - 1
 * tokens, each id + 1 or 0. It is never changed, so it can be gone on from more than once.
 */
class Model {
  /** settings: config and tensors, as html.py writes them.  Yields now and then. */
  static *from({ config, tensors: entries }, buffer) {
    const tensors = new Map();
    for (const [name, entry] of Object.entries(entries)) {
      const scale = entry.scale && new Float32Array(buffer, entry.scale, entry.shape[0]);
      tensors.set(name, new Tensor(entry, scale, buffer));
    }
    const model = new Model();
    model.config = config;
    model.inputsOf = new Map(); // token -> W x + b, when first met
    model.embedding = tensors.get("embedding.weight");
    model.layers = [];
    for (let index = 0; index < config.num_layers; index++) {
      model.layers.push(yield* Layer.from(config, tensors, index));
    }
    if (config.ngrams > 1) {
      model.ngrams = tensors.get("ngrams.weight");
      const up = tensors.get("ngrams_up.weight"); // (E, D)
      model.ngramsUp = yield* Matrix.from(up);
      model.ngramInputs = yield* Matrix.product(model.layers[0].inputs, up); // (gates, D)
    }
    model.output = yield* Matrix.from(tensors.get(config.tie_weights ? "embedding.weight" : "output.weight"));
    model.outputBias = tensors.get("output.bias").vector();
    return model;
  }

  /** The state before any text: zeros. */
  start() {
    const { cell, hidden_size, ngrams } = this.config;
    const parts = cell === "lstm" ? 2 : 1;
    const zeros = () => Array.from({ length: parts }, () => new Float32Array(hidden_size));
    return { layers: this.layers.map(zeros), recent: new Array(ngrams - 1).fill(0) };
  }

  /** Read a token: { logits (V), state }. */
  step(id, state) {
    const tokens = [...state.recent, id + 1]; // N of them
    let { x, inputs } = this.firstInputs(id, tokens);
    const layers = [];
    this.layers.forEach((layer, index) => {
      let after;
      [x, after] = layer.step(x, index ? layer.read(x) : inputs, state.layers[index]);
      layers.push(after);
    });
    return {
      logits: addTo(this.output.times(x), this.outputBias),
      state: { layers, recent: tokens.slice(1) },
    };
  }

  /**
   * The embedding x (E) of a token with its n-grams, and W x + b of the first layer.
   *
   * What the token alone adds to W x + b is kept, and the way from n-grams to it is one matrix:
   * W (x + up n) + b = (W x + b) + (W up) n.
   */
  firstInputs(id, tokens) {
    const x = new Float32Array(this.embedding.columns);
    this.embedding.addRow(id, x);
    if (!this.inputsOf.has(id)) this.inputsOf.set(id, this.layers[0].read(x));
    const inputs = this.inputsOf.get(id).slice();
    if (this.ngrams) {
      const sum = this.ngramSum(tokens);
      addTo(x, this.ngramsUp.times(sum));
      addTo(inputs, this.ngramInputs.times(sum));
    }
    return { x, inputs };
  }

  /** The sum of the embeddings of all n-grams that end here, (D). */
  ngramSum(tokens) {
    const sum = new Float32Array(this.ngrams.columns);
    for (const row of ngramRows(tokens, this.config.ngram_buckets)) this.ngrams.addRow(row, sum);
    return sum;
  }
}
