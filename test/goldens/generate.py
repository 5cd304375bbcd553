"""Writes goldens.json and goldens.bin: what PyTorch gives for layer norm and group norm, beside a float64 reference.

The README beside this file says how to run it. The same versions of PyTorch and numpy give the same files.
"""

import json
import os
import zlib
from pathlib import Path

# PyTorch picks kernels by processor; the goldens must not depend on the machine. Read when torch is imported.
os.environ["ATEN_CPU_CAPABILITY"] = "avx2"

import numpy as np
import torch

from reference import Group, Reference, relative_errors

torch.set_num_threads(1)

HERE = Path(__file__).parent
EPSILONS = [1e-5, 1e-3, 1e-12, 0.1]
ALL_PARAMETERS = [(False, False), (True, False), (False, True), (True, True)]
NONE_AND_BOTH = [(False, False), (True, True)]

NAN, INF = float("nan"), float("inf")


class Blob:
    """The contents of goldens.bin. Equal arrays are stored once; every array starts at a multiple of 8 bytes."""

    def __init__(self):
        self.bytes = bytearray()
        self.places = {}

    def put(self, array, dtype):
        content = np.ascontiguousarray(array, dtype).tobytes()
        if content not in self.places:
            self.places[content] = len(self.bytes)
            self.bytes += content + b"\0" * (-len(content) % 8)
        return [self.places[content], int(np.size(array))]


# Data: one array of float32 from a shape, deterministic. The names tell which.

DATA = {
    "N(0,1)": lambda random, shape: random.standard_normal(shape),
    "N(0,1) + 1e3": lambda random, shape: random.standard_normal(shape) + 1e3,
    "ReLU output": lambda random, shape: np.maximum(random.standard_normal(shape), 0),
    "1e-3 N(0,1)": lambda random, shape: random.standard_normal(shape) * 1e-3,
    "heavy tails": lambda random, shape: random.standard_t(2, shape),
    "uniform on [-5, 10)": lambda random, shape: random.uniform(-5, 10, shape),
}


def draw(data, shape, salt):
    random = np.random.Generator(np.random.PCG64(zlib.crc32(f"{data} {shape} {salt}".encode())))
    return DATA[data](random, shape).astype(np.float32)


# The two layers: how PyTorch is called, and which elements share statistics and parameters.


class LayerNorm:
    op = "layerNorm"

    def __init__(self, shape, normalized_shape):
        self.shape, self.normalized_shape = shape, normalized_shape
        self.parameter_shape = normalized_shape
        self.manifest = {"op": self.op, "shape": shape, "normalizedShape": normalized_shape}

    def native(self, x, weight, bias, eps):
        return torch.native_layer_norm(x, self.normalized_shape, weight, bias, eps)

    def functional(self, x, weight, bias, eps):
        return torch.nn.functional.layer_norm(x, self.normalized_shape, weight, bias, eps)

    def group(self):
        n = int(np.prod(self.normalized_shape))
        rows = int(np.prod(self.shape[: len(self.shape) - len(self.normalized_shape)]))
        return Group(rows, n, lambda parameter: np.tile(parameter.ravel(), rows))


class GroupNorm:
    op = "groupNorm"

    def __init__(self, shape, num_groups):
        self.shape, self.num_groups = shape, num_groups
        self.parameter_shape = [shape[1]]
        self.spatial = int(np.prod(shape[2:]))
        self.manifest = {"op": self.op, "shape": shape, "numGroups": num_groups}

    def native(self, x, weight, bias, eps):
        batch, channels = self.shape[:2]
        return torch.native_group_norm(x, weight, bias, batch, channels, self.spatial, self.num_groups, eps)

    def functional(self, x, weight, bias, eps):
        return torch.nn.functional.group_norm(x, self.num_groups, weight, bias, eps)

    def group(self):
        batch, channels = self.shape[:2]
        n = channels // self.num_groups * self.spatial
        return Group(batch * self.num_groups, n, lambda parameter: np.tile(np.repeat(parameter, self.spatial), batch))


def golden(blob, layer, data, x, eps, weight=None, bias=None):
    """One case: stores its arrays, checks PyTorch against itself and the reference, returns its line of the manifest."""
    tensors = [None if array is None else torch.from_numpy(array) for array in (x, weight, bias)]
    parameters = {name: array for name, array in (("weight", weight), ("bias", bias)) if array is not None}
    output, mean, rstd = (result.numpy() for result in layer.native(*tensors, eps))
    reference = Reference(layer.group(), x, eps, weight, bias)
    check_double(layer, tensors, eps, reference)
    return {
        **layer.manifest,
        "data": data,
        "eps": eps,
        "input": blob.put(x, np.float32),
        **{name: blob.put(array, np.float32) for name, array in parameters.items()},
        "torch": {
            "output": blob.put(output, np.float32),
            "mean": blob.put(mean, np.float32),
            "rstd": blob.put(rstd, np.float32),
            "statisticsShape": list(mean.shape),
            "functionalRaises": functional_raises(layer, tensors, eps, output),
            "err": relative_errors(reference, output, mean, rstd),
        },
        "reference": {
            "output": blob.put(reference.output, np.float64),
            "mean": blob.put(reference.mean, np.float64),
            "rstd": blob.put(reference.rstd, np.float64),
        },
    }


def functional_raises(layer, tensors, eps, native_output):
    """Whether torch.nn.functional refuses what the native function takes; where it does not, the results are the same."""
    try:
        output = layer.functional(*tensors, eps)
    except ValueError:
        return True
    np.testing.assert_array_equal(output.numpy(), native_output)
    return False


def check_double(layer, tensors, eps, reference):
    """PyTorch in float64 is an independent witness for the reference. Its own mean of 1e3 costs it three digits."""
    output, mean, rstd = (result.numpy() for result in layer.native(*[t if t is None else t.double() for t in tensors], eps))
    np.testing.assert_allclose(output.ravel(), reference.output, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(mean.ravel(), reference.mean, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(rstd.ravel(), reference.rstd, rtol=1e-9)


# The cases.

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


def ordinary_cases(blob):
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
            yield golden(blob, layer, data, x, eps, weight if has_weight else None, bias if has_bias else None)


def edge_cases(blob):
    """Empty tensors, groups of one, constant groups, NaN and infinity, and any eps."""

    def layer_norm(data, values, normalized_shape, eps=1e-5):
        yield from edge(data, np.array(values, np.float32), lambda shape: LayerNorm(shape, normalized_shape), eps)

    def group_norm(data, values, num_groups, eps=1e-5):
        yield from edge(data, np.array(values, np.float32), lambda shape: GroupNorm(shape, num_groups), eps)

    def edge(data, x, layer_for, eps):
        layer = layer_for(list(x.shape))
        parameter = np.arange(1, 1 + np.prod(layer.parameter_shape), dtype=np.float32).reshape(layer.parameter_shape)
        yield golden(blob, layer, data, x, eps)
        yield golden(blob, layer, data, x, eps, parameter, parameter / 4)

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


def write(cases, blob):
    lines = ",\n".join(json.dumps(case, allow_nan=False, separators=(",", ":")) for case in cases)
    header = json.dumps({"torch": torch.__version__, "numpy": np.__version__})
    (HERE / "goldens.json").write_text(f'{{"versions":{header},"cases":[\n{lines}\n]}}\n')
    (HERE / "goldens.bin").write_bytes(blob.bytes)


def main():
    blob = Blob()
    cases = [*ordinary_cases(blob), *edge_cases(blob)]
    write(cases, blob)
    print(f"{len(cases)} cases, {len(blob.bytes)} bytes of data")


main()
