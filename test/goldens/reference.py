"""Layer norm and group norm in float64, and the accuracy contract's measure of error (docs/numerics.md)."""

import math
from dataclasses import dataclass
from typing import Callable

import numpy as np

UNIT_ROUNDOFF = 2.0**-24
SMALLEST_NORMAL = 2.0**-126


@dataclass
class Group:
    """Both layers normalise rows of n contiguous elements; `spread` gives every element of the tensor its parameter."""

    rows: int
    n: int
    spread: Callable[[np.ndarray], np.ndarray]


class Reference:
    """Two-pass. math.fsum rounds once, so the mean is within one rounding; what that loses is kept as a second term."""

    def __init__(self, group, x, eps, weight, bias):
        size = group.rows * group.n
        self.group = group
        self.gamma = np.ones(size) if weight is None else group.spread(weight.astype(np.float64))
        self.beta = np.zeros(size) if bias is None else group.spread(bias.astype(np.float64))
        rows = [normalize(row, eps) for row in x.astype(np.float64).reshape(group.rows, group.n)]
        self.mean = np.array([mean for mean, _, _, _ in rows])
        self.variance = np.array([variance for _, variance, _, _ in rows])
        self.rstd = np.array([rstd for _, _, rstd, _ in rows])
        self.normalized = np.array([normalized for _, _, _, normalized in rows]).reshape(size)
        self.output = self.gamma * self.normalized + self.beta


def normalize(row, eps):
    """(mean, biased variance, rstd, normalised row). A group without elements has mean 0 and rstd NaN, as in PyTorch."""
    n = len(row)
    if n == 0:
        return 0.0, math.nan, math.nan, row
    if not np.isfinite(row).all():
        return math.nan, math.nan, math.nan, np.full(n, math.nan)
    high = math.fsum(row) / n
    low = math.fsum([*row, *[-high] * n]) / n
    centred = row - high - low
    variance = math.fsum(centred * centred) / n
    with np.errstate(divide="ignore", invalid="ignore"):
        rstd = 1 / np.sqrt(np.float64(variance) + eps)
        return high + low, variance, rstd, centred * rstd


def relative_errors(reference, output, mean, rstd):
    """err of the output; of mean, in u * max(|mean|, sigma); of rstd, relative, in u."""
    group = reference.group
    with np.errstate(invalid="ignore"):
        normalized = np.abs(reference.normalized).reshape(group.rows, group.n)
        rms = np.sqrt(np.mean(normalized**2, axis=1, keepdims=True)) if group.n else normalized
        scale = np.abs(reference.gamma) * np.maximum(normalized, rms).ravel() + np.abs(reference.beta)
        mean_scale = np.maximum(np.abs(reference.mean), np.sqrt(reference.variance))
    return {
        "output": worst(output, reference.output, scale),
        "mean": worst(mean, reference.mean, mean_scale),
        "rstd": worst(rstd, reference.rstd, np.abs(reference.rstd)),
    }


def worst(actual, expected, scale):
    """The largest error; NaN and infinity must be where they are expected."""
    actual = actual.ravel().astype(np.float64)
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(actual[~finite], expected[~finite])
    assert np.isfinite(actual[finite]).all()
    # fmax, as a group without elements has a mean but no variance to scale its error by.
    scale = UNIT_ROUNDOFF * np.fmax(scale[finite], SMALLEST_NORMAL)
    return float(np.max(np.abs(actual[finite] - expected[finite]) / scale, initial=0))
