"""The formulas, one precision above the data's, and the accuracy contract's measure of error (docs/numerics.md)."""

import math
from dataclasses import dataclass

import numpy as np
import torch

from partition import Partition


@dataclass
class Precision:
    """What a dtype is computed in: u, the smallest normal number, and the machine epsilon."""

    unit_roundoff: float
    smallest_normal: float
    epsilon: float


SINGLE = Precision(2.0**-24, 2.0**-126, 2.0**-23)
DOUBLE = Precision(2.0**-53, 2.0**-1022, 2.0**-52)


def precision_of(dtype):
    return DOUBLE if dtype == torch.float64 else SINGLE


def widen(tensor):
    """Its values one precision up: in float64, but 80 bits for float64."""
    values = tensor.double().numpy()
    return values.astype(np.longdouble) if tensor.dtype == torch.float64 else values


class Reference:
    """Named results and, for each, what its errors are measured in units of."""

    def __init__(self):
        self.values = {}
        self.scales = {}

    def put(self, name, values, scale):
        self.values[name] = np.asarray(values).astype(np.float64)
        self.scales[name] = np.asarray(scale)


# Statistics of one row.


def total(values):
    """math.fsum rounds once. The 80 bits of a longdouble have eleven to spare for sums of the goldens' length."""
    return values.dtype.type(math.fsum(values)) if values.dtype == np.float64 else np.sum(values)


def centred_moments(row):
    """(mean, variance, row - mean). What rounding the mean loses is a second term. No elements: mean 0, as in PyTorch."""
    n = len(row)
    if n == 0:
        return 0.0, math.nan, row
    if not np.isfinite(row).all():
        return math.nan, math.nan, np.full(n, math.nan)
    high = total(row) / n
    low = total(np.array([*row, *[-high] * n]) if row.dtype == np.float64 else row - high) / n
    centred = row - high - low
    return high + low, total(centred * centred) / n, centred


def uncentred_moments(row):
    """The same about 0."""
    n = len(row)
    if n == 0:
        return 0.0, math.nan, row
    return 0.0, total(row * row) / n if np.isfinite(row).all() else np.sum(row * row) / n, row


# Layers: what the classes of layers.py call, with inputs as they have them.


def normalized_rows(partition: Partition, inputs, moments=centred_moments):
    """The layers that share statistics within groups: output, mean, rstd; and the biased variances."""
    mean, variance, centred = group_moments(partition, inputs, moments)
    rstd, normalized = scaled(centred, variance, inputs.eps)
    reference = Reference()
    put_output(reference, partition, inputs, normalized)
    put_mean(reference, mean, variance)
    reference.put("rstd", rstd, np.abs(rstd))
    return reference, mean, variance


def moments_of_rows(partition: Partition, inputs):
    mean, variance, _ = group_moments(partition, inputs, centred_moments)
    reference = Reference()
    put_mean(reference, mean, variance)
    reference.put("variance", variance, np.abs(variance))
    return reference


def group_moments(partition, inputs, moments):
    """(means, variances, centred groups as rows)."""
    rows = partition.rows(widen(inputs.x))
    groups = [moments(row) for row in rows]
    mean, variance = (np.array([group[i] for group in groups], rows.dtype) for i in (0, 1))
    return mean, variance, np.array([group[2] for group in groups], rows.dtype).reshape(rows.shape)


def put_mean(reference, mean, variance):
    reference.put("mean", mean, np.fmax(np.abs(mean), np.sqrt(variance)))


def given_statistics(partition: Partition, inputs):
    """Batch norm with running statistics: one pair per group."""
    rows = partition.rows(widen(inputs.x))
    mean, variance = (widen(statistic).astype(rows.dtype) for statistic in (inputs.running_mean, inputs.running_var))
    _, normalized = scaled(rows - mean[:, None], variance, inputs.eps)
    reference = Reference()
    put_output(reference, partition, inputs, normalized)
    return reference


def scaled(centred, variance, eps):
    with np.errstate(divide="ignore", invalid="ignore"):
        rstd = 1 / np.sqrt(variance + eps)
        return rstd, centred * rstd[:, None]


