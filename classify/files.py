"""Files that are whole or not there, whenever a process is killed."""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)  # full, or broken


def atomic_write(path: Path, data: bytes) -> None:
    """Write a file under a temporary name beside its path, then rename it.

    Parameters
    ----------
    path : Path
    data : bytes

    Raises
    ------
    OSError
        If it cannot be written, for example on a full disk; nothing of it stays behind.
    """
    part = path.with_name(f"{os.urandom(8).hex()}.part")  # fits, however long the name is
    try:
        part.write_bytes(data)
        part.replace(path)
    except BaseException as error:
        with suppress(OSError):  # as where its folder is none
            part.unlink()
        if isinstance(error, OSError):
            raise _unwritten(path, error) from error
        raise


def read_json(path: Path) -> Any:
    """Read a JSON file that need not be there.

    Parameters
    ----------
    path : Path

    Returns
    -------
    content : object or None
        None where there is no such file.

    Raises
    ------
    ValueError
        If it is no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ValueError(f"expected JSON in {path}, got {error}") from error


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Open a context in which an error that has no path, as of a full disk, gets this folder's.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    OSError
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _DISK or error.filename is not None:
            raise
        raise _unwritten(folder, error) from error


def _unwritten(path: Path, error: OSError) -> OSError:
    return OSError(f"expected to write {path}, got: {error.strerror or error}")
