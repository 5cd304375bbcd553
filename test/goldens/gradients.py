"""Gradients: what PyTorch's autograd gives, beside the formulas one precision up."""

import math
from dataclasses import dataclass

import numpy as np
import torch

from channel_layers import CHANNELS_LAST, BatchNorm, GroupNorm, InstanceNorm, LocalResponseNorm
from data import BF16, F16, F32, F64, draw
from layers import Inputs, LayerNorm, Normalize, RMSNorm
from reference import Reference, centred_moments, precision_of, relative_errors, uncentred_moments

LAYERS = [
    LayerNorm([3, 7], [7]),
    LayerNorm([2, 3, 4], [3, 4]),
    LayerNorm([5, 33], [33]),
    LayerNorm([1, 130], [130]),
    RMSNorm([3, 7], [7]),
    RMSNorm([2, 2, 9], [2, 9]),
    GroupNorm([2, 6, 2, 2], 2),
    GroupNorm([2, 4, 5], 4),
    GroupNorm([2, 3, 2, 6], 2, CHANNELS_LAST),
    GroupNorm([1, 2, 9, 6], 3, CHANNELS_LAST),
    InstanceNorm([2, 3, 5]),
    InstanceNorm([2, 3, 2, 4], layout=CHANNELS_LAST),
    InstanceNorm([2, 3, 4], use_input_stats=False),
    BatchNorm([5, 3], training=True),
    BatchNorm([2, 3, 2, 2], training=True),
    BatchNorm([3, 2, 2, 5], training=True, layout=CHANNELS_LAST),
    BatchNorm([2, 3, 4]),
    BatchNorm([2, 2, 2, 5], layout=CHANNELS_LAST),
    Normalize([4, 5]),
    Normalize([3, 4, 2], p=1),
    Normalize([2, 5, 3], p=3, dim=-1),
    Normalize([2, 7, 2], p=1.5),
    Normalize([3, 5], p=0.5),
    Normalize([3, 9], p=math.inf),
    LocalResponseNorm([1, 7, 3], 5),
    LocalResponseNorm([2, 5, 3], 4, alpha=0.5),
    LocalResponseNorm([2, 4, 3], 9, alpha=2.0, beta=1.5, k=0.5),
    LocalResponseNorm([2, 3, 5], 3, CHANNELS_LAST, alpha=0.2),
]
KINDS = ["N(0,1)", "N(0,1) + 1e3", "ReLU output", "uniform on [-5, 10)"]


@dataclass
class GradientCase:
    layer: object
    data: str
    inputs: Inputs
    grad_output: torch.Tensor


def gradient_cases():
    """Every layer in every dtype. Weights take turns; a mean of 1e3 leaves 16 bits nothing to normalise."""
    for number, layer in enumerate(LAYERS):
        for turn, dtype in enumerate([F32, F64, BF16, F16]):
            data = KINDS[(number + turn) % len(KINDS)]
            if dtype in (BF16, F16) and data == "N(0,1) + 1e3":
                data = KINDS[0]
            # At zeros PyTorch 1.13 has NaN for p below 1; later versions have 0.
            if getattr(layer, "p", 1) < 1:
                data = KINDS[0]
            yield gradient_case(layer, data, f"gradient {number} {turn}", dtype, has_weight=(number + turn) % 3 > 0)


def gradient_case(layer, data, salt, dtype, has_weight):
    inputs = Inputs(draw(data, layer.shape, salt, dtype), layer.eps)
    if layer.parameter_shape and has_weight:
        inputs.weight = draw("N(0,1)", layer.parameter_shape, f"weight {salt}", dtype)
    if layer.needs_running:
        inputs.running_mean = draw("N(0,1)", layer.parameter_shape, f"mean {salt}", dtype)
        inputs.running_var = draw("variances", layer.parameter_shape, f"variance {salt}", dtype)
    return GradientCase(layer, data, inputs, draw("N(0,1)", layer.shape, f"gradient of {salt}", dtype))


def statistics_dtype(dtype):
    return F64 if dtype == F64 else F32


