"""Results of a rendering: the pictures of one recording, and the counts of all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from render.png import PictureSource
from render.recording import LABELS, SPLITS

HEADER = ("split", "class", "recordings", "clips", "minutes")


@dataclass(frozen=True)
class Drawn:
    """A recording and its pictures.

    Attributes
    ----------
    recording : str
        Name of the recording.
    pictures : list of tuple of (str, PictureSource)
        Path below the images folder, with forward slashes, and source of each picture.
    fresh : bool
        Whether any of them was drawn now; False when all were up to date.
    warnings : tuple of str
        Of the recording's file, where it was read now.
    """

    recording: str
    pictures: list[tuple[str, PictureSource]]
    fresh: bool
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Summary:
    """Counts of a rendering.

    Attributes
    ----------
    counts : mapping
        Recordings, clips and minutes of sound by split and class, variants included.
    fresh, kept : int
        Recordings with new pictures, and those whose pictures were all up to date.
    failures : int
    removed : int
        Pictures deleted because their recording is gone, failed or has fewer clips.
    ignored : mapping of str to int
        Files by suffix that were not looked at.
    """

    counts: Mapping[tuple[str, str], tuple[int, int, float]]
    fresh: int
    kept: int
    failures: int
    removed: int
    ignored: Mapping[str, int]

    def rows(self) -> Iterator[tuple[str, str, int, int, float]]:
        """One row a split and class, under `HEADER`; minutes to one digit."""
        for split in SPLITS:
            for label in LABELS:
                recordings, clips, minutes = self.counts.get((split, label), (0, 0, 0.0))
                yield split, label, recordings, clips, round(minutes, 1)

    def table(self) -> str:
        """The counts as text."""
        lines = [f"{'split':<11}{'class':<6}{'recordings':>11}{'clips':>8}{'minutes':>9}"]
        lines += [
            f"{split:<11}{label:<6}{recordings:>11}{clips:>8}{minutes:>9.1f}"
            for split, label, recordings, clips, minutes in self.rows()
        ]
        lines.append(f"failures: {self.failures}   already drawn: {self.kept}")
        return "\n".join(lines)
