"""The type of a layout: how one kind of dataset is recognised and read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from render.layouts.probe import FolderProbe
from render.layouts.walk import Item


@dataclass(frozen=True)
class Layout:
    """One way in which datasets lie on disk.

    Attributes
    ----------
    marker : str
        The files or folders that it is recognised by, in words, for messages.
    find_markers : callable
        Takes the probe of a folder and gives the names of the marking tables or folders; an empty
        list where it is another layout.
    find_recordings : callable
        Takes the audio folder and those names, and yields recordings, failures and ignored files.
    accepts_table : bool
        Whether the dataset may also be given as a table.
    group : str
        Column whose values stay in one split, for a dataset without official splits. It joins a
        fake with the recording that it was made from, or the recordings of one speaker.
    find_unnamed_markers : callable, optional
        Like `find_markers`, for a user who names the layout of a folder that does not show it.
    """

    marker: str
    find_markers: Callable[[FolderProbe], list[str]]
    find_recordings: Callable[[Path, list[str]], Iterator[Item]]
    accepts_table: bool = False
    group: str = ""
    find_unnamed_markers: Callable[[FolderProbe], list[str]] | None = None
