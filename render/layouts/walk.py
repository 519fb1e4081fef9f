"""Walk through the audio files below a folder, in memory that does not grow with their number.

A file's name is its path below the folder, with forward slashes. `escape_bytes` writes the bytes of
a name that are not UTF-8 with backslashes, so that text files can hold it.
"""

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from render.hidden import is_hidden
from render.recording import Failure, Recording

SUFFIXES = frozenset(
    ".3g2 .3gp .aac .ac3 .aif .aifc .aiff .amr .ape .asf .au .avi .awb .bwf .caf .dss .dts .eac3"
    " .ec3 .f4v .flac .flv .gsm .htk .ircam .m2ts .m4a .m4b .m4r .m4v .mka .mkv .mov .mp2 .mp3 .mp4"
    " .mpc .mpeg .mpg .mts .mxf .nist .oga .ogg .ogv .ogx .oma .opus .paf .pvf .qcp .ra .rf64 .rm"
    " .shn .snd .sph .spx .tak .ts .tta .voc .w64 .wav .wave .webm .wma .wmv .wv .xwma".split()
)


@dataclass(frozen=True, slots=True)
class Ignored:
    """A file that is left out, or a hidden folder.

    Attributes
    ----------
    suffix : str
        Its suffix in lower case, or ``"no suffix"``; for an audio file followed by the reason, as
        in ``".flac in no row"``; ``"hidden folder"`` for a folder with all that is in it.
    """

    suffix: str


Item = Recording | Failure | Ignored


@dataclass(frozen=True, slots=True)
class File:
    """A file with the suffix of audio, or of the name that `walk` was asked for.

    Attributes
    ----------
    name : str
        Path below the folder that is walked, as the operating system spells it.
    path : str
        The same file from the working directory, or absolute.
    """

    name: str
    path: str


def walk(
    folder: Path, top: str = "", tables: Collection[str] = (), extra_name: str = ""
) -> Iterator[File | Failure | Ignored]:
    """Walk through a folder. Links are followed, but no folder is entered twice.

    What `render.hidden` names is left out below the folder, whatever the folder itself is called.

    Parameters
    ----------
    folder : Path
        Names are relative to it.
    top : str
        Path below it of the folder to begin at.
    tables : collection of str
        Names of files to skip silently, because they are read by other means.
    extra_name : str
        A file name that is yielded like audio, in any folder.

    Yields
    ------
    item : File, Failure or Ignored
        A failure is a folder that cannot be read.
    """
    pending, entered = [(os.path.join(folder, top), f"{top}/" if top else "")], set()
    while pending:
        path, prefix = pending.pop()
        resolved = os.path.realpath(path)
        if resolved in entered:
            continue
        entered.add(resolved)
        children = []
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    if is_folder(entry):
                        if _is_left_out(entry):
                            yield Ignored("hidden folder")
                        else:
                            children.append((entry.path, f"{prefix}{entry.name}/"))
                    elif item := _item(entry, prefix, tables, extra_name):
                        yield item
        except OSError as error:
            name = escape_bytes(prefix) or "."
            yield Failure(name, f"expected a folder that can be read, got {error.strerror}")
        # Sorted, so that of two links to a folder always the same one is followed.
        pending += sorted(children, reverse=True)


def is_folder(entry: os.DirEntry) -> bool:
    """Whether an entry is a folder; a link that leads back to itself is not."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_left_out(folder: os.DirEntry) -> bool:
    """Whether a folder is hidden; one in plain sight that is locked is walked into, and named."""
    if folder.name.startswith("."):
        return True
    return is_hidden(folder.name) and os.access(folder.path, os.R_OK | os.X_OK)


def _item(
    entry: os.DirEntry, prefix: str, tables: Collection[str], extra_name: str
) -> File | Ignored | None:
    name, ending = prefix + entry.name, suffix(entry.name)
    is_audio = ending in SUFFIXES
    if is_hidden(entry.name):  # ._x.wav is no sound, but what macOS notes of x.wav
        is_sound = is_audio and not entry.name.startswith("._")
        return Ignored(f"{ending} hidden") if is_sound else None
    if is_audio or (extra_name and entry.name == extra_name):
        return File(name, entry.path)
    return None if name in tables else Ignored(ending)


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


def escape_bytes(text: str) -> str:
    r"""Write bytes that are not UTF-8 with backslashes.

    Examples
    --------
    >>> escape_bytes("caf\udce9.wav")
    'caf\\udce9.wav'
    """
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()
