"""One recording in, its pictures out, unless they are up to date."""

import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from render import paths, png
from render.augmentation import noise as noises
from render.augmentation.variants import Augmentation, apply, draw_augmentation
from render.clips import Clip, split_into_clips
from render.console import one_line
from render.decoding.audio import Audio, scan_audio
from render.png import PictureSource
from render.recording import Failure, Recording
from render.settings import Settings
from render.spectrogram import draw
from render.summary import Drawn

Pictures = list[tuple[str, PictureSource]]  # path below the images folder, and source


@dataclass(frozen=True, kw_only=True)
class RenderPlan:
    """What is drawn of every recording, and where.

    Attributes
    ----------
    dataset : Path
        Folder of the pictures.
    settings : Settings
    digits : int
        See `render.paths.subfolder_digits`.
    variants : int
        Augmented variants that are drawn of every training recording besides itself.
    noise : Path or None
        Folder of noise recordings for the variants.
    timeout : float
        Seconds that one recording may take.
    """

    dataset: Path
    settings: Settings
    digits: int = 0
    variants: int = 0
    noise: Path | None = None
    timeout: float = 900.0

    def __post_init__(self) -> None:
        if self.variants < 0:
            raise ValueError(f"expected 0 variants or more, got {self.variants}")
        if not self.timeout > 0:
            raise ValueError(f"expected a timeout above 0 s, got {self.timeout:g}")
        if self.noise:
            noises.files(self.noise)  # a folder without recordings is refused once, not per file

    def augmentations(self, recording: Recording) -> dict[int, Augmentation | None]:
        """Augmentation of each variant by number; 0 is the recording as it is."""
        count = self.variants if recording.split == "train" else 0
        return {0: None} | {
            number: draw_augmentation(recording.name, number, self.noise)
            for number in range(1, count + 1)
        }


def up_to_date(recording: Recording, plan: RenderPlan) -> Drawn | None:
    """Collect the pictures of a recording, if all of them are there, whole and up to date.

    Returns
    -------
    drawn : Drawn or None
    """
    augmentations = plan.augmentations(recording)
    if not all(any(_first_pictures(recording, plan, variant)) for variant in augmentations):
        return None  # without reading the recording
    try:
        sha256 = _sha256(recording.path)
    except (OSError, ValueError):
        return None  # drawing it reports the reason
    pictures: Pictures = []
    for variant, augmentation in augmentations.items():
        current = _current_pictures(recording, plan, sha256, variant, augmentation)
        if not current:
            return None
        pictures += current
    return Drawn(recording.name, pictures, fresh=False)


def render_recording(recording: Recording, plan: RenderPlan) -> Drawn | Failure:
    """Draw the missing pictures of one recording and its variants.

    Returns
    -------
    result : Drawn or Failure

    Raises
    ------
    WriteError
        If a picture cannot be written.
    """
    try:
        sha256 = _sha256(recording.path)
        deadline = time.monotonic() + plan.timeout
        audio = scan_audio(recording.path, plan.settings.rate, deadline)
        pictures = _draw(recording, plan, sha256, audio, deadline)
        return Drawn(recording.name, pictures, fresh=True, warnings=audio.source_file.warnings)
    except png.WriteError:
        raise
    except (OSError, ValueError) as error:
        return Failure(recording.name, one_line(error))


def _sha256(path: Path) -> str:
    if not path.is_file():  # opening a pipe would block
        kind = "something else" if path.exists() else "a link or name that leads nowhere"
        raise ValueError(f"expected a file, got {kind}")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _draw(
    recording: Recording, plan: RenderPlan, sha256: str, audio: Audio, deadline: float
) -> Pictures:
    pictures: Pictures = []
    missing: dict[int, Augmentation | None] = {}
    for variant, augmentation in plan.augmentations(recording).items():
        current = _current_pictures(recording, plan, sha256, variant, augmentation)
        pictures += current
        if not current:
            missing[variant] = augmentation
    clips = split_into_clips(audio, plan.settings)
    for number, clip in enumerate(clips):
        if time.monotonic() > deadline:
            raise ValueError(
                f"expected a recording that is drawn in {plan.timeout:g} s, got {number} of its "
                f"{len(clips)} clips by then"
            )
        for variant, augmentation in missing.items():
            source = PictureSource(
                recording=recording.name,
                sha256=sha256,
                clip=number,
                clips=len(clips),
                start_s=round(clip.start, 4),
                duration_s=round(clip.duration, 4),
                file=audio.source_file,
                variant=variant,
                augmentation=augmentation.text if augmentation else "",
            )
            path = paths.picture_path(
                recording, number, len(clips), variant=variant, digits=plan.digits
            )
            image = draw(_augment(clip, number, augmentation, plan), plan.settings)
            png.write(plan.dataset / path, image, plan.settings, source)
            pictures.append((path, source))
    return pictures


def _augment(
    clip: Clip, number: int, augmentation: Augmentation | None, plan: RenderPlan
) -> np.ndarray:
    if augmentation is None:
        return clip.samples
    return apply(clip.samples, plan.settings.rate, augmentation, number)


def _first_pictures(recording: Recording, plan: RenderPlan, variant: int) -> Iterator[str]:
    """Existing first pictures of a recording, at all places where they can lie."""
    for path in paths.possible_first_paths(recording, variant=variant, digits=plan.digits):
        if os.path.exists(os.path.join(plan.dataset, path)):  # an eighth of the time of pathlib
            yield path


def _current_pictures(
    recording: Recording,
    plan: RenderPlan,
    sha256: str,
    variant: int,
    augmentation: Augmentation | None,
) -> Pictures:
    """Pictures of a variant, or none if one is missing, damaged or out of date."""
    expected = (plan.settings, sha256, variant, augmentation.text if augmentation else "")
    for first in _first_pictures(recording, plan, variant):
        source = _source(plan.dataset / first, expected)
        pictures = [(first, source)] if source else []
        while source and len(pictures) < source.clips:
            path = paths.picture_path(
                recording, len(pictures), source.clips, variant=variant, digits=plan.digits
            )
            next_source = _source(plan.dataset / path, expected)
            if next_source is None:
                break
            pictures.append((path, next_source))
        if source and len(pictures) == source.clips:
            return pictures
    return []


def _source(path: Path, expected: tuple[Settings, str, int, str]) -> PictureSource | None:
    """Source of a whole picture with these settings, bytes, variant and augmentation."""
    metadata = png.read(path)
    if metadata is None:
        return None
    settings, source = metadata
    actual = (settings, source.sha256, source.variant, source.augmentation)
    return source if actual == expected else None
