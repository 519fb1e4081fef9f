"""PNG files of timelines and explanations, beside the verdicts."""

import io
import os
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from classify.files import atomic_write
from detect.detection import Detection, Detector
from detect.sources import Source
from render.layouts import walk

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TIMELINE, EXPLANATION = "timeline", "explanation"
_LONGEST = 200  # bytes of a recording's name that are part of a figure's; file systems take 255
_PNG = b"\x89PNG\r\n\x1a\n"
# Suffixes of a name that is meant for a file, and not for a folder.
_OTHER_FILES = walk.SUFFIXES | frozenset(
    ".avif .bmp .eps .gif .heic .jpeg .jpg .pdf .ppm .ps .svg .svgz .tif .tiff .webp"
    " .csv .html .json .txt".split()
)


@dataclass
class FigureWriter:
    """Writer of the figures that the command line asks for.

    Attributes
    ----------
    detector : Detector
    targets : dict of str to Path
        File or folder, by ``"timeline"`` and ``"explanation"``.
    single : bool
        Whether there is only one recording, which may have a file as target.
    """

    detector: Detector
    targets: dict[str, Path]
    single: bool
    _taken: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        for kind, target in self.targets.items():
            self._check(kind, target)
        files = {target.resolve() for target in self.targets.values() if _is_file(target)}
        if files and len(files) < len(self.targets):
            raise ValueError(
                f"expected a file each for {' and '.join(self.targets)}, got {files.pop()} for both"
            )

    def _check(self, kind: str, target: Path) -> None:
        """Refuse a target before any work."""
        if _is_file(target):
            if not self.single:
                raise ValueError(
                    f"expected a folder for each {kind} of several recordings, got {target}"
                )
            if target.exists() and not _is_png(target):
                raise ValueError(
                    f"expected a new file or a PNG to replace for the {kind}, got {target}"
                )
        elif not target.is_dir() and (target.exists() or target.suffix.lower() in _OTHER_FILES):
            raise ValueError(
                f"expected a folder or a file that ends in .png for the {kind}, got {target}"
            )

    def draw(self, source: Source, detection: Detection) -> str | None:
        """Write the figures of a recording.

        Parameters
        ----------
        source : Source
        detection : Detection
            Of this recording.

        Returns
        -------
        sentence : str or None
            The explanation in words, if there is to be one and speech was found.

        Raises
        ------
        ValueError, OSError
            If a figure cannot be drawn or written.
        """
        if not self.targets:
            return None
        from matplotlib import rc_context, rcParamsDefault

        with rc_context(rcParamsDefault):  # whatever a matplotlibrc says
            return self._draw(source, detection)

    def _draw(self, source: Source, detection: Detection) -> str | None:
        if TIMELINE in self.targets:
            from detect.timeline import timeline

            self._write(TIMELINE, source, timeline(self.detector, source.path, detection))
        if EXPLANATION not in self.targets or detection.suspicious is None:
            return None
        from classify.reports import explanation_plot
        from detect.explanation import explain_window

        start = detection.suspicious[0]
        image, explanation = explain_window(
            self.detector, source.path, start, channel=detection.channel
        )
        axes = self.detector.run.axes
        self._write(EXPLANATION, source, explanation_plot.draw(image, explanation, axes))
        return f"{start:.1f} s: {explanation.sentence(axes)}"

    def _write(self, kind: str, source: Source, figure: "Figure") -> None:
        data = io.BytesIO()
        with warnings.catch_warnings():
            # A name in a script that the font lacks is drawn as boxes.
            warnings.filterwarnings("ignore", "Glyph .* missing from font")
            figure.savefig(data, format="png", dpi=120)
        path = self._path(kind, source)
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, data.getvalue())

    def _path(self, kind: str, source: Source) -> Path:
        target = self.targets[kind]
        if _is_file(target):
            return target
        folder, separator, name = source.below.rpartition("/")
        if len(os.fsencode(name)) > _LONGEST:
            name = os.fsencode(name)[:_LONGEST].decode(errors="ignore")
        below = f"{folder}{separator}{name}"
        path = target / f"{below}.{kind}.png"
        number = 1
        while path in self._taken:  # recordings of one name in two folders, or of one beginning
            number += 1
            path = target / f"{below}-{number}.{kind}.png"
        self._taken.add(path)
        return path


def _is_file(target: Path) -> bool:
    return target.suffix.lower() == ".png" and not target.is_dir()


def _is_png(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_PNG)) == _PNG
