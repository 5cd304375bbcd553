"""Which elements share statistics, and which share parameters."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Partition:
    """
    A tensor seen with the sizes `view`. Elements that differ only along the axes `reduced` are a group; a weight or bias
    has the sizes of the axes `parametrized`. Axes are in ascending order.
    """

    view: list
    reduced: tuple
    parametrized: tuple = ()

    @property
    def order(self):
        return [axis for axis in range(len(self.view)) if axis not in self.reduced] + list(self.reduced)

    @property
    def groups(self):
        return int(np.prod([size for axis, size in enumerate(self.view) if axis not in self.reduced], dtype=int))

    @property
    def n(self):
        return int(np.prod([self.view[axis] for axis in self.reduced], dtype=int))

    def rows(self, values):
        """One row per group."""
        return values.reshape(self.view).transpose(self.order).reshape(self.groups, self.n)

    def flatten(self, rows):
        """Rows back in the tensor's order."""
        return rows.reshape([self.view[axis] for axis in self.order]).transpose(np.argsort(self.order)).ravel()

    def spread(self, parameter):
        """The parameter of every element of the tensor."""
        sizes = [size if axis in self.parametrized else 1 for axis, size in enumerate(self.view)]
        return np.broadcast_to(parameter.reshape(sizes), self.view).ravel()
