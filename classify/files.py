"""Files that are whole or not there, whenever a process is killed."""

import secrets
from contextlib import suppress
from pathlib import Path


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
    part = path.with_name(f"{secrets.token_hex(8)}.part")  # fits, however long the name is
    try:
        part.write_bytes(data)
        part.replace(path)
    except BaseException as error:
        with suppress(OSError):  # as where its folder is none
            part.unlink()
        if isinstance(error, OSError):
            reason = error.strerror or str(error)
            raise OSError(f"expected to write {path}, got: {reason}") from error
        raise
