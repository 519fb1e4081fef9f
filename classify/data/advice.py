"""Ends of errors about folders and files that are not pictures: the command that helps."""

import os
from itertools import islice
from pathlib import Path

from classify.console import COMMAND

# The commonest of those that `render` draws.
_SOUNDS = frozenset(
    ".3gp .aac .aif .aiff .amr .au .flac .m4a .mkv .mov .mp3 .mp4 .oga .ogg .opus .wav .webm .wma"
    " .wv".split()
)
_FILES = 10_000  # names that are read


def is_sound(path: Path) -> bool:
    """Whether a file is a recording, by its suffix."""
    return path.suffix.lower() in _SOUNDS


def holds_sounds(folder: Path) -> bool:
    """Whether there are recordings below a folder."""
    names = (Path(name) for _, _, names in os.walk(folder) for name in names)
    return any(map(is_sound, islice(names, _FILES)))


def how_to_draw(folder: Path) -> str:
    """How to draw the recordings below a folder; empty where there are none."""
    if not holds_sounds(folder):
        return ""
    return f": draw its recordings with {COMMAND} render {folder} --to IMAGES"


def require_dataset(folder: Path) -> None:
    """Refuse a picture dataset that does not exist.

    Raises
    ------
    ValueError
    """
    if not folder.is_dir():
        raise ValueError(
            f"expected a picture dataset, got {folder}, which does not exist: draw one with "
            f"{COMMAND} render AUDIO --to {folder}"
        )
