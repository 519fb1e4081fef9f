"""A folder of audio in, a list of recordings with split, label and metadata out.

A class folder (``real``, ``fake`` or a synonym) may lie at any depth, a split folder (``train``,
``validation``, ``test`` or a synonym) anywhere above or below it; case does not matter. A
``manifest.csv`` at the top with a ``path`` column may give ``label`` and ``split`` where folders
do not, and any further column is carried along as metadata.
"""

import csv
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from render import splits

SPLITS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing", "eval"),
}
LABELS = {
    "real": ("real", "bonafide", "bona-fide", "genuine", "human"),
    "fake": ("fake", "spoof", "generated", "synthetic", "deepfake"),
}
SUFFIXES = frozenset(
    ".3gp .aac .ac3 .aif .aifc .aiff .amr .au .avi .caf .flac .flv .gsm .m4a .m4b .m4v .mka .mkv"
    " .mov .mp2 .mp3 .mp4 .mpeg .mpg .oga .ogg .ogv .opus .ra .snd .sph .ts .w64 .wav .wave .webm"
    " .wma .wmv .wv".split()
)


@dataclass(frozen=True)
class Recording:
    """One file of audio and what its place says of it.

    Attributes
    ----------
    path : Path
        The file.
    name : str
        Path below the audio folder, with forward slashes: the recording's identity.
    split, label : str
        ``"train"``, ``"validation"`` or ``"test"``; ``"real"`` or ``"fake"``.
    metadata : dict
        Further columns of the source's own manifest.
    """

    path: Path
    name: str
    split: str
    label: str
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """Beginning of the recording's picture names: readable, and no other recording's.

        Examples
        --------
        >>> Recording(Path("b/x y.wav"), "b/x y.wav", "train", "real").stem
        'x_y-a8fa08acdd4b'
        """
        readable = "".join(c if c.isalnum() or c in "-_." else "_" for c in Path(self.name).stem)
        short = readable.encode()[:120].decode(errors="ignore").lstrip(".") or "_"
        return f"{short}-{splits.digest(self.name)[:12]}"


@dataclass(frozen=True)
class Failure:
    """A recording that cannot be used, and why.

    Attributes
    ----------
    recording : str
        Path below the audio folder.
    reason : str
        One line: what was expected and what came.
    """

    recording: str
    reason: str


@dataclass(frozen=True)
class Layout:
    """What a folder of audio holds.

    Attributes
    ----------
    recordings : list of Recording
        Every split and class, each sorted by name.
    failures : list of Failure
        Audio files without one label or one split, and manifest rows without audio.
    ignored : Counter
        Number of files by suffix that were not looked at, for their name is no audio file's.
    """

    recordings: list[Recording]
    failures: list[Failure]
    ignored: Counter


def find(audio: Path, group: str | None = None) -> Layout:
    """Find the recordings of a folder.

    Where no recording has a split, each goes to one by a stable hash of its name, or of the value
    of the `group` column, 8 : 1 : 1, so that it does not move when others come or go. Where only
    a validation split is missing, it is taken from the training recordings in the same way.

    Parameters
    ----------
    audio : Path
    group : str, optional
        Metadata column whose values must not stand on two sides, for example ``"speaker"``.

    Returns
    -------
    layout : Layout

    Raises
    ------
    ValueError
        If the folder is missing, holds no audio, no recording has a label, or `group` is no
        column of its manifest.
    """
    if not audio.is_dir():
        raise ValueError(f"expected a folder of recordings, got {audio}")
    rows = _read_manifest(audio / "manifest.csv")
    if group and not any(group in row for row in rows.values()):
        raise ValueError(f"expected a column of {audio / 'manifest.csv'} to group by, got {group}")
    paths, ignored = _walk(audio)
    if not paths:
        raise ValueError(f"expected recordings, got no audio file in {audio}")
    recordings, failures = [], []
    for name, path in paths.items():
        try:
            recordings.append(_place(path, name, rows.get(name, {})))
        except ValueError as error:
            failures.append(Failure(name, str(error)))
    failures += [
        Failure(name, "expected a file, got a row of manifest.csv without one")
        for name in sorted(rows.keys() - paths.keys())
    ]
    if not recordings:
        raise ValueError(
            f"expected class folders (real, fake or a synonym) in {audio}, or a manifest.csv with "
            f"path and label; got {len(paths)} audio files, one is {failures[0].recording}: "
            f"{failures[0].reason}"
        )
    recordings, without = _assign_splits(recordings, group)
    return Layout(recordings, failures + without, ignored)