def gradient_golden(blob, case):
    """Stores the arrays of a case, checks PyTorch against the reference, returns its line of the manifest."""
    layer, inputs = case.layer, case.inputs
    statistics = rounded_statistics(case)
    reference = gradient_reference(case)
    check_double(case, reference)
    arrays = {"gradOutput": case.grad_output, **statistics, "weight": inputs.weight}
    return {
        "op": f"{layer.op}Backward",
        "arguments": layer.arguments,
        "options": {name: value for name, value in layer.options.items() if name != "momentum"},
        "data": case.data,
        "input": blob.put(inputs.x),
        **{name: blob.put(tensor) for name, tensor in arrays.items() if tensor is not None},
        **({"torch": torch_line(blob, case, reference)} if layer.in_torch(inputs) else {}),
        "reference": {name: blob.put(torch.from_numpy(values)) for name, values in reference.values.items()},
        "scale": {name: blob.put(torch.from_numpy(scale)) for name, scale in reference.scales.items()},
    }


def torch_line(blob, case, reference):
    results = torch_gradients(case.layer, case.inputs, case.grad_output)
    err = relative_errors(reference, results, precision_of(case.inputs.x.dtype))
    return {**{name: blob.put(tensor) for name, tensor in results.items()}, "err": err}


def torch_gradients(layer, inputs, grad_output):
    """By autograd. Where there is no weight, that of a weight of ones."""
    leaves = inputs.copy()
    leaves.x.requires_grad_()
    if layer.parameter_shape:
        leaves.weight = torch.ones(layer.parameter_shape, dtype=inputs.x.dtype) if leaves.weight is None else leaves.weight
        leaves.bias = torch.zeros(layer.parameter_shape, dtype=inputs.x.dtype)
        leaves.weight.requires_grad_()
        leaves.bias.requires_grad_()
    layer.output(leaves).backward(grad_output)
    gradients = {"gradInput": leaves.x.grad.contiguous()}
    if layer.parameter_shape:
        gradients.update(gradWeight=leaves.weight.grad, gradBias=leaves.bias.grad)
    return gradients


def check_double(case, reference):
    """PyTorch in float64 is an independent witness for the formulas; it has no RMS norm, which is written out."""
    inputs = case.inputs.map(torch.Tensor.double)
    for name, result in torch_gradients(case.layer, inputs, case.grad_output.double()).items():
        if name in reference.values:
            np.testing.assert_allclose(result.numpy().ravel(), reference.values[name].ravel(), rtol=1e-9, atol=1e-9)


# The formulas.


def gradient_reference(case):
    layer = case.layer
    if layer.op == "normalize":
        return normalize_gradient(layer, case.inputs, case.grad_output)
    if layer.op == "localResponseNorm":
        return response_gradient(layer, case.inputs, case.grad_output)
    return statistics_gradient(layer, case.inputs, case.grad_output)


def is_frozen(layer):
    return layer.needs_running


def statistics_of(layer, inputs):
    """mean, rstd and x - mean of every group, before anything is rounded. Constants are per channel."""
    rows = layer.gradient_partition.rows(wide(inputs.x))
    if is_frozen(layer):
        repeats = rows.shape[0] // layer.channels
        mean, variance = (np.tile(wide(statistic), repeats) for statistic in (inputs.running_mean, inputs.running_var))
        return mean, 1 / np.sqrt(variance + inputs.eps), rows - mean[:, None]
    moments = uncentred_moments if layer.op == "rmsNorm" else centred_moments
    mean, variance, centred = (np.array(part, np.longdouble) for part in zip(*map(moments, rows)))
    return mean, 1 / np.sqrt(variance + inputs.eps), centred


def rounded_statistics(case):
    """As the native functions return them."""
    layer = case.layer
    if layer.op in ("normalize", "localResponseNorm"):
        return {}
    mean, rstd, _ = statistics_of(layer, case.inputs)
    named = {"rstd": rstd} if layer.op == "rmsNorm" else {"mean": mean, "rstd": rstd}
    shape, dtype = layer.statistics_shape("rstd"), statistics_dtype(case.inputs.x.dtype)
    return {name: torch.from_numpy(values.astype(np.float64)).to(dtype).reshape(shape) for name, values in named.items()}


