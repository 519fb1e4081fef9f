"""A dataset of the catalogue, from its place to a folder that is there only once it is whole.

Beside the folder stands ``FOLDER.part`` meanwhile: archives, what has been unpacked of them, and
``done``, a line a file that is unpacked. Whatever interrupts it, the same call goes on. Archives
are deleted as soon as they are unpacked, for many would not fit beside what is in them.
"""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from render.downloads import archive, http, hubs
from render.downloads.catalogue import Dataset, File, readable

EXPANSION = 1.4  # unpacked to packed bytes: 1.38 for LJSpeech's bzip2, 1.19 for WaveFake's zip
RESERVE = 10**9  # bytes of the disk that are left alone


def obtain(dataset: Dataset, folder: Path) -> dict[str, str]:
    """Download a dataset, check it and unpack it.

    Parameters
    ----------
    dataset : Dataset
        Of any place but ``"hand"``.
    folder : Path
        Where to put it: not there yet, or empty.

    Returns
    -------
    digests : dict of str to str
        SHA-256 of each archive for which nobody publishes a checksum.

    Raises
    ------
    ValueError
        If the folder holds something, the disk has no room, or what came is not what was expected.
    ConnectionError
        If the place cannot be reached or does not give it.
    """
    folder = folder.resolve()  # a link may lead to a larger disk
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"expected nothing at {folder} yet, got something: delete it or give --to")
    part = folder.with_name(f"{folder.name}.part")
    part.mkdir(parents=True, exist_ok=True)
    with _alone(part):
        _check_room(dataset, part)
        tree = _tree(dataset, part)
        archive.refuse_links(tree)
        digests = _digests(part)
        tree.replace(folder)
        shutil.rmtree(part)
    return digests


def needed(dataset: Dataset) -> int:
    """Estimate the bytes of disk that fetching a dataset takes at its height."""
    if dataset.place == "hub" and not dataset.files:
        return dataset.size
    sizes = [file.size or 2 * dataset.size // len(dataset.files) for file in dataset.files]
    largest = min(max(sizes, default=dataset.size), dataset.size)
    return largest + round(EXPANSION * dataset.size)


@contextmanager
def _alone(part: Path) -> Iterator[None]:
    """Keep a second process out, for as long as this one lives."""
    with (part / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"expected no other process at work in {part}, got one") from None
        yield


def _check_room(dataset: Dataset, part: Path) -> None:
    have = sum(path.stat().st_size for path in part.rglob("*") if path.is_file())
    wanted = needed(dataset) - have + RESERVE
    free = shutil.disk_usage(part).free
    if wanted > free:
        raise ValueError(
            f"expected {readable(wanted)} free where {part.parent} is, got {readable(free)}"
        )


def _tree(dataset: Dataset, part: Path) -> Path:
    """Put the dataset's files into a folder below `part`."""
    tree = part / "tree"
    if dataset.place == "kaggle":
        return hubs.from_kaggle(dataset.source, part / "kaggle")
    if dataset.place == "hub" and not dataset.files:
        hubs.from_hub(dataset.source, tree)
        shutil.rmtree(tree / ".cache", ignore_errors=True)  # the library's own notes
        return tree
    done = _done(part)
    for file in dataset.files:
        if file.name not in done:
            packed = _packed(dataset, file, part / "archives")
            digest = "" if file.checksum else _sha256(packed)
            room = shutil.disk_usage(part).free - RESERVE
            archive.unpack(packed, tree, archive.Bounds(size=room))
            with (part / "done").open("a", encoding="utf-8") as notes:
                notes.write(f"{file.name}\t{digest}\n")
            packed.unlink()
    return tree


def _packed(dataset: Dataset, file: File, folder: Path) -> Path:
    """One archive, as it was published."""
    if dataset.place == "web":
        return http.fetch(file, folder)
    path = hubs.from_hub(dataset.source, folder, file.name)
    http.check(file, path)
    return path


def _done(part: Path) -> dict[str, str]:
    notes = part / "done"
    lines = notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []
    return dict(line.split("\t") for line in lines if "\t" in line)


def _digests(part: Path) -> dict[str, str]:
    return {name: digest for name, digest in _done(part).items() if digest}


def _sha256(path: Path) -> str:
    import pooch

    return pooch.file_hash(str(path), alg="sha256")
