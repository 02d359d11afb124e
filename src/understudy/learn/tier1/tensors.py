"""The array types of tier 1: float32 everywhere, so that a restart is bit-equal."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
