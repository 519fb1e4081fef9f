"""Recordings behind the names on a command line: files, folders and patterns.

The name of a recording in outputs and its path can differ: the name of standard input is ``-``.
"""

import glob
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from classify.prediction.verdicts import Refusal
from render.decoding.audio import MIX, count_channels
from render.layouts.walk import File, Ignored, walk


@dataclass(frozen=True)
class Source:
    """A recording to judge.

    Attributes
    ----------
    name : str
        Name in every output.
    path : Path
    below : str
        Path below the folder on the command line; without a folder, the file name.
    channel : str
        Channel to judge, counted from ``"1"``, or ``"mix"``.
    """

    name: str
    path: Path
    below: str
    channel: str = MIX

    @property
    def title(self) -> str:
        """Name, and channel if it is one alone."""
        return with_channel(self.name, self.channel)


def expand(
    names: Iterable[str | Source | Refusal],
    ignored: Counter[str] | None = None,
    *,
    in_order: bool = True,
) -> Iterator[Source | Refusal]:
    """List the recordings behind names, in the order of the names.

    Parameters
    ----------
    names : iterable of str, Source or Refusal
        Files, folders (all audio files below, sorted) and patterns with ``*``, ``?`` or ``[``.
        Sources and refusals are passed on.
    ignored : Counter, optional
        Gets the number of files in folders that are not looked at, by suffix.
    in_order : bool
        False lists the files of a folder or pattern as they come, in memory that does not grow
        with their number.

    Yields
    ------
    source : Source or Refusal
        A refusal for a folder or pattern without recordings.
    """
    sort = _sorted if in_order else iter
    for name in names:
        if not isinstance(name, str):
            yield name
        elif (path := Path(name)).is_dir():
            sources = _below(path, Counter() if ignored is None else ignored)
            yield from _or_refusal(sort(sources), name, "a folder")
        elif path.exists() or not glob.has_magic(name):
            yield Source(name, path, path.name)
        else:
            matches = (
                Source(match, Path(match), Path(match).name)
                for match in glob.iglob(name, recursive=True)
                if Path(match).is_file()
            )
            yield from _or_refusal(sort(matches), name, "a pattern")


def each_channel(sources: Iterable[Source | Refusal]) -> Iterator[Source | Refusal]:
    """List the channels of recordings as sources of their own.

    Recordings of one channel, and those that cannot be read, are passed on, as are refusals.
    """
    for source in sources:
        count = 1 if isinstance(source, Refusal) else _channels(source.path)
        if isinstance(source, Refusal) or count == 1:
            yield source
            continue
        for channel in range(1, count + 1):
            below = f"{source.below}.channel-{channel}"
            yield replace(source, channel=str(channel), below=below)


def _channels(path: Path) -> int:
    try:
        return count_channels(path)
    except (OSError, ValueError):  # judging it gives the reason
        return 1


def with_channel(name: str, channel: str) -> str:
    """Add the channel to the name of a recording, unless it is the mix of all.

    Examples
    --------
    >>> with_channel("call.wav", "2"), with_channel("call.wav", "mix")
    ('call.wav [channel 2]', 'call.wav')
    """
    return name if channel == MIX else f"{name} [channel {channel}]"


def printable(text: str) -> str:
    r"""Escape control and other unprintable characters with backslashes.

    Examples
    --------
    >>> printable("caf\u00e9 \x1b[31m\n\udce9.wav")
    'café \\x1b[31m\\n\\udce9.wav'
    """
    return "".join(
        character
        if character.isprintable()
        else character.encode("unicode_escape", "surrogatepass").decode()
        for character in text
    )


def _below(folder: Path, ignored: Counter[str]) -> Iterator[Source | Refusal]:
    for item in walk(folder):
        if isinstance(item, File):
            yield Source(item.path, Path(item.path), item.name)
        elif isinstance(item, Ignored):
            ignored[item.suffix] += 1
        else:
            yield Refusal(str(folder / item.recording), item.reason)


def _sorted(sources: Iterable[Source | Refusal]) -> Iterator[Source | Refusal]:
    """Refusals as they come, then sources by name."""
    files: list[Source] = []
    for source in sources:
        if isinstance(source, Source):
            files.append(source)
        else:
            yield source
    yield from sorted(files, key=lambda source: source.name)


def _or_refusal(
    sources: Iterator[Source | Refusal], name: str, kind: str
) -> Iterator[Source | Refusal]:
    first = next(sources, None)
    if first is None:
        yield Refusal(name, f"expected recordings, got {kind} without any")
    else:
        yield first
        yield from sources
