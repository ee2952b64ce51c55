"""A GRU layer for training on a CPU: torch.nn.GRU's numbers, by fewer and larger operations.

oneDNN's fused cells serve nn.LSTM in training, but not nn.GRU: torch loops over small operations,
each with a tensor and a node of autograd's graph of its own. Here a step is five operations forward
and three backward, all into memory taken once. The equations are those of `rnnlm.py`, and so is
the order of rows; the letters below are the code's:

    r, z = s(W x + b + U h + d)     a = Un h + dn      n = tanh(Wn x + bn + r * a)
    h' = n + z * (h - n)

Every gate's gradient is that of h' times a factor known before the way back begins:

    n's  (1 - z) (1 - n^2) = k      a's  k r
    z's  (h - n) z (1 - z)          r's  k a r (1 - r)

so the way back loops only over `(rows' gradients) U + z * (gradient of h')`, and what depends on no
other step, the gradients of the input and of all weights, is one product for all steps together.

How many times as fast as nn.GRU forward and backward are, fp32, one thread, AVX2, T = 64:

           B 1   B 4  B 16  B 64
    H  64  2.7   3.0   2.3   1.6     T = 8: 1.05 to 2.0.  T = 1: 0.5 to 1.0.
    H 256  2.5   2.0   1.5   1.1     two threads, H 256, B 16 and 64: 1.7, 1.3
    H 512  2.7   1.9   1.5   1.1     forward alone: about 1, so nn.GRU is kept for it

An LSTM written the same way has 0.74 to 1.0 of the speed of nn.LSTM (H 256 to 512, B 8 to 32):
nn.LSTM stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

if TYPE_CHECKING:
    from torch import nn


def is_faster(x: Tensor) -> bool:
    """Whether `unroll` is the faster way for input x: on a CPU, with a backward pass to come."""
    return (
        x.device.type == "cpu" and torch.is_grad_enabled() and not torch.is_autocast_enabled("cpu")
    )


def unroll(layer: nn.GRU, x: Tensor, h: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """What `layer(x, h)` returns, of a layer of one direction with biases.

    x: (B, T, E) if the layer is batch_first, else (T, B, E).  h: (1, B, H); None means zeros.
    Returns the states after each step, (B, T, H) or (T, B, H), and the last of them, (1, B, H).
    """
    if layer.batch_first:
        x = x.transpose(0, 1)
    if h is None:
        h = x.new_zeros(1, x.shape[1], layer.hidden_size)
    parameters = (layer.get_parameter(name) for name in PARAMETERS)
    y: Tensor = _GRU.apply(x, h[0], *parameters)  # type: ignore[no-untyped-call]
    return y.transpose(0, 1) if layer.batch_first else y, y[-1:]


PARAMETERS = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


class _GRU(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor, d: Tensor
    ) -> Tensor:
        """x: (T, B, E).  h: (B, H).  w: (3H, E).  u: (3H, H).  b, d: (3H,).  Returns (T, B, H)."""
        steps, streams, _ = x.shape
        hidden = h.shape[1]
        two = 2 * hidden
        x = x.reshape(steps * streams, -1)  # (T B, E)
        # Kept for the way back; the loop works in them, step by step, and takes no memory.
        rza = x.new_empty(steps, streams, 3 * hidden)
        n = x.new_empty(steps, streams, hidden)
        states = x.new_empty(steps + 1, streams, hidden)  # h before the first step, h' after each
        # All that the input adds, for all steps; what is left is to add U h in place.
        flat = rza.flatten(0, 1)
        torch.addmm(b[:two] + d[:two], x, w[:two].t(), out=flat[:, :two])  # r, z: W x + b + d
        flat[:, two:] = d[two:]  # a: dn, without the input, as r will multiply it
        torch.addmm(b[two:], x, w[two:].t(), out=n.flatten(0, 1))  # n: Wn x + bn
        states[0] = h
        # Views of each step (B, ..), made at once: each index in the loop would be a call more.
        r, z, a = (gate.unbind() for gate in rza.chunk(3, 2))
        rz, before, after = rza[..., :two].unbind(), states[:-1].unbind(), states[1:].unbind()
        ut = u.t()
        for t, (rows, n_t) in enumerate(zip(rza.unbind(), n.unbind(), strict=True)):
            rows.addmm_(before[t], ut)  # (B, 3H) += h U^T
            rz[t].sigmoid_()
            n_t.addcmul_(r[t], a[t]).tanh_()  # n = tanh(Wn x + bn + r * a)
            torch.lerp(n_t, before[t], z[t], out=after[t])  # h' = n + z * (h - n)
        ctx.save_for_backward(x, w, u, rza, n, states)
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        """dy: (T, B, H), the gradient of what `forward` returned."""
        x, w, u, rza, n, states = ctx.saved_tensors
        steps, streams, hidden = n.shape
        r, z, a = rza.chunk(3, 2)
        rows = torch.empty_like(rza)  # (T, B, 3H): factors now, gradients after the loop
        k = _factors(r, z, a, n, states[:-1], rows)
        dh = torch.empty_like(states)  # dh[t + 1] is the gradient of h' of step t
        dh[-1] = dy[-1]
        by_gate, by_row = rows.view(steps, streams, 3, hidden).unbind(), rows.unbind()
        below, for_each_gate = dh.unbind(), dh.unsqueeze(2).unbind()
        # What step t - 1 returned is the state that step t read, so its dy is added at step t.
        dy_t, z_t = (dy.new_zeros(streams, hidden), *dy[:-1].unbind()), z.unbind()
        first = 0 if ctx.needs_input_grad[1] else 1  # of the carried state nobody wants one
        for t in reversed(range(steps)):
            by_gate[t].mul_(for_each_gate[t + 1])  # (B, 3, H) *= (B, 1, H)
            if t >= first:  # dh = dy + z * dh' + (rows' gradients) U
                torch.addcmul(dy_t[t], below[t + 1], z_t[t], out=below[t]).addmm_(by_row[t], u)
        flat = rows.flatten(0, 1)  # (T B, 3H): one product for all steps each
        du, dd = flat.t() @ states[:-1].flatten(0, 1), flat.sum(0)
        torch.mul(k, dh[1:], out=rows[..., 2 * hidden :])  # from here on n's rows, not a's
        dx = (flat @ w).view(steps, streams, -1) if ctx.needs_input_grad[0] else None
        return dx, dh[0] if first == 0 else None, flat.t() @ x, du, flat.sum(0), dd


def _factors(r: Tensor, z: Tensor, a: Tensor, n: Tensor, before: Tensor, out: Tensor) -> Tensor:
    """Into `out` (T, B, 3H) each row's factor of the gradient of h', for r, z, a; returns n's."""
    aten = torch.ops.aten  # sigmoid_backward(g, s) = g s (1 - s); tanh_backward(g, y) = g (1 - y^2)
    for_r, for_z, for_a = out.chunk(3, 2)
    k: Tensor = aten.tanh_backward(1 - z, n)
    torch.mul(k, r, out=for_a)
    aten.sigmoid_backward(k * a, r, grad_input=for_r)
    aten.sigmoid_backward(before - n, z, grad_input=for_z)
    return k
