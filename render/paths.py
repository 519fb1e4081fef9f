"""Paths of pictures below the images folder.

``SPLIT/LABEL/[variant-V/][HEX/]STEM-NNNN.png``, for a recording of many clips
``.../STEM/[T/]STEM-NNNN.png``, so that no folder holds more than a few thousand files, however many
recordings there are and however long they are. Readers that look below a class folder, as Keras'
``flow_from_directory`` does, find them all.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from render import splits
from render.hidden import is_hidden
from render.recording import LABELS, SPLITS, Recording

PICTURE_NAME = re.compile(r".+-([0-9a-f]{12})-\d{4,}\.png")  # the group is the end of the stem
FULL = 1_000  # recordings or clips in one folder
FEW = 4  # clips of a recording that do not get a folder of their own


def subfolder_digits(recordings: int) -> int:
    """Number of hexadecimal digits that name sub-folders of about `FULL` recordings at most.

    Examples
    --------
    >>> subfolder_digits(1_000), subfolder_digits(1_001), subfolder_digits(1_000_000)
    (0, 1, 3)
    """
    count = 0
    while recordings > FULL * 16**count:
        count += 1
    return count


def picture_path(
    recording: Recording, clip: int, clips: int, *, variant: int = 0, digits: int = 0
) -> str:
    """Path of a picture.

    Parameters
    ----------
    recording : Recording
    clip, clips : int
        Number of the clip, from 0, and number of clips of the recording.
    variant : int
        0 for the recording as it is.
    digits : int
        See `subfolder_digits`.

    Returns
    -------
    path : str
        Below the images folder, with forward slashes.

    Examples
    --------
    >>> sound = Recording(Path("a.wav"), "a.wav", "train", "real")
    >>> picture_path(sound, 0, 1)
    'train/real/a-39129fa6c033-0000.png'
    """
    parts = [recording.split, recording.label]
    if variant:
        parts.append(f"variant-{variant}")
    if digits:
        parts.append(splits.digest(recording.name)[:digits])
    if clips > FEW:
        parts.append(recording.stem)
    if clips > FULL:
        parts.append(str(clip // FULL))
    return "/".join([*parts, f"{recording.stem}-{clip:04d}.png"])


def possible_first_paths(
    recording: Recording, *, variant: int = 0, digits: int = 0
) -> Iterator[str]:
    """All paths that a recording's first picture can have, for any number of clips."""
    for clips in (1, FEW + 1, FULL + 1):
        yield picture_path(recording, 0, clips, variant=variant, digits=digits)


def files(dataset: Path, pattern: str) -> Iterator[Path]:
    """Files in the class folders, at any depth, whose name matches; hidden ones are left out."""
    for split in SPLITS:
        for label in LABELS:
            for path in (dataset / split / label).rglob(pattern):
                if not any(map(is_hidden, path.relative_to(dataset).parts)):
                    yield path
