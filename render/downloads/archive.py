"""Safe unpacking of archives: zip, and tar, plain or with gzip, bzip2 or xz.

Only files and folders with names below the target are unpacked. A link, a device, an absolute name,
``..``, a drive letter, a backslash or a password refuses the whole archive: no dataset contains
them. This is stricter than tarfile's data filter, which permits links. Sizes are counted while
writing, because an archive's own numbers may be wrong.
"""

import bz2
import gzip
import lzma
import os
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from tqdm import tqdm

from render.downloads.catalogue import readable

BLOCK = 1 << 20  # bytes
SMALLEST_BOUND = 64 << 20  # bytes that even a tiny archive may unpack to
STREAMS: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ": lzma.open,
}
DAMAGED = (
    tarfile.TarError,
    zipfile.BadZipFile,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,  # a compression method that zipfile lacks
)


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Limits of an unpacked archive.

    Attributes
    ----------
    size : int
        Bytes, for example the free space of the disk.
    ratio : float
        Unpacked over packed bytes. Sound has 1 to 2, lists of trials 10, a bomb 1000.
    files : int
        Number of files and folders.
    """

    size: int
    ratio: float = 100.0
    files: int = 2_000_000

    def room(self, packed: int) -> int:
        """Bytes that an archive of `packed` bytes may unpack to.

        Examples
        --------
        >>> Bounds(size=10**12).room(10**9), Bounds(size=10**10).room(10**9)
        (100000000000, 10000000000)
        """
        return min(self.size, max(SMALLEST_BOUND, int(self.ratio * packed)))


def unpack(path: Path, folder: Path, bounds: Bounds) -> int:
    """Unpack an archive.

    Parameters
    ----------
    path : Path
    folder : Path
        Made if missing. Files unpacked before a refusal stay in it.
    bounds : Bounds

    Returns
    -------
    files : int
        Number of files written.

    Raises
    ------
    ValueError
        If the file is damaged, no archive, beyond its bounds, or holds anything unsafe.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return _unpack(path, folder, bounds)
    except DAMAGED as error:
        raise ValueError(
            f"expected a whole zip or tar archive, got {path.name}: {error}"
        ) from error
    except OSError as error:
        if error.errno is not None:
            raise  # an error of the disk, not of the archive
        raise ValueError(
            f"expected a whole zip or tar archive, got {path.name}: {error}"
        ) from error


def refuse_links(folder: Path) -> None:
    """Check that a folder filled by another library holds files and folders only.

    Raises
    ------
    ValueError
        If there is a link in it.
    """
    for root, folders, files in os.walk(folder):
        for name in (*folders, *files):
            if os.path.islink(os.path.join(root, name)):
                raise ValueError(f"expected files and folders, got a link: {name}")


def _unpack(path: Path, folder: Path, bounds: Bounds) -> int:
    room, files = bounds.room(path.stat().st_size), 0
    bar = tqdm(desc=f"unpacking {path.name}", unit="B", unit_scale=True, disable=None)
    with bar, _members(path) as members:
        for count, (name, source) in enumerate(members, start=1):
            if count > bounds.files:
                raise ValueError(f"expected at most {bounds.files} files in {path.name}, got more")
            target = folder / _safe_path(name)
            if source is None:
                target.mkdir(parents=True, exist_ok=True)
            elif not _is_litter(target.name) and "__MACOSX" not in target.parts:
                target.parent.mkdir(parents=True, exist_ok=True)
                for written in _copy(source, target):
                    bar.update(written)
                    room -= written
                    if room < 0:
                        limit = readable(bounds.room(path.stat().st_size))
                        raise ValueError(f"expected at most {limit} in {path.name}, got more")
                files += 1
    return files


def _copy(source: IO[bytes], target: Path) -> Iterator[int]:
    with target.open("wb") as file:
        while block := source.read(BLOCK):
            yield file.write(block)


def _safe_path(name: str) -> PurePosixPath:
    r"""Check a member's name; control characters, which break lists of files, become ``_``.

    Examples
    --------
    >>> _safe_path("LA/./flac/a\nb.flac")
    PurePosixPath('LA/flac/a_b.flac')
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or re.match("[A-Za-z]:", name):
        raise ValueError(f"expected names that stay below the target, got {name!r}")
    return PurePosixPath(re.sub(r"[\x00-\x1f\x7f]", "_", str(path)))


def _is_litter(name: str) -> bool:
    return name.startswith("._") or name in (".DS_Store", "Thumbs.db", "desktop.ini")


Members = Iterator[tuple[str, IO[bytes] | None]]  # name and content; a folder has none


@contextmanager
def _members(path: Path) -> Iterator[Members]:
    with path.open("rb") as file:
        magic = file.read(8)
    # zipfile looks at the end, so it would take a tar that ends in a zip file for a zip.
    if magic.startswith(b"PK"):
        with zipfile.ZipFile(path) as archive:
            yield _zip_members(archive)
        return
    opener = next((opener for start, opener in STREAMS.items() if magic.startswith(start)), open)
    # Forward only: a step back in a compressed stream would unpack it again from its beginning.
    with opener(path, "rb") as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        yield _tar_members(archive, stream)


def _zip_members(archive: zipfile.ZipFile) -> Members:
    for info in archive.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise ValueError(f"expected files and folders, got a link or device: {info.filename}")
        if info.flag_bits & 1:
            raise ValueError(f"expected no password, got one: {info.filename}")
        if info.is_dir():
            yield info.filename, None
        else:
            with archive.open(info) as source:
                yield info.filename, source


def _tar_members(archive: tarfile.TarFile, stream: IO[bytes]) -> Members:
    for info in archive:
        if info.isdir():
            yield info.name, None
        elif info.isreg():
            yield info.name, archive.extractfile(info)
        else:
            raise ValueError(f"expected files and folders, got a link or device: {info.name}")
    # A compressed stream's own checksum stands behind the last member and some padding.
    if len(stream.read(SMALLEST_BOUND)) == SMALLEST_BOUND:
        raise ValueError("expected the end of the archive behind its last member, got more")
