"""The folder of the pictures: refused before any work where it holds what render did not write."""

import csv
import json
import os
from pathlib import Path
from typing import Any

from render import manifest, paths
from render.index import Index
from render.layouts.walk import File, walk
from render.recording import LABELS
from render.settings import Settings
from render.summary import HEADER

SETTINGS = "render.json"
# Of each table, how its header begins.
_TABLES = {
    "manifest.csv": manifest.COLUMNS[:6],
    "failures.csv": manifest.FAILURE_COLUMNS,
    "summary.csv": HEADER,
}
_UPDATES = ("format", "version")  # an update changes these, no option does


def refuse_foreign(dataset: Path, audio: Path) -> None:
    """Refuse a folder of recordings or of a run, or with a table that `render` did not write.

    Parameters
    ----------
    dataset : Path
        Folder of the pictures.
    audio : Path
        Folder of the recordings, or table.

    Raises
    ------
    ValueError
    """
    if dataset.is_file():
        _refuse(dataset, "is a file")
    stored = stored_settings(dataset)
    for name in (SETTINGS, *_TABLES):
        path = dataset / name
        ours = bool(stored) if name == SETTINGS else _has_header(path, _TABLES[name])
        if os.path.lexists(path) and not ours:
            _refuse(dataset, f"holds a {name} that render did not write")
    if dataset.is_dir() and audio.is_dir() and dataset.samefile(audio):
        _refuse(dataset, "is that of the recordings")
    if (dataset / "run.json").exists():
        _refuse(dataset, "is that of a trained run")
    if not stored and dataset.is_dir():
        for item in walk(dataset):
            if isinstance(item, File):
                _refuse(dataset, f"holds recordings (one is {item.name})")


def _refuse(dataset: Path, reason: str) -> None:
    raise ValueError(
        f"expected a folder for pictures, got {dataset}, which {reason}: give another --to"
    )


def _has_header(path: Path, header: tuple[str, ...]) -> bool:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return tuple(next(csv.reader(file), ()))[: len(header)] == header
    except (OSError, UnicodeError, csv.Error):
        return False


def stored_settings(dataset: Path) -> dict[str, Any]:
    """Contents of ``render.json``; empty where `render` did not write it."""
    try:
        stored = json.loads((dataset / SETTINGS).read_bytes())
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) and "feature" in stored else {}


def has_settings(dataset: Path, settings: Settings) -> bool:
    """Whether the folder is of pictures with these settings."""
    return json.loads(settings.to_json()).items() <= stored_settings(dataset).items()


def refuse_other_settings(dataset: Path, settings: Settings) -> None:
    """Keep a forgotten --to from replacing pictures that were drawn with other settings.

    Raises
    ------
    ValueError
        If there are such pictures, with the settings that differ.
    """
    stored = stored_settings(dataset)
    wanted = json.loads(settings.to_json())
    names = [name for name in wanted if name in stored and stored[name] != wanted[name]]
    names = [name for name in names if name not in _UPDATES]
    if names and any(paths.files(dataset, "*.png")):
        raise ValueError(
            f"expected {dataset} to hold pictures with {_formatted(wanted, names)}, got some with "
            f"{_formatted(stored, names)}: give another --to, or --replace to draw them anew"
        )


def _formatted(settings: dict[str, Any], names: list[str]) -> str:
    return ", ".join(f"{name} {settings[name]}" for name in names)


def refuse_fewer_variants(dataset: Path, variants: int) -> None:
    """Keep a forgotten --variants from deleting the variants that were drawn with it.

    Raises
    ------
    ValueError
        If there are pictures of a variant above this number.
    """
    folders = [path for label in LABELS for path in (dataset / "train" / label).glob("variant-*/")]
    names = [path.name.removeprefix("variant-") for path in folders if any(path.rglob("*.png"))]
    drawn = max((int(name) for name in names if name.isdecimal()), default=0)
    if drawn > variants:
        raise ValueError(
            f"expected {dataset} to hold at most {variants} variants of a clip, got {drawn}: give "
            f"--variants {drawn}, another --to, or --replace to delete them"
        )


def refuse_other_recordings(dataset: Path, audio: Path, index: Index) -> None:
    """Keep a wrong --to from deleting the pictures of another dataset.

    Raises
    ------
    ValueError
        If most pictures are of recordings that are not in the index.
    """
    total = foreign = 0
    example = ""
    for path in paths.files(dataset, "*.png"):
        if match := paths.PICTURE_NAME.fullmatch(path.name):
            total += 1
            if not index.has_stem(match[1]):
                foreign, example = foreign + 1, min(example or path.name, path.name)
    if 2 * foreign > total:
        others = "the demonstration corpus" if _is_demonstration(dataset) else "other recordings"
        raise ValueError(
            f"expected {dataset} to be empty or drawn from {audio}, got {foreign} pictures of "
            f"{others} (one is {example}): give another --to, or --replace to delete them"
        )


def refuse_added_columns(dataset: Path, audio: Path, index: Index) -> None:
    """Keep a second call from dropping columns that a person added to ``manifest.csv``.

    Raises
    ------
    ValueError
        If the table has columns that are neither ours nor of the recordings' metadata.
    """
    path = dataset / "manifest.csv"
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="") as file:
        columns = next(csv.reader(file), [])
    added = [name for name in columns if name not in {*manifest.COLUMNS, *index.columns}]
    if added:
        raise ValueError(
            f"expected the columns of {path} to come from {audio}, got {', '.join(added)} as well: "
            "put them into the table of the recordings, or give --replace to drop them"
        )


def _is_demonstration(dataset: Path) -> bool:
    """Whether the first picture of the manifest is of the demonstration corpus."""
    try:
        with (dataset / "manifest.csv").open(encoding="utf-8", newline="") as file:
            return next(csv.DictReader(file), {}).get("source") == "demonstration"
    except (OSError, UnicodeError, csv.Error):
        return False
