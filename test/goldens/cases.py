"""The cases of ordinary data: which layers meet which data, parameters and dtypes."""

from channel_layers import CHANNELS_LAST, BatchNorm, GroupNorm, InstanceNorm, LocalResponseNorm
from data import BF16, DATA, F16, F32, F64, case, draw
from edges import edge_cases, edge_cases_of_the_family
from layers import LayerNorm, Normalize, RMSNorm, RowwiseMoments, Standardize

EPSILONS = [1e-5, 1e-3, 1e-12, 0.1]
ALL_PARAMETERS = [(False, False), (True, False), (False, True), (True, True)]
NONE_AND_BOTH = [(False, False), (True, True)]
INFINITY = float("inf")

SMALL_LAYERS = [
    LayerNorm([3, 2], [2]),
    LayerNorm([5, 3], [3]),
    LayerNorm([2, 1, 5], [5]),
    LayerNorm([3, 7], [7]),
    LayerNorm([2, 3, 4], [3, 4]),
    LayerNorm([13], [13]),
    LayerNorm([3, 1, 16], [1, 16]),
    LayerNorm([2, 1, 17, 1], [17, 1]),
    LayerNorm([3, 31], [31]),
    LayerNorm([2, 5, 7], [5, 7]),
    LayerNorm([2, 2, 2, 3, 5], [2, 3, 5]),
    LayerNorm([2, 64], [64]),
    GroupNorm([1, 2], 1),
    GroupNorm([3, 6], 2),
    GroupNorm([2, 1, 5], 1),
    GroupNorm([1, 3, 7], 3),
    GroupNorm([2, 6, 2, 2], 1),
    GroupNorm([2, 6, 2, 2], 2),
    GroupNorm([2, 6, 2, 2], 6),
    GroupNorm([1, 5, 1, 3], 5),
    GroupNorm([2, 12, 1, 1], 4),
    GroupNorm([1, 7, 11], 7),
    GroupNorm([1, 7, 11], 1),
    GroupNorm([2, 4, 3, 1, 5], 2),
    GroupNorm([1, 16, 3], 8),
]

LARGE_LAYERS = [
    LayerNorm([2, 97], [97]),
    LayerNorm([1, 127], [127]),
    LayerNorm([1, 129], [129]),
    LayerNorm([1, 15, 17], [15, 17]),
    LayerNorm([1, 257], [257]),
    LayerNorm([1, 6, 7, 7], [6, 7, 7]),
    LayerNorm([1, 768], [768]),
    LayerNorm([1, 1021], [1021]),
    GroupNorm([1, 2, 67], 1),
    GroupNorm([1, 3, 101], 3),
    GroupNorm([1, 10, 13], 5),
    GroupNorm([2, 6, 5, 5], 1),
    GroupNorm([1, 6, 7, 7], 2),
    GroupNorm([1, 64, 1, 2], 32),
    GroupNorm([1, 8, 3, 3, 5], 4),
    GroupNorm([1, 10, 41], 2),
    GroupNorm([1, 5, 199], 1),
]

