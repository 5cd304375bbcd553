"""Deterministic data, and a case: a layer with its inputs."""

import zlib
from dataclasses import dataclass, field

import numpy as np
import torch

from layers import Inputs, Layer
from reference import precision_of

F32, F64, F16, BF16 = torch.float32, torch.float64, torch.float16, torch.bfloat16

# The names tell which.
DATA = {
    "N(0,1)": lambda random, shape: random.standard_normal(shape),
    "N(0,1) + 1e3": lambda random, shape: random.standard_normal(shape) + 1e3,
    "ReLU output": lambda random, shape: np.maximum(random.standard_normal(shape), 0),
    "1e-3 N(0,1)": lambda random, shape: random.standard_normal(shape) * 1e-3,
    "heavy tails": lambda random, shape: random.standard_t(2, shape),
    "uniform on [-5, 10)": lambda random, shape: random.uniform(-5, 10, shape),
}
VARIANCES = {"variances": lambda random, shape: random.uniform(0.25, 4, shape)}


def draw(data, shape, salt, dtype=F32):
    random = np.random.Generator(np.random.PCG64(zlib.crc32(f"{data} {shape} {salt}".encode())))
    return torch.from_numpy(np.asarray((DATA | VARIANCES)[data](random, shape))).to(dtype)


@dataclass
class Case:
    layer: Layer
    data: str
    inputs: Inputs
    options: dict = field(default_factory=dict)
    agrees: bool = True  # PyTorch does what this project promises

    @property
    def in_torch(self):
        return self.agrees and self.layer.in_torch(self.inputs)


def case(layer, data, x, eps=None, agrees=True, **parameters):
    """eps None is the default: of the layer, or for RMS norm the machine epsilon."""
    options = {} if eps is None else {"eps": eps}
    default = precision_of(x.dtype).epsilon if layer.op == "rmsNorm" else layer.eps
    return Case(layer, data, Inputs(x, default if eps is None else eps, **parameters), options, agrees)
