"""Plan of the copies: which recordings are copied by which vocoders, and to which files.

A copy has the path of its original below the other folder, with ``fake`` for ``real``, and is
called ``STEM-METHOD-HEX`` with its original's suffix, or ``.flac`` where that format cannot be
written. A recording's path, the method and the seed decide by which methods it is copied, and how
the copies sound.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from render import splits
from render.copysynthesis import audio_format
from render.copysynthesis.corpus import Corpus
from render.layouts import labels
from render.recording import LABELS, SPLITS, Recording
from render.vocoders import registry


@dataclass(frozen=True, kw_only=True)
class CopyOptions:
    """Settings of a copy-synthesis.

    Attributes
    ----------
    methods : tuple of str
        Names of vocoders.
    copies : int
        Copies of each recording, each by another vocoder.
    seed : int
        0 or more.
    splits : tuple of str
        Splits whose recordings are copied; a dataset without splits is copied whole.
    """

    methods: tuple[str, ...] = registry.OURS
    copies: int = 1
    seed: int = 0
    splits: tuple[str, ...] = ("train",)

    def __post_init__(self) -> None:
        if not 1 <= self.copies <= len(self.methods):
            raise ValueError(
                f"expected 1 to {len(self.methods)} copies, one a method, got {self.copies}"
            )
        if self.seed < 0:
            raise ValueError(f"expected a seed of 0 or more, got {self.seed}")
        if not self.splits or set(self.splits) - set(SPLITS):
            got = ", ".join(self.splits) or "none"
            raise ValueError(f"expected splits among {', '.join(SPLITS)}, got {got}")


class CopyJob(NamedTuple):
    """One copy to make.

    Attributes
    ----------
    source : Recording
    path : Path
        The copy's file.
    method : str
    seed : str
        Seed of the copy's random numbers.
    """

    source: Recording
    path: Path
    method: str
    seed: str


def plan_copies(
    recordings: Iterable[Recording], real: Path, fake: Path, corpus: Corpus, options: CopyOptions
) -> Iterator[CopyJob]:
    """Pair recordings with vocoders.

    Parameters
    ----------
    recordings : iterable of Recording
        Fake ones, and those of splits outside the options, get no copy.
    real, fake : Path
        Folders of the originals and of the copies.
    corpus : Corpus
        The folder that holds both.
    options : CopyOptions

    Yields
    ------
    job : CopyJob

    Raises
    ------
    ValueError
        If the folders of a copy would give it the class real, or another split.
    """
    for recording in recordings:
        if recording.label == "real" and recording.split in ("", *options.splits):
            folder = _folder(recording, real, corpus)
            _refuse_contradiction(recording, f"{corpus.copies}/{folder}", fake)
            for method in choose_methods(recording.name, options):
                seed = f"{method}/{options.seed}/{recording.name}"
                yield CopyJob(
                    recording, fake / folder / _file_name(recording, method, seed), method, seed
                )


def choose_methods(name: str, options: CopyOptions) -> list[str]:
    """Choose the vocoders of a recording's copies.

    The type is drawn first, classic or neural, because there are many classic vocoders and few
    neural ones; then the vocoder of that type. Several copies alternate between the types. Types
    and vocoders are ranked by their hash with the recording's name. So a vocoder more or less
    changes the choice for as few recordings as possible (rendezvous hashing: Thaler and
    Ravishankar, 1998).

    Parameters
    ----------
    name : str
        Of the recording.
    options : CopyOptions

    Examples
    --------
    >>> choose_methods("a.wav", CopyOptions(methods=("world", "zero_phase"), copies=2, seed=3))
    ['world', 'zero_phase']
    """

    def rank(choice: str) -> str:
        return splits.digest(f"{options.seed}/{choice}/{name}")

    by_type: dict[str, list[str]] = {}
    for method in sorted(options.methods, key=rank):
        by_type.setdefault(registry.vocoder_type(method), []).append(method)
    rounds = zip_longest(*(by_type[name] for name in sorted(by_type, key=rank)))
    ranked = [method for methods in rounds for method in methods if method is not None]
    return ranked[: options.copies]


def _folder(recording: Recording, real: Path, corpus: Corpus) -> str:
    """Folder of a copy below the folder of copies; one of the folders on its path says fake."""
    parts = recording.path.relative_to(real).parent.parts
    parts = tuple("fake" if part.lower() in LABELS["real"] else part for part in parts)
    words = {part.lower() for part in (*corpus.copies.split("/"), *parts)}
    return "/".join(parts if words & set(LABELS["fake"]) else ("fake", *parts))


def _file_name(recording: Recording, method: str, seed: str) -> str:
    readable = recording.stem.rpartition("-")[0]
    suffix = recording.path.suffix
    if suffix.lower() not in audio_format.SUFFIXES:
        suffix = audio_format.FALLBACK_SUFFIX
    return f"{readable}-{method}-{splits.digest(seed)[:8]}{suffix}"


def _refuse_contradiction(recording: Recording, folder: str, fake: Path) -> None:
    words = folder.split("/")
    label, split = labels.parse_label(words), labels.parse_split(words, recording.split)
    if (label, split) != ("fake", recording.split):
        raise ValueError(
            f"expected a folder for copies of {recording.split or 'no split'}, "
            f"got {fake}, where they would be {split} {label}"
        )