# In float32 and, in turn, in one dtype more. One kind of data each, so neighbours differ.
FAMILY = [
    GroupNorm([1, 3, 2, 6], 2, CHANNELS_LAST),
    GroupNorm([2, 5, 4], 4, CHANNELS_LAST),
    GroupNorm([1, 3, 2, 5], 1, CHANNELS_LAST),
    GroupNorm([1, 2, 1, 3, 6], 3, CHANNELS_LAST),
    GroupNorm([1, 17, 1, 2], 2, CHANNELS_LAST),
    GroupNorm([3, 8], 2, CHANNELS_LAST),
    InstanceNorm([2, 3, 5]),
    InstanceNorm([2, 4, 3], layout=CHANNELS_LAST, momentum=0.3),
    InstanceNorm([1, 2, 3, 3], momentum=1.0),
    InstanceNorm([1, 4, 2, 3], layout=CHANNELS_LAST),
    InstanceNorm([2, 2, 1, 2, 3]),
    InstanceNorm([2, 2, 1, 2, 3], layout=CHANNELS_LAST),
    InstanceNorm([1, 2, 19], momentum=0.0),
    InstanceNorm([2, 3, 4], use_input_stats=False),
    InstanceNorm([2, 2, 2, 3], use_input_stats=False, layout=CHANNELS_LAST),
    BatchNorm([5, 3], training=True),
    BatchNorm([3, 2, 5], training=True),
    BatchNorm([3, 5, 2], training=True, layout=CHANNELS_LAST, momentum=0.25),
    BatchNorm([2, 3, 2, 2], training=True, momentum=1.0),
    BatchNorm([2, 2, 2, 5], training=True, layout=CHANNELS_LAST),
    BatchNorm([2, 2, 1, 2, 3], training=True, momentum=0.0),
    BatchNorm([1, 3, 1, 3, 2], training=True, layout=CHANNELS_LAST),
    BatchNorm([7, 4], training=True, layout=CHANNELS_LAST),
    BatchNorm([1, 2, 23], training=True),
    BatchNorm([4, 5]),
    BatchNorm([2, 3, 4]),
    BatchNorm([2, 4, 3], layout=CHANNELS_LAST),
    BatchNorm([1, 5, 2, 3]),
    BatchNorm([2, 1, 2, 5], layout=CHANNELS_LAST),
    BatchNorm([1, 2, 2, 3, 2]),
    RMSNorm([4, 5], [5]),
    RMSNorm([3, 1, 7], [7]),
    RMSNorm([2, 3, 4], [3, 4]),
    RMSNorm([13], [13]),
    RMSNorm([2, 1, 9], [9]),
    RMSNorm([1, 33], [33]),
    RMSNorm([2, 16], [16]),
    Standardize([2, 5, 3], [1]),
    Standardize([2, 4, 1, 3], [1]),
    Standardize([3, 4, 2], [0]),
    Standardize([3, 2, 5], [0, 2]),
    Standardize([2, 3, 2, 2], [0, 2]),
    Standardize([2, 3, 1, 4], [1, 3]),
    Standardize([2, 3, 1, 3], [3, 1]),
    Standardize([3, 2, 4], [-2, -1]),
    Standardize([3, 2, 4], [0, 1]),
    Standardize([3, 2, 4], [0, 1, 2]),
    Standardize([1, 2, 3, 2, 2], [1, 2, 4]),
    Normalize([4, 5]),
    Normalize([3, 4, 2], p=1),
    Normalize([2, 3, 5], p=0.5, dim=-1),
    Normalize([5, 3, 2], p=3, dim=0),
    Normalize([2, 7, 2], p=7),
    Normalize([3, 9], p=INFINITY),
    Normalize([2, 3, 2, 3], p=2, dim=-2),
    Normalize([2, 17], p=2, dim=-1),
    Normalize([2, 5, 3], p=INFINITY, dim=2),
    Normalize([9], p=3, dim=0),
    Normalize([2, 13], p=1, dim=1),
    Normalize([7, 3], p=0.5, dim=0),
    LocalResponseNorm([1, 7, 3], 5),
    LocalResponseNorm([2, 5, 3], 4, alpha=0.5),
    LocalResponseNorm([2, 4, 3], 3, alpha=1.0, beta=0.5, k=2.0),
    LocalResponseNorm([1, 6, 2, 2], 2, alpha=0.1, beta=1.0),
    LocalResponseNorm([2, 4, 3], 9, alpha=2.0, k=0.5),
    LocalResponseNorm([1, 3, 4], 1, alpha=0.3, beta=2.5),
    LocalResponseNorm([2, 3, 5], 3, CHANNELS_LAST, alpha=0.2),
    LocalResponseNorm([1, 2, 3, 7], 4, CHANNELS_LAST, alpha=0.5, beta=0.6, k=1.5),
    LocalResponseNorm([1, 2, 3, 4], 8, CHANNELS_LAST, alpha=1.0, beta=0.25),
    LocalResponseNorm([1, 2, 1, 2, 5], 5, CHANNELS_LAST),
    LocalResponseNorm([1, 5, 2, 1, 2], 3, alpha=1.0, beta=0.75, k=0.1),
    RowwiseMoments([4, 5], 5),
    RowwiseMoments([2, 3, 4], 12),
    RowwiseMoments([2, 17], 17),
    RowwiseMoments([3, 3, 3], 9),
    RowwiseMoments([7], 7),
    RowwiseMoments([2, 2, 8], 8),
]

