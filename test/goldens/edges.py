"""The cases of empty tensors, groups of one, constant groups, NaN and infinity, and any eps."""

import numpy as np
import torch

from channel_layers import CHANNELS_LAST, BatchNorm, GroupNorm, InstanceNorm, LocalResponseNorm
from data import BF16, F16, F32, F64, case
from layers import LayerNorm, Normalize, RMSNorm, RowwiseMoments, Standardize

NAN, INF = float("nan"), float("inf")


def edge_cases():
    """Layer norm and group norm."""

    def layer_norm(data, values, normalized_shape, eps=1e-5):
        yield from edge(data, torch.tensor(values, dtype=F32), lambda shape: LayerNorm(shape, normalized_shape), eps)

    def group_norm(data, values, num_groups, eps=1e-5):
        yield from edge(data, torch.tensor(values, dtype=F32), lambda shape: GroupNorm(shape, num_groups), eps)

    def edge(data, x, layer_for, eps):
        layer = layer_for(list(x.shape))
        parameter = counting(layer)
        yield case(layer, data, x, eps)
        yield case(layer, data, x, eps, weight=parameter, bias=parameter / 4)

    yield from layer_norm("empty batch", np.zeros([0, 5]), [5])
    yield from layer_norm("empty batch dimension", np.zeros([2, 0, 3]), [3])
    yield from layer_norm("groups of zero elements", np.zeros([3, 0]), [0])
    yield from layer_norm("groups of zero elements", np.zeros([2, 0, 3]), [0, 3])
    yield from group_norm("empty batch", np.zeros([0, 6, 2]), 3)
    yield from group_norm("groups of zero elements", np.zeros([2, 6, 0]), 3)

    yield from layer_norm("groups of one element", [[1], [-2], [0.1]], [1])
    yield from layer_norm("groups of one infinity", [[1], [INF], [-INF]], [1])
    yield from group_norm("groups of one element", [[1, 2, 3], [4, 5, 0.1]], 3)
    yield from group_norm("one element per group in the whole tensor", [[1, 2, 3]], 3)
    yield from group_norm("one element in the whole tensor", [[[[5]]]], 1)

    yield from layer_norm("constant groups", [[0.1] * 7, [-40000] * 7, [0] * 7], [7])
    yield from group_norm("constant groups", [[[0.1] * 3] * 2 + [[40000] * 3] * 2], 2)
    yield from group_norm("[40000..40003]", [[[40000, 40001], [40002, 40003]]], 1)

    yield from layer_norm("NaN", [[1, NAN, 2], [1, 2, 3], [NAN] * 3], [3])
    yield from layer_norm("infinities", [[INF, 1, 2], [1, 2, 4], [1, -INF, INF], [INF] * 3], [3])
    yield from group_norm("NaN and infinities", [[1, NAN, 1, 2], [INF, 1, 2, 3], [1, 2, -INF, INF]], 2)

    yield from layer_norm("eps 0, one group constant", [[1, 1, 1], [1, 2, 3]], [3], 0.0)
    yield from group_norm("eps 0, one group constant", [[1, 1, 4, 8]], 2, 0.0)
    yield from layer_norm("negative eps, below the variance", [[1, 2, 4]], [3], -0.5)
    yield from layer_norm("negative eps, beyond the variance", [[1, 2, 4], [1, 2, 40]], [3], -5.0)
    yield from group_norm("negative eps, beyond one variance", [[1, 2, 4, 8]], 2, -0.5)
    yield from layer_norm("negative eps, constant group", [[1, 1, 1]], [3], -1e-5)
    yield from layer_norm("eps that swamps the variance", [[1, 2, 4]], [3], 1e12)


def counting(layer, dtype=F32):
    sizes = layer.parameter_shape
    return torch.arange(1, 1 + int(np.prod(sizes)), dtype=dtype).reshape(sizes)


def edge_cases_of_the_family():
    yield from empty()
    yield from groups_of_one()
    yield from constant()
    yield from not_finite()
    yield from any_eps()
    yield from ends_of_float16()


def tensor(values, dtype=F32):
    return torch.tensor(values, dtype=dtype)


def with_running(layer, data, x, eps=None, agrees=True, **parameters):
    running = {"running_mean": counting(layer, x.dtype) / 8, "running_var": counting(layer, x.dtype) / 2}
    return case(layer, data, x, eps, agrees, **running, **parameters)


def on(layer_for, data, x, eps=None, **parameters):
    return case(layer_for(list(x.shape)), data, x, eps, **parameters)


def running_on(layer_for, data, x, eps=None, agrees=True):
    return with_running(layer_for(list(x.shape)), data, x, eps, agrees)


def training(shape):
    return BatchNorm(shape, training=True)


def training_last(shape):
    return BatchNorm(shape, training=True, layout=CHANNELS_LAST)


