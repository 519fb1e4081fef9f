"""The pictures of a split, decoded once and kept in memory where they fit."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from tqdm import tqdm

from classify.data.pictures import read

MOST = 2 * 2**30  # bytes of decoded pictures that are kept: 67,000 of 256 x 124


class PictureCache:
    """Decoded pictures, by their number.

    Parameters
    ----------
    paths : sequence of Path
        Pictures that were looked through.
    shape : tuple of two int
        Their height and width.
    name : str
        Of what is loaded, for the progress bar.
    most : int
        Bytes; with more than these, pictures are read whenever they are asked for.
    """

    def __init__(self, paths: Sequence[Path], shape: tuple[int, int], name: str, most: int = MOST):
        self.paths, self.shape = paths, shape
        self._pool = ThreadPoolExecutor()
        self._kept = None
        if len(paths) * shape[0] * shape[1] <= most:
            self._kept = np.empty((len(paths), *shape), np.uint8)
            images = self._pool.map(self._read, paths)
            bar = tqdm(images, f"load {name}", len(paths), unit="picture", disable=None)
            for number, image in enumerate(bar):
                self._kept[number] = image

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, numbers: Sequence[int] | np.ndarray) -> np.ndarray:
        """Get pictures.

        Parameters
        ----------
        numbers : sequence of int

        Returns
        -------
        pictures : np.ndarray, shape=(len(numbers), height, width), dtype=uint8
        """
        if self._kept is not None:
            return self._kept[np.asarray(numbers, int)]
        return np.stack(list(self._pool.map(self._read, [self.paths[n] for n in numbers])))

    def _read(self, path: Path) -> np.ndarray:
        return read(path, self.shape, None)