# Layer and group norm channels-first have their float32 cases; these are for the dtypes besides.
OTHER_DTYPES = [
    LayerNorm([3, 7], [7]),
    LayerNorm([2, 3, 2], [3, 2]),
    LayerNorm([1, 19], [19]),
    GroupNorm([2, 4, 3], 2),
    GroupNorm([1, 6, 1, 3], 3),
    GroupNorm([1, 3, 5], 1),
]


def all_cases():
    """The cases of layer norm and group norm in float32 come first, and so keep their places in goldens.bin."""
    yield from layer_and_group_norm()
    yield from edge_cases()
    yield from family()
    yield from edge_cases_of_the_family()


def layer_and_group_norm():
    """Each layer gets one kind of data and its parameters; eps takes turns, so that all meet all."""
    kinds = list(DATA)
    plan = [(layer, ALL_PARAMETERS) for layer in SMALL_LAYERS] + [(layer, NONE_AND_BOTH) for layer in LARGE_LAYERS]
    for number, (layer, combinations) in enumerate(plan):
        data = kinds[number % len(kinds)]
        x = draw(data, layer.shape, number)
        weight = draw("N(0,1)", layer.parameter_shape, f"weight {number}")
        bias = draw("N(0,1)", layer.parameter_shape, f"bias {number}")
        for turn, (has_weight, has_bias) in enumerate(combinations):
            eps = EPSILONS[(number + turn) % len(EPSILONS)]
            yield case(layer, data, x, eps, weight=weight if has_weight else None, bias=bias if has_bias else None)


def family():
    kinds = list(DATA)
    for number, layer in enumerate(FAMILY):
        for turn, dtype in enumerate([F32, (F64, BF16, F16)[number % 3]]):
            yield drawn(layer, kinds[(number + number // 6 + turn) % len(kinds)], number + turn, dtype, dtype)
        if dtype in (BF16, F16) and layer.parameter_shape and number % 2:
            yield drawn(layer, kinds[(number + 3) % len(kinds)], number, dtype, F32)
    for number, layer in enumerate(OTHER_DTYPES):
        for turn, dtype in enumerate([F64, BF16, F16]):
            yield drawn(layer, kinds[(number + turn) % len(kinds)], number + turn, dtype, dtype)
        yield drawn(layer, kinds[number], number, (BF16, F16)[number % 2], F32)


def drawn(layer, data, number, dtype, parameter_dtype):
    """Parameters and eps take turns; parameters of another dtype than x are there, or they would show nothing."""
    mixed = parameter_dtype != dtype
    has_weight, has_bias = (True, True) if mixed else ALL_PARAMETERS[(number + number // 4) % 4]
    shape = layer.parameter_shape

    def parameter(name, kind="N(0,1)"):
        return draw(kind, shape, f"{name} {number} {layer.op}", parameter_dtype)

    parameters = {}
    if shape and has_weight:
        parameters["weight"] = parameter("weight")
    if shape and has_bias and layer.op != "rmsNorm":
        parameters["bias"] = parameter("bias")
    if layer.needs_running or (layer.has_running and (mixed or number % 3)):
        parameters["running_mean"] = parameter("running mean", data)
        parameters["running_var"] = parameter("running var", "variances")
    eps = None if number % 5 == 0 or not layer.eps else EPSILONS[number % len(EPSILONS)]
    return case(layer, data, draw(data, layer.shape, f"{number} {layer.op}", dtype), eps, **parameters)
