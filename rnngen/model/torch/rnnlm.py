"""RNNLM: the language model, an embedding, L recurrent layers and an output layer.

Shape letters, here and everywhere in rnngen:

    B  streams of text side by side      E  embedding_dim
    T  tokens of each stream             H  hidden_size
    V  vocab_size                        L  num_layers
    N  ngrams, the most tokens that have an embedding as a whole

The way of the data, (B, T, width):

    ids -> embedding E -> + -> dropout -> layer 0 .. layer L-1 -> output V
      `--> n-grams D -> E -'

    n-grams: the last 2, .. N tokens, each n-gram hashed to a row of one table (see ngrams.py), the
             rows of a place added up; nothing where N is 1

    layer:  x -> LSTM or GRU -> LayerNorm -> dropout -> + -> next x
             `-----------------------------------------'
            the skip, where x is as wide as the layer (He et al. 2016)

LayerNorm (Ba et al. 2016) stands between the layers, not inside the recurrence, so that cuDNN's and
oneDNN's fused cells can be used. The cells, with s the logistic function and * elementwise:

    LSTM (Hochreiter & Schmidhuber 1997, forget gate of Gers et al. 2000)
        i, f, o = s(W x + b + U h + d), rows i, f, o        g = tanh(the same, row g)
        c' = f * c + i * g          h' = o * tanh(c')       order of rows: i, f, g, o

    GRU (Cho et al. 2014; as in cuDNN the reset gate acts after the recurrent product)
        r, z = s(W x + b + U h + d), rows r, z              n = tanh(Wn x + bn + r * (Un h + dn))
        h' = (1 - z) * n + z * h                            order of rows: r, z, n
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from rnngen.model import ngrams
from rnngen.model.shapes import GATES
from rnngen.model.torch import gru
from rnngen.model.torch.dropout import Dropout

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rnngen.config import ModelConfig

    State = tuple[Tensor, ...]

EMBEDDING_STD = 1.0
"""The skip carries the embedding beside normed activations, so it starts at their scale."""
TIED_STD = 0.02
"""A tied embedding is also the output layer: at std 1 the first logits would be tens of nats."""
OUTPUT_GAIN = 0.1
"""Share of Xavier's scale: the first predictions are then the output bias, a loss known ahead.

