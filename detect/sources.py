"""Names that were given in, recordings to listen to out.

A name stands for a file, for every audio file below a folder, or is a pattern. What a recording is
called is told apart from where it lies: standard input is called ``-``.
"""

import glob
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from classify.prediction.verdicts import Refusal
from render.layouts.walk import File, Ignored, walk


@dataclass(frozen=True)
class Source:
    """A recording to listen to.

    Attributes
    ----------
    name : str
        What it is called in every output.
    path : Path
        Where it lies.
    below : str
        Its path below the folder that was asked for; without one, its file name.
    """

    name: str
    path: Path
    below: str


def expand(names: Iterable[str | Source | Refusal]) -> Iterator[Source | Refusal]:
    """List the recordings that the names stand for, in their order.

    Parameters
    ----------
    names : iterable of str, Source or Refusal
        Files, folders (all audio files below, sorted) and patterns with ``*``, ``?`` or ``[``;
        what is listed already stays as it is.

    Yields
    ------
    found : Source or Refusal
        A refusal for a name that stands for nothing.
    """
    for name in names:
        if not isinstance(name, str):
            yield name
        elif (path := Path(name)).is_dir():
            yield from _or_refusal(list(_below(path)), name, "a folder")
        elif path.exists() or not glob.has_magic(name):
            yield Source(name, path, path.name)
        else:
            matches = sorted(glob.glob(name, recursive=True))
            found = [Source(one, Path(one), Path(one).name) for one in matches]
            yield from _or_refusal([one for one in found if one.path.is_file()], name, "a pattern")


def printable(text: str) -> str:
    r"""Write what a terminal would obey, or cannot show, with backslashes.

    Examples
    --------
    >>> printable("caf\u00e9 \x1b[31m\n\udce9.wav")
    'café \\x1b[31m\\n\\udce9.wav'
    """
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape", "surrogatepass").decode()
        for one in text
    )


def _below(folder: Path) -> Iterator[Source | Refusal]:
    files, refused = [], []
    for item in walk(folder):
        if isinstance(item, File):
            files.append(item)
        elif not isinstance(item, Ignored):
            refused.append(Refusal(str(folder / item.recording), item.reason))
    yield from refused
    for file in sorted(files, key=lambda file: file.name):
        yield Source(file.path, Path(file.path), file.name)


def _or_refusal(found: list[Source | Refusal], name: str, what: str) -> Iterator[Source | Refusal]:
    yield from found
    if not found:
        yield Refusal(name, f"expected recordings, got {what} without any")