def statistics_gradient(layer, inputs, grad_output):
    """rstd (g - mean of g - xhat mean of g xhat), with g = dy gamma; sums of dy xhat and of dy."""
    partition = layer.gradient_partition
    _, rstd, centred = statistics_of(layer, inputs)
    size = partition.groups * partition.n
    dy = wide(grad_output).ravel()
    gamma = np.ones(size) if inputs.weight is None else partition.spread(wide(inputs.weight))
    g, xhat = partition.rows(dy * gamma), centred * rstd[:, None]
    shared = np.zeros((1, 1), np.longdouble)
    if not is_frozen(layer):
        average = 0 if layer.op == "rmsNorm" else g.mean(axis=1, keepdims=True)
        shared = average + xhat * (g * xhat).mean(axis=1, keepdims=True)
    reference = Reference()
    scale = np.maximum(1, np.abs(g).max(axis=1, keepdims=True) * rstd[:, None] + 0 * g)
    put(reference, "gradInput", partition.flatten(rstd[:, None] * (g - shared)), partition.flatten(scale), layer.shape)
    for name, terms in (("gradWeight", dy * partition.flatten(xhat)), ("gradBias", dy)):
        if name == "gradWeight" or layer.op != "rmsNorm":
            sums = sums_of(partition, layer.parameter_shape, terms)
            put(reference, name, sums, np.maximum(1, sums_of(partition, layer.parameter_shape, np.abs(terms))), layer.parameter_shape)
    return reference


def sums_of(partition, parameter_shape, terms):
    """Over the elements that share a parameter."""
    count = int(np.prod(parameter_shape))
    owner = partition.spread(np.arange(count))
    return np.array([terms[owner == parameter].sum() for parameter in range(count)])


def normalize_gradient(layer, inputs, grad_output):
    """(dy - d sum(dy x) / norm) / norm, with d = sign(x) |x / norm|^(p - 1); dy / eps where the norm is less."""
    p = np.longdouble(layer.p)
    x, dy = (layer.partition.rows(wide(tensor)) for tensor in (inputs.x, grad_output))
    size = np.abs(x)
    if np.isinf(p):
        norm = size.max(axis=1, keepdims=True)
        slope = np.where(size == norm, 1 / (size == norm).sum(axis=1, keepdims=True, dtype=np.longdouble), 0)
    else:
        norm = (size**p).sum(axis=1, keepdims=True) ** (1 / p)
        slope = np.where(size == 0, 0, np.where(size == 0, 1, size / np.where(norm == 0, 1, norm)) ** (p - 1))
    slope = np.where(norm < layer.eps, 0, slope * np.sign(x))
    norm = np.maximum(norm, np.longdouble(layer.eps))
    along = (dy * x).sum(axis=1, keepdims=True) / norm
    magnitude = (np.abs(dy) + np.abs(slope) * (np.abs(dy * x).sum(axis=1, keepdims=True) / norm)) / norm
    reference = Reference()
    flatten = layer.partition.flatten
    put(reference, "gradInput", flatten((dy - slope * along) / norm), flatten(magnitude), layer.shape)
    return reference


def response_gradient(layer, inputs, grad_output):
    """dy b^-beta - 2 alpha beta / size x sum of dy x b^(-beta - 1) over the windows that x is in."""
    alpha, beta, k = (np.longdouble(layer.formula[name]) for name in ("alpha", "beta", "k"))
    x, dy = (wide(tensor).reshape(layer.view) for tensor in (inputs.x, grad_output))
    before, after = layer.size // 2, (layer.size - 1) // 2
    base = k + alpha / layer.size * window_sums(x * x, before, after)
    terms, slope = dy * x * base ** (-beta - 1), 2 * alpha * beta / layer.size * x
    gradient = dy * base**-beta - slope * window_sums(terms, after, before)
    magnitude = np.abs(dy * base**-beta) + np.abs(slope) * window_sums(np.abs(terms), after, before)
    reference = Reference()
    put(reference, "gradInput", gradient.ravel(), magnitude.ravel(), layer.shape)
    return reference


def window_sums(values, before, after):
    channels = values.shape[1]
    windows = [values[:, max(0, c - before) : c + after + 1].sum(axis=1) for c in range(channels)]
    return np.stack(windows, axis=1)


def wide(tensor):
    return tensor.double().numpy().astype(np.longdouble)


def put(reference, name, values, scale, shape):
    reference.put(name, values.reshape(shape), np.asarray(scale, np.float64).reshape(shape))
