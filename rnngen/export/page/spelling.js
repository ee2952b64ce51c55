// How a text begins if its last word is open: `the ri` may go on with the token ` river`.
//
// All token sequences that spell the rest of the opening are followed as a tree, and one is drawn
// in proportion to its probability; the same as rnngen/sampling/spelling.py and prompts.py.

const NEGLIGIBLE = Math.log(1e-9); // of a spelling, against the likeliest
const MOST_NODES = 4096;

class Spelling {
  /** context: { model, tokenizer, forbidden, settings }.  begun: { ids, state }, last id unread. */
  constructor(context, begun, rest) {
    Object.assign(this, context);
    this.begun = begun;
    this.rest = rest; // bytes, at least one
    this.choices = []; // { node, token, learned }: sequences that reach the end of the rest
    this.nodes = [];
    this.best = -Infinity; // log-probability of the likeliest choice
  }

  /** Follow all spellings, level by level. Yields after each step of the model. */
  *grow() {
    const { ids, state } = this.begun;
    let level = [{ ids, rest: this.rest, learned: 0, before: state, parent: null, drawn: 0 }];
    while (level.length) {
      const following = [];
      for (const node of level) {
        const { logits, state: after } = this.model.step(node.ids.at(-1), node.before);
        yield "";
        Object.assign(node, { logits, after });
        this.nodes.push(node);
        following.push(...this.expand(node, logSoftmax(logits)));
      }
      level = this.likely(following);
    }
  }

  /** Note the choices that end after a node; returns the nodes one token further. */
  expand(node, logs) {
    const further = [];
    this.tokenizer.pieces.forEach((piece, token) => {
      if (!piece.length || this.forbidden[token] || piece[0] !== node.rest[0]) return;
      const learned = node.learned + logs[token];
      if (startsWith(piece, node.rest)) {
        this.choices.push({ node, token, learned });
        this.best = Math.max(this.best, learned);
      } else if (startsWith(node.rest, piece)) {
        const rest = node.rest.subarray(piece.length);
        further.push({ ids: [...node.ids, token], rest, learned, before: node.after, parent: node });
      }
    });
    return further;
  }

  likely(nodes) {
    const best = Math.max(this.best, ...nodes.map((node) => node.learned));
    const kept = nodes.filter((node) => node.learned > best + NEGLIGIBLE);
    kept.sort((one, other) => other.learned - one.learned);
    return kept.slice(0, Math.max(0, MOST_NODES - this.nodes.length));
  }

  /** The log-probability of each choice as tokens are drawn one by one. */
  drawnLogs() {
    const learned = this.choices.map((choice) => choice.learned);
    if (this.settings.temperature === 0) {
      const likeliest = learned.indexOf(maximum(learned));
      return learned.map((_, i) => (i === likeliest ? 0 : -Infinity));
    }
    const allowed = this.forbidden.map((forbidden) => !forbidden);
    for (const node of this.nodes) {
      node.left = logSoftmax(truncate(node.logits, allowed, this.settings));
      if (node.parent) node.drawn = node.parent.drawn + node.parent.left[node.ids.at(-1)];
    }
    const drawn = this.choices.map(({ node, token }) => node.drawn + node.left[token]);
    return drawn.some(Number.isFinite) ? drawn : learned; // truncation may leave no spelling
  }

  /** { ids, state, added }: a beginning, and the bytes its last token adds. Null if there is none. */
  draw(random) {
    if (!this.choices.length) return null;
    const logs = this.drawnLogs();
    const top = maximum(logs);
    const shares = Float64Array.from(logs, (log) => Math.exp(log - top));
    while (shares.some((share) => share > 0)) {
      const chosen = draw(shares, random.next().value);
      const { node, token } = this.choices[chosen];
      const added = this.tokenizer.pieces[token].subarray(node.rest.length);
      if (readUtf8(added) !== BROKEN) return { ids: [...node.ids, token], state: node.after, added };
      shares[chosen] = 0;
    }
    return null;
  }
}

function startsWith(bytes, beginning) {
  return bytes.length >= beginning.length && beginning.every((byte, i) => bytes[i] === byte);
}
