"""Polar codes for very noisy symbols: construction, transform and list decoding.

A polar code of length n = 2^m sends x = u F^(x)m, F = [[1, 0], [1, 1]], where u holds the message at the most reliable positions and zeros
(frozen) elsewhere (Arikan, "Channel Polarization", IEEE Trans. Inf. Theory 2009, arXiv:0807.3917). Nothing here knows keys or payloads.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint8]
Soft = NDArray[np.float32]


def polar_transform(u: Bits) -> Bits:
    """Return ``u F^(x)m`` over GF(2) for each row of ``u``; the transform is its own inverse.

    Args:
        u: bits, uint8, shape (..., n), n a power of two.

    Returns:
        A new array of the same shape.
    """
    x = u.copy()
    half = 1
    while half < x.shape[-1]:
        pairs = x.reshape(*x.shape[:-1], -1, 2, half)
        pairs[..., 0, :] ^= pairs[..., 1, :]
        half *= 2
    return x


def reliable_positions(n: int, count: int, *, snr: float) -> NDArray[np.intp]:
    """Return the ``count`` most reliable of the ``n`` positions of u, ascending, for +-1 symbols in Gaussian noise.

    Density evolution by Gaussian approximation (Chung et al. 2001; for polar codes Trifonov, "Efficient Design and Decoding of Polar
    Codes", IEEE Trans. Commun. 2012, eq. 6 and 7), with the exact function instead of the usual fit, which fails at a low SNR.

    Args:
        n: code length, a power of two.
        count: positions wanted, 0 <= count <= n.
        snr: squared amplitude over noise variance of one symbol for which the code is made.
    """
    log_mean = np.array([np.log(2.0 * snr)])  # of the LLR of a symbol, whose variance is twice its mean
    while log_mean.size < n:
        log_mean = np.stack([_check_node(log_mean), log_mean + np.log(2.0)], axis=-1).reshape(-1)
    order = np.argsort(-log_mean, kind="stable")
    return np.sort(order[:count])


def _check_node(log_mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ln of the mean LLR after a check node with two equal inputs: t -> t^2 where t = E tanh(LLR / 2)."""
    table_log_mean, table_logit = _tanh_table()
    logit = np.interp(log_mean, table_log_mean, table_logit)
    log_t, log_p = -np.logaddexp(0.0, -logit), -np.logaddexp(0.0, logit)
    squared = 2.0 * log_t - log_p - np.log(2.0 - np.exp(log_p))  # logit of t^2, as 1 - t^2 = p (2 - p) with p = 1 - t
    return np.interp(squared, table_logit, table_log_mean)


@cache
def _tanh_table() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (ln m, logit of E tanh(L / 2)) with L ~ N(m, 2m), both increasing, for 1e-150 <= m <= 2000.

    By the symmetry of L's density both t and 1 - t are integrals of positive even functions, so neither end loses digits.
    """
    log_mean = np.linspace(np.log(1e-150), np.log(2000.0), 4000)
    mean = np.exp(log_mean)[:, None]
    z = np.linspace(-12.0, 12.0, 241)
    level = z * np.sqrt(2.0 * np.minimum(mean, 4.0))
    normal = np.exp(-0.5 * z * z) / np.exp(-0.5 * z * z).sum()
    t = np.exp(-mean[:, 0] / 4.0) * ((np.sinh(level / 2.0) * np.tanh(level / 2.0)) @ normal)
    grid = np.linspace(-90.0, 90.0, 1801)
    log_p = -mean[:, 0] / 4.0 - 0.5 * np.log(4.0 * np.pi * mean[:, 0])
    log_p += np.log((np.exp(-(grid**2) / (4.0 * mean)) / np.cosh(grid / 2.0)).sum(axis=1) * (grid[1] - grid[0]) + 1e-300)
    small = mean[:, 0] < 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        logit = np.where(small, np.log(t) - np.log1p(-t), np.log(-np.expm1(log_p)) - log_p)
    return log_mean, logit


def list_decode(llrs: Soft, info: NDArray[np.bool_], *, paths: int) -> Bits:
    """Return the most likely code words for the received soft symbols, best first.

    Successive-cancellation list decoding (Tal and Vardy, arXiv:1206.0050) on log-likelihood ratios with the exact path metric
    (Balatsoukas-Stimming et al., arXiv:1401.3753, eq. 10), over the code's tree of halves: a subtree without message bits and a subtree
    with one, its last, are decided at once (Hashemi et al., arXiv:1703.08208), which leaves few nodes at low rates.

    Args:
        llrs: ln P(0) / P(1) of each symbol, shape (n,); zero is an erasure.
        info: True where u carries the message, shape (n,).
        paths: hypotheses kept at each step.

    Returns:
        Code words, uint8, shape (at most ``paths``, n).
    """
    alpha = llrs.astype(np.float32)[None, :]
    words, _, metric = _decode_node(alpha, np.zeros(1), info, paths)
    return words[np.argsort(metric, kind="stable")]


def _decode_node(
    alpha: Soft, metric: NDArray[np.float64], info: NDArray[np.bool_], paths: int
) -> tuple[Bits, NDArray[np.intp], NDArray[np.float64]]:
    """Decode a subtree for every path at once: LLRs (L, m) and metrics (L,) to words (L', m), the path each came from, and metrics."""
    message_bits = np.count_nonzero(info)
    if message_bits == 0:
        return np.zeros(alpha.shape, np.uint8), np.arange(len(alpha)), metric + _surprise(alpha)
    if message_bits == 1 and info[-1]:
        return _decode_repetition(alpha, metric, paths)
    half = info.size // 2
    left, right = alpha[:, :half], alpha[:, half:]
    left_words, origin, metric = _decode_node(_either(left, right), metric, info[:half], paths)
    left, right = left[origin], right[origin]
    right_words, parent, metric = _decode_node(right + np.where(left_words, -left, left), metric, info[half:], paths)
    words = np.concatenate([left_words[parent] ^ right_words, right_words], axis=1)
    return words, origin[parent], metric


def _decode_repetition(alpha: Soft, metric: NDArray[np.float64], paths: int) -> tuple[Bits, NDArray[np.intp], NDArray[np.float64]]:
    """Split each path in two, all zeros or all ones, and keep the best."""
    zeros = metric + _surprise(alpha)
    both = np.concatenate([zeros, zeros + alpha.sum(axis=1, dtype=np.float64)])
    kept = np.argsort(both, kind="stable")[:paths]
    bit, origin = np.divmod(kept, len(alpha))
    words = np.repeat(bit.astype(np.uint8)[:, None], alpha.shape[1], axis=1)
    return words, origin, both[kept]


def _surprise(alpha: Soft) -> NDArray[np.float64]:
    """Return -ln P(all zeros) for each row of LLRs."""
    loss: NDArray[np.float64] = np.logaddexp(np.float32(0.0), -alpha).sum(axis=1, dtype=np.float64)
    return loss


def _either(a: Soft, b: Soft) -> Soft:
    """Return the LLR of the sum of two bits, 2 atanh(tanh(a / 2) tanh(b / 2)), in a form that neither overflows nor saturates."""
    smaller = np.sign(a) * np.sign(b) * np.minimum(np.abs(a), np.abs(b))
    exact: Soft = smaller + np.log1p(np.exp(-np.abs(a + b))) - np.log1p(np.exp(-np.abs(a - b)))
    return exact