All three were the best of several in short runs (tinyshakespeare, H = 128, 400 steps); validation
loss in nats per character, LSTM: std 0.1 1.744, 0.3 1.723, 1 1.678, 2 1.700; gain 1 1.732, 0.1
1.678; tied std 0.01 1.755, 0.02 1.770, 0.05 1.805, 0.2 1.866 (GRU 1.785, 1.758, 1.765, 1.819).
"""


class RNNLM(nn.Module):
    """Next-token logits of B streams.

    State is `(h, c)` for an LSTM, `(h,)` for a GRU, each (L, B, H), as in torch.nn; where N > 1,
    also the last tokens, int64 (N - 1, B, 1), as `ngrams.rows` takes them.
    Initial weights are drawn from torch's global generator: call torch.manual_seed first.
    """

    def __init__(self, config: ModelConfig, unigram: NDArray[np.int64] | None = None) -> None:
        """unigram: (V,), how often each token occurs; predictions then start at these shares."""
        super().__init__()
        self.config = config
        hidden = config.hidden_size
        widths = [config.embedding_dim] + [hidden] * (config.num_layers - 1)
        cell = {"lstm": nn.LSTM, "gru": nn.GRU}[config.cell]
        self.embedding = nn.Embedding(config.vocab_size, config.embedding_dim)
        if config.ngrams > 1:
            self.ngrams = nn.Embedding(config.ngram_buckets, config.ngram_dim)
            self.ngrams_up = nn.Linear(config.ngram_dim, config.embedding_dim, bias=False)
        self.layers = nn.ModuleList(cell(width, hidden, batch_first=True) for width in widths)
        self.norms = nn.ModuleList(nn.LayerNorm(hidden) for _ in widths if config.norm)
        self.dropout = Dropout(config.dropout)
        self.output = nn.Linear(hidden, config.vocab_size)
        if config.tie_weights:  # forward reads the embedding; a second name would be saved twice
            self.output.register_parameter("weight", None)
        self._initialize(unigram)

    def forward(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """ids: int64 (B, T), each in [0, V).  state: None means zeros.

        Returns unnormalised log-probabilities (B, T, V) of each next token, and the next state.
        """
        if state is None:
            state = self.start(len(ids))
        x = self.embedding(ids)
        recent: State = ()
        if self.config.ngrams > 1:
            state, last = state[:-1], state[-1]
            embeddings, last = self._ngram_embeddings(ids, last)
            x, recent = x + embeddings, (last,)
        x = self.dropout(x, each_token=True)
        carried = []
        for index in range(self.config.num_layers):
            x, after = self._layer(index, x, tuple(part[index : index + 1] for part in state))
            carried.append(after)
        weight = self.embedding.weight if self.config.tie_weights else self.output.weight
        after = tuple(torch.cat(parts) for parts in zip(*carried, strict=True))
        return F.linear(x, weight, self.output.bias), after + recent

    def start(self, batch_size: int) -> State:
        """The empty state of `batch_size` streams: zeros, where and what the weights are."""
        shape = (self.config.num_layers, batch_size, self.config.hidden_size)
        parts = 2 if self.config.cell == "lstm" else 1
        state = tuple(self.output.bias.new_zeros(shape) for _ in range(parts))
        if self.config.ngrams > 1:
            recent = self.config.ngrams - 1, batch_size, 1
            state += (self.output.bias.new_zeros(recent, dtype=torch.int64),)
        return state

    def _ngram_embeddings(self, ids: Tensor, last: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, E), what n-grams add to the embedding of their last token; and the last tokens."""
        tokens = torch.cat([last[..., 0], ids.T + 1])
        rows = ngrams.rows(tokens, self.config.ngrams, self.config.ngram_buckets)
        summed = self.ngrams(torch.stack(rows, dim=-1)).sum(2).transpose(0, 1)
        return self.ngrams_up(summed), tokens[len(tokens) - len(last) :, :, None]

    def _layer(self, index: int, x: Tensor, state: State) -> tuple[Tensor, State]:
        y, after = self._recur(self.layers[index], x, state)
        if self.config.norm:
            y = self.norms[index](y)
        y = self.dropout(y)
        if self.config.skip and x.shape[-1] == y.shape[-1]:
            y = y + x
        return y, after

    def _recur(self, layer: nn.Module, x: Tensor, state: State) -> tuple[Tensor, State]:
        """As torch's LSTM takes and returns the pair (h, c), but its GRU the bare h."""
        if x.device.type in ("cpu", "cuda") and torch.is_autocast_enabled(x.device.type):
            with torch.autocast(x.device.type, enabled=False):
                if x.is_cuda:  # there cuDNN's cells would compute in fp16, too narrow for gradients
                    return self._recur(layer, x.float(), state)
                return _recur_in_bf16(layer, x, state)
        if not isinstance(layer, nn.GRU):
            y, after = layer(x, state)
            return y, after
        y, h = gru.unroll(layer, x, state[0]) if gru.is_faster(x) else layer(x, state[0])
        return y, (h,)

    @torch.no_grad()
    def _initialize(self, unigram: NDArray[np.int64] | None) -> None:
        tied = self.config.tie_weights
        nn.init.normal_(self.embedding.weight, std=TIED_STD if tied else EMBEDDING_STD)
        if self.config.ngrams > 1:  # an n-gram that was never seen adds nothing
            nn.init.zeros_(self.ngrams.weight)
            nn.init.orthogonal_(self.ngrams_up.weight)
        for layer in self.layers:
            self._initialize_layer(layer)
        if not tied:
            nn.init.xavier_uniform_(self.output.weight, gain=OUTPUT_GAIN)
        nn.init.zeros_(self.output.bias)
        if unigram is not None:
            self.output.bias.copy_(log_frequencies(torch.tensor(unigram)))

    def _initialize_layer(self, layer: nn.Module) -> None:
        """Each gate is a matrix of its own: orthogonal over time (Saxe et al. 2014), Xavier up."""
        gates = GATES[self.config.cell]
        for name, parameter in layer.named_parameters():
            if name.startswith("bias"):
                nn.init.zeros_(parameter)
            for gate in parameter.chunk(gates):
                if name == "weight_hh_l0":
                    nn.init.orthogonal_(gate)
                elif name == "weight_ih_l0":
                    nn.init.xavier_uniform_(gate)
        if self.config.cell == "lstm":  # remember at first (Gers et al. 2000, Jozefowicz 2015)
            layer.get_parameter("bias_ih_l0").chunk(gates)[1].fill_(1)


def _recur_in_bf16(layer: nn.Module, x: Tensor, state: State) -> tuple[Tensor, State]:
    """What the layer computes with weights, input and state rounded to bf16.

    The weights are cast once for all steps. Autocast would cast those of a GRU at each step, or
    keep them in a cache of the whole process, which threads clear while others read it. Called so,
    torch takes oneDNN's cell where the processor has the instructions, and its own elsewhere.
    """
    weights = [weight.bfloat16() for weight in layer.parameters()]
    x, before = x.bfloat16(), [part.bfloat16() for part in state]
    settings = True, 1, 0.0, layer.training, False, True  # biases, layers, .. batch_first
    if isinstance(layer, nn.GRU):
        y, h = torch.gru(x, before[0], weights, *settings)
        return y, (h,)
    y, h, c = torch.lstm(x, before, weights, *settings)
    return y, (h, c)


def log_frequencies(counts: Tensor) -> Tensor:
    """ln of each token's share of `counts` (V,), float32; one is added to each, so none is -inf."""
    smoothed = counts.double() + 1
    return (smoothed / smoothed.sum()).log().float()
