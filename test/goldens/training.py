"""Writes training.json: what PyTorch makes of the network of examples/training.mjs.

    /usr/bin/python3 test/goldens/training.py

The same points, labels and first weights, drawn in the same order; the same steps. RMS norm is its formula, because PyTorch
1.13 has none.
"""

import json
import math
import os

import torch
from torch import nn

SAMPLES, HIDDEN, CLASSES, STEPS, LEARNING_RATE = 300, 16, 3, 600, 0.06
SHOWN = [0, 100, 200, 400, 600]


def uniform_numbers(seed):
    """Tommy Ettinger's mulberry32, as in examples/support/random.mjs."""
    mask = 0xFFFFFFFF
    state = seed
    while True:
        state = (state + 0x6D2B79F5) & mask
        mixed = ((state ^ (state >> 15)) * (state | 1)) & mask
        mixed ^= (mixed + ((mixed ^ (mixed >> 7)) * (mixed | 61))) & mask
        yield ((mixed ^ (mixed >> 14)) & mask) / 2**32


class RMSNorm(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))

    def forward(self, x):
        eps = torch.finfo(x.dtype).eps
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + eps) * self.weight


class InstanceNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.InstanceNorm1d(2, affine=True)

    def forward(self, x):
        return self.norm(x.view(SAMPLES, 2, HIDDEN // 2)).view(SAMPLES, HIDDEN)


NORMS = {
    "layer": lambda: nn.LayerNorm(HIDDEN),
    "rms": lambda: RMSNorm(HIDDEN),
    "group": lambda: nn.GroupNorm(2, HIDDEN),
    "batch": lambda: nn.BatchNorm1d(HIDDEN),
    "instance": InstanceNorm,
    "none": nn.Identity,
}


def spirals(uniform):
    labels = [n % CLASSES for n in range(SAMPLES)]
    points = []
    for n, label in enumerate(labels):
        radius = (n // CLASSES + 1) / (SAMPLES / CLASSES)
        angle = 2 * math.pi * label / CLASSES + 4 * radius + 0.3 * (2 * next(uniform) - 1)
        points.append([radius * math.cos(angle), radius * math.sin(angle)])
    return torch.tensor(points), torch.tensor(labels)


def linear(inputs, outputs, uniform):
    def drawn(*shape):
        values = [(2 * next(uniform) - 1) / math.sqrt(inputs) for _ in range(math.prod(shape))]
        return torch.tensor(values).view(shape)

    layer = nn.Linear(inputs, outputs)
    with torch.no_grad():
        layer.weight.copy_(drawn(outputs, inputs))
        layer.bias.copy_(drawn(outputs))
    return layer


def train(norm):
    uniform = uniform_numbers(7)
    points, labels = spirals(uniform)
    network = nn.Sequential(linear(2, HIDDEN, uniform), norm(), nn.ReLU(), linear(HIDDEN, CLASSES, uniform))
    optimizer = torch.optim.SGD(network.parameters(), lr=LEARNING_RATE)
    losses = []
    for _ in range(STEPS):
        loss = nn.functional.cross_entropy(network(points), labels)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    losses.append(nn.functional.cross_entropy(network(points), labels).item())
    return [losses[step] for step in SHOWN]


torch.set_num_threads(1)
result = {"torch": torch.__version__, "steps": SHOWN, "losses": {name: train(norm) for name, norm in NORMS.items()}}
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "training.json")
with open(path, "w") as file:
    json.dump(result, file, indent=2)
    file.write("\n")
