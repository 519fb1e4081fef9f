"""Download of a dataset into a folder that appears once it is complete.

Until then ``FOLDER.part`` beside it holds archives, unpacked files, and ``done``, which has a line
for each unpacked archive. After an interruption, the same call continues. Each archive is deleted
once it is unpacked, because many disks cannot hold all archives beside their contents.
"""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from render.downloads import archive, http, hubs
from render.downloads.catalogue import Dataset, File, readable

EXPANSION = 1.4  # unpacked to packed bytes: 1.38 for LJSpeech's bzip2, 1.19 for WaveFake's zip
RESERVE = 10**9  # bytes of the disk that stay free
_LOCK = "lock"  # a file that every download has


def obtain(dataset: Dataset, folder: Path) -> dict[str, str]:
    """Download a dataset, check it and unpack it.

    Parameters
    ----------
    dataset : Dataset
        From any place but ``"hand"``.
    folder : Path
        Missing or empty.

    Returns
    -------
    digests : dict of str to str
        SHA-256 of each archive for which nobody publishes a checksum.

    Raises
    ------
    ValueError
        If the folder is not empty, the disk has no room, or a file differs from the catalogue.
    ConnectionError
        If the site cannot be reached or refuses the file.
    """
    folder = folder.resolve()  # a link may lead to a larger disk
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"expected nothing at {folder} yet, got something: delete it or give --to")
    part = folder.with_name(f"{folder.name}.part")
    if part.is_dir() and any(part.iterdir()) and not (part / _LOCK).exists():
        raise ValueError(
            f"expected nothing at {part} but a download, got something else: give --to"
        )
    part.mkdir(parents=True, exist_ok=True)
    with _locked(part):
        _check_room(dataset, part)
        tree = _download_tree(dataset, part)
        archive.refuse_links(tree)
        digests = _digests(part)
        tree.replace(folder)
        shutil.rmtree(part)
    return digests


def bytes_needed(dataset: Dataset) -> int:
    """Estimate the peak disk use of a download, in bytes."""
    if dataset.place == "hub" and not dataset.files:
        return dataset.size
    sizes = [file.size or 2 * dataset.size // len(dataset.files) for file in dataset.files]
    largest = min(max(sizes, default=dataset.size), dataset.size)
    return largest + round(EXPANSION * dataset.size)


@contextmanager
def _locked(part: Path) -> Iterator[None]:
    """Keep a second process out while this one lives."""
    with (part / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"expected no other process at work in {part}, got one") from None
        yield


def _check_room(dataset: Dataset, part: Path) -> None:
    present = sum(path.stat().st_size for path in part.rglob("*") if path.is_file())
    wanted = bytes_needed(dataset) - present + RESERVE
    free = shutil.disk_usage(part).free
    if wanted > free:
        raise ValueError(
            f"expected {readable(wanted)} free where {part.parent} is, got {readable(free)}"
        )


def _download_tree(dataset: Dataset, part: Path) -> Path:
    """Download the dataset's files into a folder below `part`."""
    tree = part / "tree"
    if dataset.place == "kaggle":
        return hubs.from_kaggle(dataset.source, part / "kaggle")
    if dataset.place == "hub" and not dataset.files:
        hubs.from_hub(dataset.source, tree)
        shutil.rmtree(tree / ".cache", ignore_errors=True)  # the library's records
        return tree
    unpacked = _unpacked(part)
    for file in dataset.files:
        if file.name not in unpacked:
            path = _archive(dataset, file, part / "archives")
            digest = "" if file.checksum else _sha256(path)
            room = shutil.disk_usage(part).free - RESERVE
            archive.unpack(path, tree, archive.Bounds(size=room))
            with (part / "done").open("a", encoding="utf-8") as record:
                record.write(f"{file.name}\t{digest}\n")
            path.unlink()
    return tree


def _archive(dataset: Dataset, file: File, folder: Path) -> Path:
    """Download one archive."""
    if dataset.place == "web":
        return http.fetch(file, folder)
    path = hubs.from_hub(dataset.source, folder, file.name)
    http.check(file, path)
    return path


def _unpacked(part: Path) -> dict[str, str]:
    record = part / "done"
    lines = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
    return dict(line.split("\t") for line in lines if "\t" in line)


def _digests(part: Path) -> dict[str, str]:
    return {name: digest for name, digest in _unpacked(part).items() if digest}


def _sha256(path: Path) -> str:
    import pooch

    return pooch.file_hash(str(path), alg="sha256")
