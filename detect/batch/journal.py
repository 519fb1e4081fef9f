"""The journal of a table in the making: one line of JSON a recording, added when it is done.

Its first line names the detector and the columns. It lies beside the table until that is written.
A line that a killed process left unfinished is dropped, and its recording judged again.
"""

import fcntl
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from detect.batch.table import Row, foreign

SUFFIX = ".part"


class Journal:
    """An open journal, locked for this process.

    Parameters
    ----------
    table : Path
    detector : str
        See `detect.batch.worker.fingerprint`.
    names : sequence of str
        Of the columns.
    overwrite : bool
        Begin anew, whatever it holds.

    Attributes
    ----------
    is_begun : bool
        Whether there was one, of an interrupted call.

    Raises
    ------
    ValueError
        If the file is no journal, one of another detector, or in use.
    """

    def __init__(
        self, table: Path, detector: str, names: Sequence[str], *, overwrite: bool = False
    ) -> None:
        self.path = table.with_name(f"{table.name}{SUFFIX}")
        table.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("ab+")
        try:
            self._lock(table)
            self.is_begun = self._begin(table, detector, names, overwrite)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    def _lock(self, table: Path) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # ends with this process
        except BlockingIOError as error:
            raise ValueError(
                f"expected to be alone at {table}, got another detect --to that writes it"
            ) from error

    def _begin(self, table: Path, detector: str, names: Sequence[str], overwrite: bool) -> bool:
        """Check the first line, or write it."""
        head = _line({"detector": detector, "columns": [*names]})
        self._file.seek(0)
        first = self._file.readline()
        if first == head and not overwrite:
            return True
        if not head.startswith(first) and not _is_head(first):
            raise foreign(self.path)
        if not head.startswith(first) and not overwrite:
            raise other_detector(table)
        self._file.truncate(0)
        self._write(head)
        return False

    def results(self) -> Iterator[list[Row]]:
        """Read what is done, and cut off what is damaged.

        Yields
        ------
        rows : list of list of str
            Of one recording.
        """
        self._file.seek(0)
        whole = len(self._file.readline())
        for line in self._file:
            try:
                if not line.endswith(b"\n"):
                    break
                rows = json.loads(line)
            except ValueError:  # where power failed, anything may follow
                break
            whole += len(line)
            yield rows
        self._file.truncate(whole)

    def add(self, rows: list[Row]) -> None:
        """Add the rows of one recording."""
        self._write(_line(rows))

    def _write(self, line: bytes) -> None:
        self._file.write(line)
        self._file.flush()

    def remove(self) -> None:
        """Delete the file, whose rows are in the table."""
        self.path.unlink(missing_ok=True)


def other_detector(table: Path) -> ValueError:
    """The error about results of another run, or with other options."""
    return ValueError(
        f"expected results of this run with the same --step and --channels in {table}, got "
        "others: choose another file, or --overwrite"
    )


def _line(value: object) -> bytes:
    return f"{json.dumps(value, ensure_ascii=False)}\n".encode()


def _is_head(line: bytes) -> bool:
    try:
        value = json.loads(line)
    except ValueError:
        return False
    return isinstance(value, dict) and set(value) == {"detector", "columns"}
