"""What a rendering came to: which pictures every recording has, and what failed."""

from dataclasses import dataclass

from render.layout import LABELS, SPLITS, Failure, Recording
from render.picture import Origin


@dataclass(frozen=True)
class Drawn:
    """A recording and the pictures it has.

    Attributes
    ----------
    recording : Recording
    pictures : list of tuple of (str, Origin)
        Path below the images folder, with forward slashes, and origin of each picture.
    fresh : bool
        Whether they were drawn now; False when they were there already.
    """

    recording: Recording
    pictures: list[tuple[str, Origin]]
    fresh: bool


@dataclass(frozen=True)
class Summary:
    """What a rendering came to.

    Attributes
    ----------
    drawn : list of Drawn
        Sorted by the path of their pictures.
    failures : list of Failure
        Sorted by recording.
    removed : int
        Pictures deleted because their recording is gone, failed or has fewer clips now.
    ignored : dict of str to int
        Files by suffix that were not looked at.
    """

    drawn: list[Drawn]
    failures: list[Failure]
    removed: int
    ignored: dict[str, int]

    def table(self) -> str:
        """Recordings, clips and minutes of sound per split and class, as text."""
        lines = [f"{'split':<11}{'class':<6}{'recordings':>11}{'clips':>8}{'minutes':>9}"]
        for split in SPLITS:
            for label in LABELS:
                own = [
                    drawn.pictures
                    for drawn in self.drawn
                    if (drawn.recording.split, drawn.recording.label) == (split, label)
                ]
                origins = [origin for pictures in own for _, origin in pictures]
                minutes = sum(origin.duration_s for origin in origins) / 60
                lines.append(f"{split:<11}{label:<6}{len(own):>11}{len(origins):>8}{minutes:>9.1f}")
        kept = sum(not drawn.fresh for drawn in self.drawn)
        lines.append(f"failures: {len(self.failures)}   already drawn: {kept}")
        return "\n".join(lines)
