"""Writes the .npy files of this folder with NumPy: python3 make.py

The values look like a transformer's and a convolutional network's: activations far from mean 0 and variance 1,
weights near 1, biases near 0. The seed is fixed, so the files are always the same.
"""

from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
random = np.random.default_rng(20240229)


def save(name: str, array: np.ndarray, dtype: str = "<f4") -> None:
    np.save(HERE / f"{name}.npy", array.astype(dtype))


# Each feature has its own offset and spread, as after a few layers of a network.
features = 768
save("tokens", random.normal(size=(32, features)) * random.gamma(2.0, size=features) + random.normal(size=features))
save("tokens_weight", 1 + 0.1 * random.normal(size=features))
save("tokens_bias", 0.1 * random.normal(size=features))

channels = 32
feature_map = random.normal(size=(4, channels, 12, 12)) + 3 * random.normal(size=(1, channels, 1, 1))
save("feature_map", np.maximum(feature_map, 0))
save("feature_map_weight", 1 + 0.1 * random.normal(size=channels))
save("feature_map_bias", 0.1 * random.normal(size=channels))

# What NumPy makes unless it is told otherwise: float64.
save("measurements_float64", random.normal(loc=20.0, scale=5.0, size=(16, 48)), dtype="<f8")
