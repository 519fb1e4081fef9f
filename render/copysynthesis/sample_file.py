"""Sound of any length in a file that is read and written like an array.

Samples are float32 of shape (frames, channels). Only what is asked for is in memory.
"""

from typing import BinaryIO

import numpy as np

_BYTES = 4  # of a sample


class SampleFile:
    """A file of samples and nothing else.

    Parameters
    ----------
    file : binary file
        Empty, and open for reading and writing.
    channels : int

    Examples
    --------
    >>> import io
    >>> spool = SampleFile(io.BytesIO(), 2)
    >>> spool[0:3] = np.ones((3, 2))
    >>> spool[1:2] = np.zeros((1, 2))
    >>> spool.shape, spool[:].tolist()
    ((3, 2), [[1.0, 1.0], [0.0, 0.0], [1.0, 1.0]])
    """

    def __init__(self, file: BinaryIO, channels: int):
        self._file = file
        self.channels = channels

    def __len__(self) -> int:
        return self._file.seek(0, 2) // (_BYTES * self.channels)

    @property
    def shape(self) -> tuple[int, int]:
        """Frames and channels."""
        return len(self), self.channels

    def __getitem__(self, part: slice) -> np.ndarray:
        start, stop, _ = part.indices(len(self))
        self._file.seek(start * _BYTES * self.channels)
        data = self._file.read(max(0, stop - start) * _BYTES * self.channels)
        return np.frombuffer(data, np.float32).reshape(-1, self.channels)

    def __setitem__(self, part: slice, block: np.ndarray) -> None:
        self._file.seek((part.start or 0) * _BYTES * self.channels)
        self._file.write(np.asarray(block, np.float32).tobytes())
