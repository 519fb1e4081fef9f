"""A folder of audio in, a folder of pictures out, however often it is interrupted.

``IMAGES/{train,validation,test}/{real,fake}/NAME.png`` holds the pictures, ``render.json`` their
settings and axes, ``manifest.csv`` one row a picture and ``failures.csv`` one row a recording that
could not be used. Every picture says what it was drawn from, so the tree itself is the record of
what is done: a recording whose pictures are all there, from the same bytes and with the same
settings, is not drawn again. The manifest is written last: where it stands, rendering was finished.
"""

import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from tqdm import tqdm

from render import picture, tables
from render.audio import read
from render.axes import axes
from render.clips import clips
from render.layout import LABELS, SPLITS, Failure, Recording, find
from render.picture import Origin
from render.settings import Settings
from render.spectrogram import draw
from render.summary import Drawn, Summary


def render(
    audio: Path,
    images: Path,
    settings: Settings,
    *,
    jobs: int = -1,
    group: str | None = None,
    replace: bool = False,
) -> Summary:
    """Draw every recording of a folder.

    Parameters
    ----------
    audio : Path
        See `render.layout.find` for what it may hold.
    images : Path
        Made if missing. Pictures of recordings that are gone from `audio` are deleted.
    settings : Settings
    jobs : int
        Processes to draw with; -1 for one a core.
    group : str, optional
        Metadata column whose values stay in one split, where the source has no splits.
    replace : bool
        Go on even if most of what `images` holds was drawn from other recordings.

    Returns
    -------
    summary : Summary

    Raises
    ------
    ValueError
        If nothing can be drawn, or most pictures in `images` are of recordings not in `audio`.
    """
    layout = find(audio, group)
    draw(np.zeros(settings.length, np.float32), settings)  # impossible settings end here, once
    if not replace:
        _refuse_another_source(images, audio, layout.recordings)
    images.mkdir(parents=True, exist_ok=True)
    (images / "manifest.csv").unlink(missing_ok=True)
    described = {**json.loads(settings.to_json()), "axes": axes(settings)}
    picture.replace(images / "render.json", f"{json.dumps(described)}\n".encode())
    drawn, failures = [], list(layout.failures)
    for failure in failures:
        _tell(failure)
    for result in _draw_all(layout.recordings, images, settings, jobs):
        if isinstance(result, Failure):
            _tell(result)
            failures.append(result)
        else:
            drawn.append(result)
    drawn.sort(key=lambda result: result.pictures[0][0])
    failures.sort(key=lambda failure: failure.recording)
    removed = _sweep(images, {path for result in drawn for path, _ in result.pictures})
    tables.write(images / "failures.csv", tables.failed(failures))
    tables.write(images / "manifest.csv", tables.manifest(drawn))
    return Summary(drawn, failures, removed, dict(layout.ignored))


def render_recording(recording: Recording, images: Path, settings: Settings) -> Drawn | Failure:
    """Draw one recording, unless its pictures are there already.

    Parameters
    ----------
    recording : Recording
    images : Path
    settings : Settings

    Returns
    -------
    result : Drawn or Failure
    """
    try:
        with recording.path.open("rb") as file:
            source = hashlib.file_digest(file, "sha256").hexdigest()
        kept = _already_drawn(recording, source, images, settings)
        if kept:
            return Drawn(recording, kept, fresh=False)
        samples, original = read(recording.path, settings.rate)
        found = clips(samples, settings)
    except (OSError, ValueError) as error:
        return Failure(recording.name, " ".join(str(error).split()))
    pictures = []
    (images / _folder(recording)).mkdir(parents=True, exist_ok=True)
    for number, clip in enumerate(found):
        origin = Origin(
            recording=recording.name,
            source=source,
            clip=number,
            clips=len(found),
            start_s=round(clip.start, 4),
            duration_s=round(clip.duration, 4),
            original=original,
        )
        path = _path(recording, number)
        picture.write(images / path, draw(clip.samples, settings), settings, origin)
        pictures.append((path, origin))
    return Drawn(recording, pictures, fresh=True)


def _draw_all(
    recordings: list[Recording], images: Path, settings: Settings, jobs: int
) -> Iterator[Drawn | Failure]:
    """Draw in parallel, in the order in which the recordings come to an end."""
    work = (delayed(render_recording)(recording, images, settings) for recording in recordings)
    workers = 1 if len(recordings) < 8 else jobs  # a few are drawn before a second process is up
    results = Parallel(n_jobs=workers, return_as="generator_unordered")(work)
    yield from tqdm(results, "render", len(recordings), unit="recording", disable=None)


def _folder(recording: Recording) -> str:
    return f"{recording.split}/{recording.label}"


def _path(recording: Recording, number: int) -> str:
    return f"{_folder(recording)}/{recording.stem}-{number:04d}.png"


def _already_drawn(
    recording: Recording, source: str, images: Path, settings: Settings
) -> list[tuple[str, Origin]]:
    """The recording's pictures, or nothing if one is missing, damaged or out of date."""
    pictures: list[tuple[str, Origin]] = []
    while not pictures or len(pictures) < pictures[0][1].clips:
        path = _path(recording, len(pictures))
        described = picture.read(images / path)
        if described is None or described[0] != settings or described[1].source != source:
            return []
        pictures.append((path, described[1]))
    return pictures


def _stems(images: Path) -> dict[str, Path]:
    """One picture of every recording that `images` holds, by the recording's stem."""
    named = re.compile(r"(.+-[0-9a-f]{12})-\d{4,}\.png")
    matches = ((named.fullmatch(path.name), path) for path in _files(images, "*.png"))
    return {match[1]: path for match, path in matches if match}


def _refuse_another_source(images: Path, audio: Path, recordings: list[Recording]) -> None:
    """Keep a wrong --to from deleting the pictures of another folder of audio."""
    there = _stems(images)
    gone = there.keys() - {recording.stem for recording in recordings}
    if 2 * len(gone) > len(there):
        raise ValueError(
            f"expected {images} to be empty or drawn from {audio}, got pictures of {len(gone)} "
            f"other recordings (one is {there[min(gone)].name}): give another --to, or --replace "
            "to delete them"
        )


def _sweep(images: Path, wanted: set[str]) -> int:
    """Delete pictures of ours that are not wanted, and what a killed run left half-written."""
    for path in [*_files(images, f"*{picture.PART}"), *images.glob(f"*{picture.PART}")]:
        path.unlink(missing_ok=True)
    strays = [
        path
        for path in _files(images, "*.png")
        if path.relative_to(images).as_posix() not in wanted
    ]
    ours = [path for path in strays if picture.is_ours(path)]
    for path in ours:
        path.unlink()
    if len(ours) < len(strays):
        other = next(path for path in strays if path.exists())
        print(
            f"render: left alone {len(strays) - len(ours)} pictures in {images} that it did not "
            f"draw, one is {other.name}",
            file=sys.stderr,
        )
    return len(ours)


def _files(images: Path, pattern: str) -> Iterator[Path]:
    for split in SPLITS:
        for label in LABELS:
            yield from (images / split / label).glob(pattern)


def _tell(failure: Failure) -> None:
    tqdm.write(f"render: {failure.recording}: {failure.reason}", file=sys.stderr)