def instance_last(shape):
    return InstanceNorm(shape, layout=CHANNELS_LAST)


def moments(shape):
    return RowwiseMoments(shape, shape[-1])


def empty():
    batch, group = "empty batch", "groups of zero elements"
    for dtype in (F32, F16):
        yield on(lambda shape: LayerNorm(shape, [5]), batch, torch.zeros(0, 5, dtype=dtype))
    yield on(lambda shape: GroupNorm(shape, 3, CHANNELS_LAST), batch, torch.zeros(0, 2, 2, 6))
    yield on(lambda shape: GroupNorm(shape, 3, CHANNELS_LAST), group, torch.zeros(2, 0, 2, 6))
    yield running_on(training, batch, torch.zeros(0, 3, 2))
    yield running_on(training, group, torch.zeros(2, 3, 0))
    yield running_on(training_last, batch, torch.zeros(0, 2, 2, 3))
    yield running_on(BatchNorm, batch, torch.zeros(0, 3, 2))
    yield running_on(BatchNorm, "no channels", torch.zeros(2, 0))
    yield on(InstanceNorm, batch, torch.zeros(0, 3, 2))
    yield running_on(InstanceNorm, group, torch.zeros(2, 3, 0))
    yield on(instance_last, batch, torch.zeros(0, 2, 2, 3))
    yield on(lambda shape: RMSNorm(shape, [5]), batch, torch.zeros(0, 5))
    yield on(lambda shape: RMSNorm(shape, [0]), group, torch.zeros(3, 0))
    yield on(lambda shape: Standardize(shape, [1]), batch, torch.zeros(0, 3, 2))
    yield on(lambda shape: Standardize(shape, [1]), group, torch.zeros(2, 0, 3))
    for p in (0.5, 2, INF):
        yield on(lambda shape: Normalize(shape, p), batch, torch.zeros(0, 3))
        yield on(lambda shape: Normalize(shape, p), group, torch.zeros(3, 0))
    yield on(lambda shape: LocalResponseNorm(shape, 3), batch, torch.zeros(0, 3, 2))
    yield on(lambda shape: LocalResponseNorm(shape, 3), "no locations", torch.zeros(2, 3, 0))
    yield on(lambda shape: LocalResponseNorm(shape, 3), "no channels", torch.zeros(2, 0, 3))


def groups_of_one():
    several, single = "groups of one element", "one value per channel"
    yield running_on(training, single, tensor([[1, 2, 3]]))
    yield running_on(training, single, tensor([[[1], [2]]], F64))
    yield running_on(training_last, single, tensor([[[[1, 2, 3]]]]))
    yield running_on(BatchNorm, single, tensor([[1, 2, 3]]))
    yield running_on(InstanceNorm, several, tensor([[[1], [2]], [[3], [0.1]]]))
    yield on(InstanceNorm, several, tensor([[[1], [2]], [[3], [0.1]]]), weight=tensor([2, 3]), bias=tensor([5, 7]))
    yield on(instance_last, several, tensor([[[[1, 2, 3]]]], BF16))
    yield running_on(lambda shape: InstanceNorm(shape, use_input_stats=False), several, tensor([[[1], [2]], [[3], [4]]]))
    yield on(lambda shape: RMSNorm(shape, [1]), several, tensor([[1], [-2], [0.1], [0]]))
    yield on(lambda shape: Standardize(shape, [1]), several, tensor([[[1, 2, 3]]]))
    yield on(lambda shape: Standardize(shape, [1]), "axis of one", tensor([[[1, 2], [3, 4]]]).reshape(2, 1, 2))
    yield on(moments, several, tensor([[1], [-2], [0.1]]))
    yield on(lambda shape: Standardize(shape, []), "no axes", tensor([[1, 2], [3, 4]]))
    for p in (0.5, 2, INF):
        yield on(lambda shape: Normalize(shape, p), several, tensor([[3], [-0.1], [0]]))


def constant():
    values = [[0.1, 40000, 0, -3], [0.1, 40000, 0, -3], [0.1, 40000, 0, -3]]
    data = "constant groups"
    for dtype in (F32, F64, BF16, F16):
        x = tensor(values, dtype)
        yield with_running(training([3, 4]), data, x, bias=tensor([1, 2, 3, 4], dtype))
        yield on(lambda shape: Standardize(shape, [0]), data, x, bias=tensor([1, 2, 3], dtype))
    yield on(moments, data, tensor(values).T.contiguous())
    x = tensor([values])
    yield running_on(instance_last, data, x)
    yield on(lambda shape: GroupNorm(shape, 4, CHANNELS_LAST), data, x)
    yield on(lambda shape: GroupNorm(shape, 1, CHANNELS_LAST), "[40000..40003]", tensor([[[40000, 40001], [40002, 40003]]]))
    yield on(lambda shape: RMSNorm(shape, [4]), "zeros", torch.zeros(2, 4))
    for p in (0.5, 1, 2, 3, INF):
        yield on(lambda shape: Normalize(shape, p), "zeros, and smaller than eps", tensor([[0, 0, 0], [1e-14, -2e-14, 0]]))
    yield on(lambda shape: LocalResponseNorm(shape, 3), "zeros", torch.zeros(1, 3, 2))


