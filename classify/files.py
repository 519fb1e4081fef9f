"""Files that are whole or not there, whenever a process is killed."""

import os
from pathlib import Path


def atomic_write(path: Path, data: bytes) -> None:
    """Write a file under a temporary name beside its path, then rename it.

    Parameters
    ----------
    path : Path
    data : bytes
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(data)
    part.replace(path)
