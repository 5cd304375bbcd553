"""The layers without channels: how each is called, in this project and in PyTorch, and which formula it follows."""

from dataclasses import dataclass
from typing import Optional

import numpy as np
import torch
import torch.nn.functional as F

from partition import Partition
from reference import moments_of_rows, normalized_rows, uncentred_moments, unit_rows


@dataclass
class Inputs:
    """Tensors, in the layout of the layer. PyTorch's functions change the running statistics: `copy` first."""

    x: torch.Tensor
    eps: float = 1e-5
    weight: Optional[torch.Tensor] = None
    bias: Optional[torch.Tensor] = None
    running_mean: Optional[torch.Tensor] = None
    running_var: Optional[torch.Tensor] = None

    TENSORS = ("x", "weight", "bias", "running_mean", "running_var")

    def map(self, change):
        tensors = {name: getattr(self, name) for name in self.TENSORS}
        return Inputs(eps=self.eps, **{name: t if t is None else change(t) for name, t in tensors.items()})

    def copy(self):
        return self.map(torch.clone)

    @property
    def parameters(self):
        return [getattr(self, name) for name in self.TENSORS[1:] if getattr(self, name) is not None]

    @property
    def running(self):
        """As results are named."""
        pairs = (("runningMean", self.running_mean), ("runningVar", self.running_var))
        return {name: statistic for name, statistic in pairs if statistic is not None}


class Layer:
    """`arguments` and `options` are this project's, in its names. `native` gives named results, `functional` the output."""

    arguments = []
    options = {}
    parameter_shape = None
    functional = None
    eps = 1e-5
    has_running = needs_running = False

    def __init__(self, shape):
        self.shape = shape

    @property
    def gradient_partition(self):
        """The groups whose statistics are told when gradients are asked for."""
        return self.partition

    def output(self, inputs):
        """In a form that PyTorch differentiates."""
        return (self.functional or (lambda given: self.native(given)["output"]))(inputs)

    def in_torch(self, inputs):
        """Whether PyTorch 1.13 takes these inputs on the processor: no float16, and no parameters of another dtype."""
        dtype = inputs.x.dtype
        return dtype != torch.float16 and all(parameter.dtype == dtype for parameter in inputs.parameters)


def without_defaults(options, defaults):
    """What a caller who relies on the defaults would write."""
    return {name: value for name, value in options.items() if value != defaults[name]}


class RowsLayer(Layer):
    """Statistics over the last dimensions."""

    def __init__(self, shape, normalized_shape):
        super().__init__(shape)
        self.arguments = [normalized_shape]
        self.parameter_shape = normalized_shape
        axes = tuple(range(len(shape) - len(normalized_shape), len(shape)))
        self.partition = Partition(shape, axes, axes)

    def statistics_shape(self, name):
        lead = len(self.shape) - len(self.parameter_shape)
        return self.shape[:lead] + [1] * len(self.parameter_shape)


class LayerNorm(RowsLayer):
    op = "layerNorm"

    def native(self, inputs):
        result = torch.native_layer_norm(inputs.x, self.parameter_shape, inputs.weight, inputs.bias, inputs.eps)
        return dict(zip(("output", "mean", "rstd"), result))

    def functional(self, inputs):
        return F.layer_norm(inputs.x, self.parameter_shape, inputs.weight, inputs.bias, inputs.eps)

    def reference(self, inputs):
        return normalized_rows(self.partition, inputs)[0]


class RMSNorm(RowsLayer):
    op = "rmsNorm"

    def in_torch(self, inputs):
        return False

    def output(self, inputs):
        """Not PyTorch's, but its autograd's to differentiate."""
        axes = list(range(len(self.shape) - len(self.parameter_shape), len(self.shape)))
        rstd = torch.rsqrt((inputs.x * inputs.x).mean(axes, keepdim=True) + inputs.eps)
        return inputs.x * rstd * inputs.weight

    def reference(self, inputs):
        reference = normalized_rows(self.partition, inputs, uncentred_moments)[0]
        del reference.values["mean"]
        return reference


class RowwiseMoments(Layer):
    op = "rowwiseMoments"
    eps = None

    def __init__(self, shape, n):
        super().__init__(shape)
        self.arguments = [n]
        self.partition = Partition([int(np.prod(shape)) // n, n], (1,))

    def statistics_shape(self, name):
        return [self.partition.groups]

    def native(self, inputs):
        variance, mean = torch.var_mean(inputs.x.reshape(self.partition.view), 1, unbiased=False)
        return {"mean": mean, "variance": variance}

    def reference(self, inputs):
        return moments_of_rows(self.partition, inputs)


class Standardize(Layer):
    op = "standardize"

    def __init__(self, shape, axes):
        super().__init__(shape)
        self.arguments = [axes]
        reduced = tuple(sorted(axis % len(shape) for axis in axes))
        self.parameter_shape = [shape[axis] for axis in reduced]
        self.partition = Partition(shape, reduced, reduced)

    def in_torch(self, inputs):
        return False

    def reference(self, inputs):
        reference = normalized_rows(self.partition, inputs)[0]
        del reference.values["mean"], reference.values["rstd"]
        return reference


class Normalize(Layer):
    op = "normalize"
    eps = 1e-12

    def __init__(self, shape, p=2, dim=1):
        super().__init__(shape)
        self.p, self.dim = float(p), dim
        options = {"p": "Infinity" if np.isinf(p) else p, "dim": dim}
        self.options = without_defaults(options, {"p": 2, "dim": 1})
        self.partition = Partition(shape, (dim % len(shape),))

    def native(self, inputs):
        return {"output": F.normalize(inputs.x, self.p, self.dim, inputs.eps)}

    def reference(self, inputs):
        return unit_rows(self.partition, inputs, self.p)
