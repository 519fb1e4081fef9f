"""The pictures of a split, decoded once and kept in memory where they fit."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from tqdm import tqdm

from classify.data.pictures import read

MEMORY_BYTES = 2 * 2**30  # 67,000 pictures of 256 x 124


class PictureCache:
    """Decoded pictures, by index.

    Parameters
    ----------
    paths : sequence of Path
        Readable pictures.
    shape : tuple of two int
        Their height and width.
    name : str
        Name in the progress bar.
    memory_bytes : int
        If all pictures take more, they are read again whenever they are asked for.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        shape: tuple[int, int],
        name: str,
        memory_bytes: int = MEMORY_BYTES,
    ):
        self.paths, self.shape = paths, shape
        self._pool = ThreadPoolExecutor()
        self._pictures = None
        if len(paths) * shape[0] * shape[1] <= memory_bytes:
            self._pictures = np.empty((len(paths), *shape), np.uint8)
            pictures = self._pool.map(self._read, paths)
            bar = tqdm(pictures, f"load {name}", len(paths), unit="picture", disable=None)
            for index, picture in enumerate(bar):
                self._pictures[index] = picture

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """Get pictures.

        Returns
        -------
        pictures : np.ndarray, shape=(len(indices), height, width), dtype=uint8
        """
        if self._pictures is not None:
            return self._pictures[np.asarray(indices, int)]
        return np.stack(list(self._pool.map(self._read, [self.paths[n] for n in indices])))

    def _read(self, path: Path) -> np.ndarray:
        return read(path, self.shape, None)