def put_output(reference, partition, inputs, normalized):
    size = partition.groups * partition.n
    gamma = np.ones(size) if inputs.weight is None else partition.spread(widen(inputs.weight))
    beta = np.zeros(size) if inputs.bias is None else partition.spread(widen(inputs.bias))
    scale = np.abs(gamma) * magnitudes(partition, normalized) + np.abs(beta)
    reference.put("output", gamma * partition.flatten(normalized) + beta, scale)


def magnitudes(partition, rows):
    """max(|value|, root mean square of its group), over what is finite."""
    finite = np.where(np.isfinite(rows), np.abs(rows), 0)
    rms = np.sqrt(np.mean(finite**2, axis=1, keepdims=True)) if partition.n else finite
    return partition.flatten(np.maximum(finite, rms))


def put_running(reference, inputs, momentum, mean, variance, n):
    """
    What training leaves in the running statistics: an average of old and new, the new variance unbiased. Instance norm
    passes [N, C] of each, and the average over N counts. A batch without elements leaves them as they were.
    """
    old_mean, old_variance = (widen(statistic) for statistic in (inputs.running_mean, inputs.running_var))
    if not n:
        reference.put("runningMean", old_mean, np.abs(old_mean))
        reference.put("runningVar", old_variance, np.abs(old_variance))
        return
    channels = len(old_mean)
    old, new = 1 - momentum, momentum
    with np.errstate(divide="ignore", invalid="ignore"):
        unbiased = variance.reshape(-1, channels).mean(axis=0) * n / np.asarray(n - 1, variance.dtype)
    scale = np.fmax(np.abs(mean), np.sqrt(variance)).reshape(-1, channels).mean(axis=0)
    mean = mean.reshape(-1, channels).mean(axis=0)
    reference.put("runningMean", old * old_mean + new * mean, np.abs(old * old_mean) + np.abs(new) * scale)
    reference.put("runningVar", old * old_variance + new * unbiased, np.abs(old * old_variance) + np.abs(new * unbiased))


def unit_rows(partition, inputs, p):
    """x / max(||x||_p, eps)."""
    rows = partition.rows(inputs.x.double().numpy().astype(np.longdouble))
    with np.errstate(divide="ignore", invalid="ignore"):
        if not partition.n:
            norms = np.zeros(partition.groups, rows.dtype)
        elif math.isinf(p):
            norms = np.abs(rows).max(axis=1)
        else:
            norms = np.power(np.sum(np.power(np.abs(rows), np.longdouble(p)), axis=1), 1 / np.longdouble(p))
        units = rows / np.maximum(norms, np.longdouble(inputs.eps))[:, None]
    reference = Reference()
    reference.put("output", partition.flatten(units), magnitudes(partition, units))
    return reference


def local_response(view, inputs, size, alpha, beta, k):
    """x / (k + alpha / size * sum of squares over the window)^beta; channels are the middle dimension of the view."""
    x = inputs.x.double().numpy().astype(np.longdouble).reshape(view)
    channels = view[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        windows = [x[:, max(0, c - size // 2) : c + (size - 1) // 2 + 1] for c in range(channels)]
        sums = np.stack([np.sum(window**2, axis=1) for window in windows], axis=1) if windows else x
        output = x / np.power(k + np.longdouble(alpha) / size * sums, np.longdouble(beta))
    reference = Reference()
    reference.put("output", output.ravel(), np.abs(output).ravel())
    return reference


# Errors.


def relative_errors(reference, results, precision):
    """err of every result PyTorch gives, each in u of its scale."""
    return {
        name: worst(result.double().numpy(), reference.values[name], reference.scales[name], precision)
        for name, result in results.items()
    }


def worst(actual, expected, scale, precision):
    """The largest error; NaN and infinity must be where they are expected."""
    actual, expected, scale = actual.ravel(), expected.ravel(), scale.ravel()
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(actual[~finite], expected[~finite])
    assert np.isfinite(actual[finite]).all()
    # fmax, as a group without elements has a mean but no variance to scale its error by.
    scale = np.fmax(scale[finite].astype(np.float64), precision.smallest_normal)
    return float(np.max(np.abs(actual[finite] - expected[finite]) / scale / precision.unit_roundoff, initial=0))
