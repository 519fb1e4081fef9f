"""The files below a folder, one after another, in memory that does not grow with their number.

A file's name is its path below the folder with forward slashes; names that are not UTF-8 are
written with backslashes, so that text files can hold them.
"""

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from render.recording import Failure, Recording

SUFFIXES = frozenset(
    ".3gp .aac .ac3 .aif .aifc .aiff .amr .au .avi .caf .flac .flv .gsm .m4a .m4b .m4v .mka .mkv"
    " .mov .mp2 .mp3 .mp4 .mpeg .mpg .oga .ogg .ogv .opus .ra .snd .sph .ts .w64 .wav .wave .webm"
    " .wma .wmv .wv".split()
)


@dataclass(frozen=True, slots=True)
class Ignored:
    """A file that is not looked at.

    Attributes
    ----------
    suffix : str
        Its suffix in lower case, or ``"no suffix"``; of an audio file also why it is left out,
        for example ``".flac in no row"``.
    """

    suffix: str


Item = Recording | Failure | Ignored


@dataclass(frozen=True, slots=True)
class File:
    """A file that is audio by its name, or a table that was asked for.

    Attributes
    ----------
    name : str
        Path below the folder, as the operating system has it.
    path : str
        The same from where the process stands.
    """

    name: str
    path: str


def walk(
    folder: Path, top: str = "", tables: Collection[str] = (), also: str = ""
) -> Iterator[File | Failure | Ignored]:
    """Walk through a folder; links are followed, but no folder is entered twice.

    Parameters
    ----------
    folder : Path
        Names are relative to it.
    top : str
        Where to begin below it.
    tables : collection of str
        Names of files that are neither audio nor ignored, for they are read by other means.
    also : str
        File name that is taken for audio, in whatever folder it is.

    Yields
    ------
    item : File, Failure or Ignored
        A failure is a folder that cannot be read.
    """
    waiting, entered = [(os.path.join(folder, top), f"{top}/" if top else "")], set()
    while waiting:
        path, prefix = waiting.pop()
        real = os.path.realpath(path)
        if real in entered:
            continue
        entered.add(real)
        below = []
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    if is_folder(entry):
                        below.append((entry.path, f"{prefix}{entry.name}/"))
                    elif item := _item(entry, prefix, tables, also):
                        yield item
        except OSError as error:
            name = tidy(prefix) or "."
            yield Failure(name, f"expected a folder that can be read, got {error.strerror}")
        waiting += sorted(below, reverse=True)  # which of two links is followed must not vary


def is_folder(entry: os.DirEntry) -> bool:
    """Whether an entry is a folder; a link that leads round in circles is none."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _item(
    entry: os.DirEntry, prefix: str, tables: Collection[str], also: str
) -> File | Ignored | None:
    kind = suffix(entry.name)
    name = prefix + entry.name
    if (kind in SUFFIXES and not entry.name.startswith("._")) or (also and entry.name == also):
        return File(name, entry.path)
    if entry.name.startswith(".") or name in tables:
        return None
    return Ignored(kind)


def suffix(name: str) -> str:
    """Suffix of a file name, in lower case.

    Examples
    --------
    >>> suffix("a/b.WAV"), suffix("README")
    ('.wav', 'no suffix')
    """
    return os.path.splitext(name)[1].lower() or "no suffix"


def stem(name: str) -> str:
    """File name without folders and without the suffix of an audio file.

    Examples
    --------
    >>> stem("flac/LA_T_1.flac"), stem("v1.5")
    ('LA_T_1', 'v1.5')
    """
    base = name.rpartition("/")[2]
    return os.path.splitext(base)[0] if suffix(base) in SUFFIXES else base


def tidy(text: str) -> str:
    r"""Write what is no UTF-8 with backslashes.

    Examples
    --------
    >>> tidy("caf\udce9.wav")
    'caf\\udce9.wav'
    """
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()
