"""Writes goldens.json and goldens.bin: what PyTorch gives for the family of normalisations, beside a reference.

The README beside this file says how to run it. The same versions of PyTorch and numpy give the same files.
"""

import json
import os
from pathlib import Path

# PyTorch picks kernels by processor; the goldens must not depend on the machine. Read when torch is imported.
os.environ["ATEN_CPU_CAPABILITY"] = "avx2"

import numpy as np
import torch

from cases import all_cases
from gradients import gradient_cases, gradient_golden
from reference import precision_of, relative_errors

torch.set_num_threads(1)

HERE = Path(__file__).parent


class Blob:
    """The contents of goldens.bin. Equal arrays are stored once; every array starts at a multiple of 8 bytes."""

    def __init__(self):
        self.bytes = bytearray()
        self.places = {}

    def put(self, tensor):
        """[dtype, offset, shape]"""
        values = tensor.contiguous()
        is_bfloat16 = values.dtype == torch.bfloat16
        content = (values.view(torch.int16) if is_bfloat16 else values).numpy().tobytes()
        if content not in self.places:
            self.places[content] = len(self.bytes)
            self.bytes += content + b"\0" * (-len(content) % 8)
        return [str(tensor.dtype).removeprefix("torch."), self.places[content], list(tensor.shape)]


def golden(blob, case):
    """Stores the arrays of a case, checks PyTorch against itself and the reference, returns its line of the manifest."""
    layer, inputs = case.layer, case.inputs
    reference = layer.reference(inputs)
    parameters = {"weight": inputs.weight, "bias": inputs.bias, **inputs.running}
    return {
        "op": layer.op,
        "arguments": layer.arguments,
        "options": {**layer.options, **case.options},
        "data": case.data,
        "input": blob.put(inputs.x),
        **{name: blob.put(tensor) for name, tensor in parameters.items() if tensor is not None},
        **({"torch": torch_results(blob, case, reference)} if case.in_torch else {}),
        "reference": {name: blob.put(shaped(case, name, values)) for name, values in reference.values.items()},
    }


def torch_results(blob, case, reference):
    layer, inputs = case.layer, case.inputs
    results = layer.native(inputs.copy())
    check_double(layer, inputs, reference)
    return {
        **{name: blob.put(tensor) for name, tensor in results.items()},
        "functionalRaises": functional_raises(layer, inputs.copy(), results),
        "err": relative_errors(reference, results, precision_of(inputs.x.dtype)),
    }


def functional_raises(layer, inputs, native_results):
    """Whether torch.nn.functional refuses what the native function takes; where it does not, the results are the same."""
    if layer.functional is None:
        return False
    try:
        output = layer.functional(inputs)
    except ValueError:
        return True
    np.testing.assert_array_equal(output.float().numpy(), native_results["output"].float().numpy())
    return False


def check_double(layer, inputs, reference):
    """PyTorch in float64 is an independent witness for the reference. A mean of 1e3 costs it three digits and more."""
    for name, result in layer.native(inputs.map(torch.Tensor.double).copy()).items():
        np.testing.assert_allclose(result.numpy().ravel(), reference.values[name].ravel(), rtol=1e-9, atol=1e-9)


def shaped(case, name, values):
    """The shapes in which this project returns results."""
    return torch.from_numpy(values.reshape(case.layer.shape if name == "output" else case.layer.statistics_shape(name)))


def write(lines, blob):
    text = ",\n".join(json.dumps(line, allow_nan=False, separators=(",", ":")) for line in lines)
    header = json.dumps({"torch": torch.__version__, "numpy": np.__version__})
    (HERE / "goldens.json").write_text(f'{{"versions":{header},"cases":[\n{text}\n]}}\n')
    (HERE / "goldens.bin").write_bytes(blob.bytes)


def main():
    blob = Blob()
    lines = [golden(blob, case) for case in all_cases()]
    # Last, so that what was there before keeps its places.
    lines += [gradient_golden(blob, case) for case in gradient_cases()]
    write(lines, blob)
    print(f"{len(lines)} cases, {len(blob.bytes)} bytes of data")


main()
