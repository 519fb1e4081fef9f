"""Which copies of which recordings there are to be, and where they lie.

A copy lies under the path of its original, with folders that say ``real`` saying ``fake``, and is
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
    """Which copies are to be made.

    Attributes
    ----------
    methods : tuple of str
        Names of vocoders.
    copies : int
        How many of them each recording is put through.
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
    """One copy that is to be there.

    Attributes
    ----------
    original : Recording
    path : Path
        The copy's file.
    method : str
    seed : str
        Decides how it sounds.
    """

    original: Recording
    path: Path
    method: str
    seed: str


def tasks(
    recordings: Iterable[Recording], real: Path, fake: Path, corpus: Corpus, wish: CopyOptions
) -> Iterator[CopyJob]:
    """Pair recordings with methods.

    Parameters
    ----------
    recordings : iterable of Recording
        Those that are fake, or of a split that is not wished for, get no copy.
    real, fake : Path
        Folders of the originals and of the copies.
    corpus : Corpus
        Where these lie.
    wish : CopyOptions

    Yields
    ------
    task : CopyJob

    Raises
    ------
    ValueError
        If the folders that a copy would be in call it real, or of another split.
    """
    for recording in recordings:
        if recording.label == "real" and recording.split in ("", *wish.splits):
            folder = _folder(recording, real, corpus)
            _refuse_contradiction(recording, f"{corpus.copies}/{folder}", fake)
            for method in methods(recording.name, wish):
                seed = f"{method}/{wish.seed}/{recording.name}"
                yield CopyJob(
                    recording, fake / folder / _file(recording, method, seed), method, seed
                )


def methods(name: str, wish: CopyOptions) -> list[str]:
    """Choose the methods that a recording is put through.

    The family comes first, classic or neural, for there are many classic methods and few neural
    ones, and then the method; of several copies, each is of another family, as long as there are
    any. Every family and method has a rank by its hash with the recording's name, so that another
    method, or one less, changes the choice for no more recordings than it must (rendezvous hashing:
    Thaler and Ravishankar, 1998).

    Parameters
    ----------
    name : str
    wish : CopyOptions

    Returns
    -------
    methods : list of str

    Examples
    --------
    >>> methods("a.wav", CopyOptions(methods=("world", "zero_phase"), copies=2, seed=3))
    ['world', 'zero_phase']
    """

    def rank(choice: str) -> str:
        return splits.digest(f"{wish.seed}/{choice}/{name}")

    families: dict[str, list[str]] = {}
    for method in sorted(wish.methods, key=rank):
        families.setdefault(registry.vocoder_type(method), []).append(method)
    turns = zip_longest(*(families[one] for one in sorted(families, key=rank)))
    chosen = [method for turn in turns for method in turn if method is not None]
    return chosen[: wish.copies]


def _folder(recording: Recording, real: Path, corpus: Corpus) -> str:
    """Where a copy lies below the folder of copies, whose place says fake or whose folders do."""
    parts = recording.path.relative_to(real).parent.parts
    parts = tuple("fake" if part.lower() in LABELS["real"] else part for part in parts)
    words = {part.lower() for part in (*corpus.copies.split("/"), *parts)}
    return "/".join(parts if words & set(LABELS["fake"]) else ("fake", *parts))


def _file(recording: Recording, method: str, seed: str) -> str:
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