def _walk(audio: Path) -> tuple[dict[str, Path], Counter]:
    """Audio files by name, sorted, and a count by suffix of the rest; links are followed once."""
    paths, ignored, seen = {}, Counter[str](), set()
    for folder, folders, files in os.walk(audio, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        for file in files:
            path = Path(folder, file)
            if path.suffix.lower() in SUFFIXES and not file.startswith("._"):
                # Names that are not UTF-8 are kept usable for text files.
                name = path.relative_to(audio).as_posix()
                paths[name.encode(errors="backslashreplace").decode()] = path
            elif not file.startswith(".") and path != audio / "manifest.csv":
                ignored[path.suffix.lower() or "no suffix"] += 1
    return dict(sorted(paths.items())), ignored


def _read_manifest(path: Path) -> dict[str, dict[str, str]]:
    """Rows of a manifest by their path; nothing where there is no manifest."""
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        if "path" not in (reader.fieldnames or []):
            raise ValueError(f"expected a path column in {path}, got {reader.fieldnames}")
        return {
            row["path"].removeprefix("./"): {
                key: value or "" for key, value in row.items() if key not in (None, "path")
            }
            for row in reader
        }


def _place(path: Path, name: str, row: dict[str, str]) -> Recording:
    """Make a recording of a file; its split is empty where nothing names one."""
    folders = name.lower().split("/")[:-1]
    metadata = {key: value for key, value in row.items() if key not in ("label", "split")}
    label = _one(folders, row.get("label", ""), LABELS, "class")
    if not label:
        raise ValueError("expected a class folder (real, fake or a synonym) above it, got none")
    split = _one(folders, row.get("split", ""), SPLITS, "split")
    return Recording(path, name, split, label, metadata)


def _one(folders: list[str], cell: str, names: Mapping[str, Sequence[str]], what: str) -> str:
    """The one meaning that folder names and a manifest cell give, or an empty string."""
    meaning = {synonym: name for name, synonyms in names.items() for synonym in synonyms}
    given = {meaning[folder]: folder for folder in folders if folder in meaning}
    if cell.strip():
        if cell.strip().lower() not in meaning:
            raise ValueError(f"expected a {what} among {', '.join(meaning)}, got {cell}")
        given.setdefault(meaning[cell.strip().lower()], f"{cell} in manifest.csv")
    if len(given) > 1:
        raise ValueError(f"expected one {what}, got {' and '.join(sorted(given.values()))}")
    return next(iter(given), "")


def _assign_splits(
    recordings: list[Recording], group: str | None
) -> tuple[list[Recording], list[Failure]]:
    """Give every recording a split; where only some have one, the others are failures."""
    have = {recording.split for recording in recordings} - {""}
    if not have:
        return _hashed(recordings, group, splits.SHARES), []
    placed = [recording for recording in recordings if recording.split]
    failures = [
        Failure(recording.name, "expected a split folder above it, as other recordings have")
        for recording in recordings
        if not recording.split
    ]
    if "train" in have and "validation" not in have:
        train = [recording for recording in placed if recording.split == "train"]
        rest = [recording for recording in placed if recording.split != "train"]
        placed = _hashed(train, group, splits.HELD_OUT) + rest
    return placed, failures


def _hashed(
    recordings: list[Recording], group: str | None, shares: dict[str, float]
) -> list[Recording]:
    keys = [(r.metadata.get(group) if group else None) or r.name for r in recordings]
    given = splits.by_hash(keys, [r.label for r in recordings], shares)
    return [replace(r, split=split) for r, split in zip(recordings, given, strict=True)]
