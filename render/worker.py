"""One recording in, its pictures out, unless they are there already."""

import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from render import paths, png
from render.augmentation import noise as noises
from render.augmentation.variants import Recipe, apply, recipe
from render.clips import Clip, split_into_clips
from render.decoding.audio import Audio, scan_audio
from render.png import PictureSource
from render.recording import Failure, Recording
from render.settings import Settings
from render.spectrogram import draw
from render.summary import Drawn


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
        Variants of the sound that are drawn of every training recording besides itself.
    noise : Path or None
        Folder of recordings that variants may have in the background.
    limit : float
        Seconds that a recording may take.
    """

    dataset: Path
    settings: Settings
    digits: int = 0
    variants: int = 0
    noise: Path | None = None
    limit: float = 900.0

    def __post_init__(self) -> None:
        if self.variants < 0:
            raise ValueError(f"expected 0 variants or more, got {self.variants}")
        if not self.limit > 0:
            raise ValueError(f"expected a limit above 0 s, got {self.limit:g}")
        if self.noise:
            noises.files(self.noise)  # a folder without recordings is refused here, once

    def recipes(self, recording: Recording) -> dict[int, Recipe | None]:
        """What is done to the sound, by number of the variant; 0 is the recording as it is."""
        count = self.variants if recording.split == "train" else 0
        return {0: None} | {
            number: recipe(recording.name, number, self.noise) for number in range(1, count + 1)
        }


def up_to_date(recording: Recording, plan: RenderPlan) -> Drawn | None:
    """Find the pictures of a recording, if all of them are there, whole and up to date.

    Parameters
    ----------
    recording : Recording
    plan : RenderPlan

    Returns
    -------
    drawn : Drawn or None
    """
    recipes = plan.recipes(recording)
    if not all(any(_firsts(recording, plan, number)) for number in recipes):
        return None  # and the recording need not be read to know it
    try:
        source = _digest(recording.path)
    except OSError:
        return None  # drawing it says why
    found: list[tuple[str, PictureSource]] = []
    for number, how in recipes.items():
        pictures = _kept(recording, plan, source, number, how)
        if not pictures:
            return None
        found += pictures
    return Drawn(recording.name, found, fresh=False)


def render_recording(recording: Recording, plan: RenderPlan) -> Drawn | Failure:
    """Draw what is missing of one recording and its variants.

    Parameters
    ----------
    recording : Recording
    plan : RenderPlan

    Returns
    -------
    result : Drawn or Failure

    Raises
    ------
    WriteError
        If a picture cannot be written.
    """
    try:
        source = _digest(recording.path)
        deadline = time.monotonic() + plan.limit
        sound = scan_audio(recording.path, plan.settings.rate, deadline)
        return Drawn(recording.name, _draw(recording, plan, source, sound, deadline), fresh=True)
    except png.WriteError:
        raise
    except (OSError, ValueError) as error:
        return Failure(recording.name, " ".join(str(error).split()))


def _digest(path: Path) -> str:
    if not path.is_file():  # a pipe would be waited for
        kind = "something else" if path.exists() else "a link or name that leads nowhere"
        raise ValueError(f"expected a file, got {kind}")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _draw(
    recording: Recording, plan: RenderPlan, source: str, sound: Audio, deadline: float
) -> list[tuple[str, PictureSource]]:
    pictures: list[tuple[str, PictureSource]] = []
    missing: dict[int, Recipe | None] = {}
    for number, how in plan.recipes(recording).items():
        kept = _kept(recording, plan, source, number, how)
        pictures += kept
        if not kept:
            missing[number] = how
    cuts = split_into_clips(sound, plan.settings)
    for clip_number, clip in enumerate(cuts):
        if time.monotonic() > deadline:
            raise ValueError(
                f"expected a recording that is drawn in {plan.limit:g} s, got {clip_number} of its "
                f"{len(cuts)} clips by then"
            )
        for number, how in missing.items():
            origin = PictureSource(
                recording=recording.name,
                source=source,
                clip=clip_number,
                clips=len(cuts),
                start_s=round(clip.start, 4),
                duration_s=round(clip.duration, 4),
                original=sound.original,
                variant=number,
                recipe=how.text if how else "",
            )
            path = _path(recording, plan, origin)
            image = draw(_vary(clip, clip_number, how, plan), plan.settings)
            png.write(plan.dataset / path, image, plan.settings, origin)
            pictures.append((path, origin))
    return pictures


def _vary(clip: Clip, number: int, how: Recipe | None, plan: RenderPlan) -> np.ndarray:
    if how is None:
        return clip.samples
    return apply(clip.samples, plan.settings.rate, how, number)


def _path(recording: Recording, plan: RenderPlan, origin: PictureSource) -> str:
    return paths.picture_path(
        recording, origin.clip, origin.clips, variant=origin.variant, digits=plan.digits
    )


def _firsts(recording: Recording, plan: RenderPlan, variant: int) -> Iterator[str]:
    """The first picture of a recording, wherever it can lie."""
    for each in paths.possible_first_paths(recording, variant=variant, digits=plan.digits):
        if os.path.exists(os.path.join(plan.dataset, each)):  # an eighth of what pathlib costs
            yield each


def _kept(
    recording: Recording, plan: RenderPlan, source: str, number: int, how: Recipe | None
) -> list[tuple[str, PictureSource]]:
    """The pictures of a variant, or none if one is missing, damaged or out of date."""
    expected = (plan.settings, source, number, how.text if how else "")
    for first in _firsts(recording, plan, number):
        origin = _origin(plan.dataset / first, expected)
        found = [(first, origin)] if origin else []
        while origin and len(found) < origin.clips:
            path = paths.picture_path(
                recording, len(found), origin.clips, variant=number, digits=plan.digits
            )
            another = _origin(plan.dataset / path, expected)
            if another is None:
                break
            found.append((path, another))
        if origin and len(found) == origin.clips:
            return found
    return []


def _origin(path: Path, expected: tuple[Settings, str, int, str]) -> PictureSource | None:
    """What a picture comes from, if it is whole, of these settings, bytes, variant and recipe."""
    described = png.read(path)
    if described is None:
        return None
    settings, origin = described
    known = (settings, origin.source, origin.variant, origin.recipe)
    return origin if known == expected else None
