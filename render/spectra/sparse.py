"""Sparse matrices that are multiplied as those of SciPy, which takes long to load."""

from typing import NamedTuple

import numpy as np


class JaggedRows(NamedTuple):
    """A sparse matrix as jagged diagonals, of which NumPy multiplies one at a time.

    Entries of a row are summed in order of their columns, as in `scipy.sparse.csr_array`: products
    are equal bit by bit.

    Attributes
    ----------
    rank : np.ndarray of int, shape=(rows,)
        Where each row stands in order of the number of entries.
    diagonals : list of tuple of two np.ndarray
        Columns and values of the first entry of every row, of the second of those that have as
        many, and so on, the longest row first.
    """

    rank: np.ndarray
    diagonals: list[tuple[np.ndarray, np.ndarray]]

    def __matmul__(self, vector: np.ndarray) -> np.ndarray:
        """Multiply with a vector."""
        product = np.zeros(len(self.rank), vector.dtype)
        for columns, values in self.diagonals:
            product[: len(columns)] += values * vector[columns]
        return product[self.rank]


def jagged(values: np.ndarray, rows: np.ndarray, columns: np.ndarray, height: int) -> JaggedRows:
    """Sort entries into jagged diagonals.

    Parameters
    ----------
    values, rows, columns : np.ndarray, shape=(entries,)
        In order of rows and, within a row, of columns.
    height : int
        Number of rows.

    Examples
    --------
    >>> entries = np.array([[2.0, 1, 1], [0, 1, 1], [0, 0, 2]])
    >>> values, (rows, columns) = entries[0], entries[1:].astype(int)
    >>> (jagged(values, rows, columns, 3) @ np.array([1.0, 2, 3])).tolist()
    [2.0, 4.0, 0.0]
    """
    lengths = np.bincount(rows, minlength=height)
    starts = np.cumsum(lengths) - lengths
    longest = np.argsort(-lengths, kind="stable")
    diagonals = []
    for number in range(lengths.max(initial=0)):
        entries = starts[longest[: np.count_nonzero(lengths > number)]] + number
        diagonals.append((columns[entries], values[entries]))
    return JaggedRows(np.argsort(longest), diagonals)
