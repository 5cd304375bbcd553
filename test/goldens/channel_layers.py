"""The layers with channels, in two layouts: how each is called, and which formula it follows."""

import numpy as np
import torch
import torch.nn.functional as F

from layers import Layer, without_defaults
from partition import Partition
from reference import given_statistics, local_response, normalized_rows, put_running

CHANNELS_LAST = "channels-last"


class ChannelsLayer(Layer):
    """Channels are dimension 1, or the last. PyTorch has the second as a memory format of the first."""

    def __init__(self, shape, layout=None):
        super().__init__(shape)
        self.last = layout == CHANNELS_LAST
        self.options = {"layout": layout} if layout else {}
        self.batch, self.channels = shape[0], shape[-1] if self.last else shape[1]
        self.spatial = int(np.prod(shape[1:-1] if self.last else shape[2:]))
        self.parameter_shape = [self.channels]

    def to_torch(self, x):
        if not self.last:
            return x
        first = x.movedim(-1, 1)
        return first if x.dim() > 3 else first.contiguous()

    def from_torch(self, y):
        return y.movedim(1, -1).contiguous() if self.last else y

    def per_channel(self):
        """[N, C] groups of one channel."""
        if self.last:
            return Partition([self.batch, self.spatial, self.channels], (1,), (2,))
        return Partition([self.batch, self.channels, self.spatial], (2,), (1,))

    def over_batch(self):
        """[C] groups."""
        one = self.per_channel()
        return Partition(one.view, (0, *one.reduced), one.parametrized)


class GroupNorm(ChannelsLayer):
    op = "groupNorm"

    def __init__(self, shape, num_groups, layout=None):
        super().__init__(shape, layout)
        self.num_groups = num_groups
        self.arguments = [num_groups]
        width = self.channels // num_groups
        if self.last:
            self.partition = Partition([self.batch, self.spatial, num_groups, width], (1, 3), (2, 3))
        else:
            self.partition = Partition([self.batch, num_groups, width, self.spatial], (2, 3), (1, 2))

    def statistics_shape(self, name):
        return [self.batch, self.num_groups]

    def native(self, inputs):
        sizes = (self.batch, self.channels, self.spatial, self.num_groups)
        output, mean, rstd = torch.native_group_norm(self.to_torch(inputs.x), inputs.weight, inputs.bias, *sizes, inputs.eps)
        return {"output": self.from_torch(output), "mean": mean, "rstd": rstd}

    def functional(self, inputs):
        x = self.to_torch(inputs.x)
        return self.from_torch(F.group_norm(x, self.num_groups, inputs.weight, inputs.bias, inputs.eps))

    def reference(self, inputs):
        return normalized_rows(self.partition, inputs)[0]


class RunningLayer(ChannelsLayer):
    """Batch and instance norm: PyTorch takes float32 parameters besides 16 bits, too."""

    has_running = True

    def __init__(self, shape, layout, from_input, momentum, **options):
        super().__init__(shape, layout)
        self.from_input, self.momentum = from_input, 0.1 if momentum is None else momentum
        self.options = {**self.options, **options, **({} if momentum is None else {"momentum": momentum})}
        self.needs_running = not from_input
        self.partition = self.statistics_over() if from_input else self.over_batch()

    def in_torch(self, inputs):
        return inputs.x.dtype != torch.float16 and len({parameter.dtype for parameter in inputs.parameters}) < 2

    def torch_arguments(self, inputs):
        return (inputs.weight, inputs.bias, inputs.running_mean, inputs.running_var, self.from_input, self.momentum, inputs.eps)

    def reference(self, inputs):
        if not self.from_input:
            return given_statistics(self.partition, inputs)
        reference, mean, variance = normalized_rows(self.partition, inputs)
        if inputs.running:
            put_running(reference, inputs, self.momentum, mean, variance, self.partition.n)
        return reference


class BatchNorm(RunningLayer):
    op = "batchNorm"

    def __init__(self, shape, training=False, layout=None, momentum=None):
        super().__init__(shape, layout, training, momentum, **({"training": True} if training else {}))

    def statistics_over(self):
        return self.over_batch()

    def statistics_shape(self, name):
        return [self.channels]

    def native(self, inputs):
        """torch.native_batch_norm divides an integer by zero for an empty batch; torch.batch_norm steps aside."""
        x, arguments = self.to_torch(inputs.x), self.torch_arguments(inputs)
        if inputs.x.numel() == 0:
            output, statistics = torch.batch_norm(x, *arguments, False), {}
        else:
            output, mean, rstd = torch.native_batch_norm(x, *arguments)
            statistics = {"mean": mean, "rstd": rstd}
        return {"output": self.from_torch(output), **({**statistics, **inputs.running} if self.from_input else {})}

    def functional(self, inputs):
        w, b, *running, training, momentum, eps = self.torch_arguments(inputs)
        return self.from_torch(F.batch_norm(self.to_torch(inputs.x), *running, w, b, training, momentum, eps))


class InstanceNorm(RunningLayer):
    op = "instanceNorm"

    def __init__(self, shape, use_input_stats=True, layout=None, momentum=None):
        super().__init__(shape, layout, use_input_stats, momentum, **({} if use_input_stats else {"useInputStats": False}))

    def statistics_over(self):
        return self.per_channel()

    @property
    def gradient_partition(self):
        """Constants, too, are told for every sample."""
        return self.per_channel()

    def statistics_shape(self, name):
        return [self.channels] if name.startswith("running") else [self.batch, self.channels]

    def native(self, inputs):
        """torch.instance_norm keeps its statistics to itself; they are those of batch norm over [1, N C, ...]."""
        x = self.to_torch(inputs.x)
        output = torch.instance_norm(x, *self.torch_arguments(inputs), False)
        if not self.from_input:
            return {"output": self.from_torch(output)}
        results = {"output": self.from_torch(output), **inputs.running}
        if inputs.x.numel():
            flat = x.reshape(1, self.batch * self.channels, *x.shape[2:])
            _, mean, rstd = torch.native_batch_norm(flat, None, None, None, None, True, 0.1, inputs.eps)
            results.update(mean=mean.reshape(self.batch, self.channels), rstd=rstd.reshape(self.batch, self.channels))
        return results

    def functional(self, inputs):
        w, b, *running, from_input, momentum, eps = self.torch_arguments(inputs)
        return self.from_torch(F.instance_norm(self.to_torch(inputs.x), *running, w, b, from_input, momentum, eps))


class LocalResponseNorm(ChannelsLayer):
    op = "localResponseNorm"
    eps = None

    def __init__(self, shape, size, layout=None, alpha=1e-4, beta=0.75, k=1.0):
        super().__init__(shape, layout)
        self.arguments = [size]
        self.size, self.formula = size, {"alpha": alpha, "beta": beta, "k": k}
        self.options = {**self.options, **without_defaults(self.formula, {"alpha": 1e-4, "beta": 0.75, "k": 1.0})}
        self.parameter_shape = None
        outer, inner = (self.batch * self.spatial, 1) if self.last else (self.batch, self.spatial)
        self.view = [outer, self.channels, inner]

    def in_torch(self, inputs):
        """bfloat16 takes a pooling that PyTorch has in two dimensions only."""
        return super().in_torch(inputs) and (inputs.x.dtype != torch.bfloat16 or len(self.shape) == 3)

    def native(self, inputs):
        return {"output": self.from_torch(F.local_response_norm(self.to_torch(inputs.x), self.size, **self.formula))}

    def reference(self, inputs):
        return local_response(self.view, inputs, self.size, **self.formula)
