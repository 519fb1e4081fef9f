"""A recording of a dataset, with split, label and the dataset's own metadata."""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from render import splits

SPLITS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing", "eval"),
}
LABELS = {
    "real": ("real", "bonafide", "bona-fide", "bona_fide", "bona fide", "genuine", "human"),
    "fake": ("fake", "spoof", "generated", "synthetic", "deepfake"),
}
MORE_LABELS = {  # words that also name other things, and count where none of the above does
    "real": ("original", "natural", "authentic"),
    "fake": ("ai", "attack", "cloned", "spoofed", "synthesized", "synthesised"),
}


@dataclass(frozen=True, slots=True)
class Recording:
    """One audio file and its entry in the dataset.

    Attributes
    ----------
    path : Path
        The file.
    name : str
        Path below the audio folder, with forward slashes: the recording's identity.
    split, label : str
        ``"train"``, ``"validation"`` or ``"test"``, or empty where the dataset has no splits;
        ``"real"`` or ``"fake"``.
    metadata : dict
        The dataset's further columns.
    """

    path: Path
    name: str
    split: str
    label: str
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """Beginning of the recording's picture names: readable and unique.

        Examples
        --------
        >>> Recording(Path("b/x y.wav"), "b/x y.wav", "train", "real").stem
        'x_y-a8fa08acdd4b'
        """
        return _stem(self.name)


@lru_cache(maxsize=1_024)
def _stem(name: str) -> str:
    readable = "".join(c if c.isalnum() or c in "-_." else "_" for c in Path(name).stem)
    short = readable.encode()[:120].decode(errors="ignore").lstrip(".") or "_"
    return f"{short}-{splits.digest(name)[:12]}"


@dataclass(frozen=True, slots=True)
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