def not_finite():
    with_nan = [[1, NAN, 2], [2, 3, 4], [5, 1, 0.5]]
    mixed = [[1, NAN, 2, 1], [2, 3, INF, 4], [5, 1, 0.5, -1]]
    finite_or = "NaN and infinities"
    for dtype in (F32, BF16):
        yield running_on(training, "NaN", tensor(with_nan, dtype))
        # PyTorch has an infinite mean where this project has NaN, as layer norm has.
        yield running_on(training, finite_or, tensor(mixed, dtype), agrees=False)
        yield running_on(BatchNorm, finite_or, tensor(mixed, dtype))
    yield running_on(training_last, "NaN", tensor([with_nan]))
    yield running_on(InstanceNorm, "NaN", tensor([with_nan, with_nan]))
    yield running_on(instance_last, finite_or, tensor([mixed]), agrees=False)
    yield on(lambda shape: Standardize(shape, [0]), finite_or, tensor(mixed))
    yield on(moments, "NaN", tensor(with_nan))
    yield on(lambda shape: GroupNorm(shape, 3, CHANNELS_LAST), "NaN", tensor([with_nan]))
    for dtype in (F32, F64, F16):
        yield on(lambda shape: RMSNorm(shape, [4]), finite_or, tensor(mixed, dtype))
    for p in (0.5, 1, 2, 3, 7, INF):
        yield on(lambda shape: Normalize(shape, p), finite_or, tensor(mixed + [[INF, -INF, 0, 1]]))
    for layout in (None, CHANNELS_LAST):
        x = tensor([[[1, NAN, 2, 1, 2, 3, 4], [2, 3, 4, 5, INF, 1, 2]]])
        yield on(lambda shape: LocalResponseNorm(shape, 3, layout, alpha=1.0), finite_or, x if layout else x.transpose(1, 2))


def any_eps():
    x = tensor([[1, 1, 0, 5], [1, 2, 4, -1], [1, 2, 5, 8]])
    beyond = "negative eps, beyond some variances"
    for layer_for in (training, training_last, BatchNorm):
        yield running_on(layer_for, beyond, x, -0.75)
    yield running_on(instance_last, beyond, x[None], -0.75)
    # PyTorch's batch norm takes rstd as 0 where variance and eps are 0.
    yield running_on(training, "eps 0, one group constant", x, 0.0, agrees=False)
    yield running_on(instance_last, "eps 0, one group constant", x[None], 0.0, agrees=False)
    yield on(lambda shape: Standardize(shape, [0]), "eps 0, one group constant", x, 0.0)
    yield on(lambda shape: RMSNorm(shape, [4]), beyond, x, -6.0)
    yield on(lambda shape: RMSNorm(shape, [3]), "eps 0, zeros", tensor([[0, 0, 0], [1, 2, 3]]), 0.0)
    yield on(Normalize, "eps 0, zeros", tensor([[0, 0, 0], [1, 2, 3]]), 0.0)
    yield on(Normalize, "negative eps", tensor([[1, 2, 3]]), -1.0)
    yield on(Normalize, "eps larger than the norms", tensor([[1, 2, 3]]), 10.0)
    for k in (-1.0, 0.0):
        name = "k negative" if k else "k 0, one window zero"
        yield on(lambda shape: LocalResponseNorm(shape, 3, alpha=1.0, k=k), name, tensor([[[1.0], [0], [0], [0], [5]]]))


def ends_of_float16():
    """Results that overflow, and results that are subnormal."""
    x = tensor([[1, 2, 4, 8]], F16)
    large, small = (torch.full([4], value, dtype=F16) for value in (45000, 1e-5))
    for parameter_dtype in (F16, F32):
        weights = (large.to(parameter_dtype), small.to(parameter_dtype))
        for data, weight in zip(("results beyond float16", "subnormal results"), weights):
            yield on(lambda shape: LayerNorm(shape, [4]), data, x, weight=weight)
            yield on(lambda shape: RMSNorm(shape, [4]), data, x, weight=weight)
            yield with_running(BatchNorm([1, 4]), data, x, weight=weight)
    tiny = tensor([[[3e-7], [6e-8], [0]]], F16)
    yield on(lambda shape: LocalResponseNorm(shape, 3, alpha=1.0, k=0.001), "subnormal", tiny)
    yield on(Normalize, "subnormal", tensor([[3e-7, 6e-8, 0]], F16))
    yield on(Normalize, "squares beyond float16", tensor([[6e4, 3e4, -5e4]], F16))
