"""What the page asks of a run: verdicts on uploads, and what there is to see and to hear of them.

Every upload lies in a temporary folder only while it is worked on. One piece of work is done at a
time, however many people ask: a second one would only make both slower.
"""

import copy
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from classify.data.pictures import read
from classify.explanations.explanation import explain
from classify.prediction.inference import score_arrays
from classify.prediction.verdicts import Refusal, verdict
from classify.reports.explanation_plot import draw
from classify.reports.plots import spectrogram
from classify.runs.run import Run
from detect.detection import Detection, Detector
from detect.explanation import explain_window
from detect.sources import printable
from detect.timeline import timeline
from detect.web.canvas import Canvas, rasterise
from detect.web.playback import Excerpt, excerpt
from detect.web.threshold import Outcome
from detect.web.upload import Limits, Upload, check_duration, saved

_TIMELINE = (5.2, 6.2)  # inches: the letters can still be read when it is as wide as a phone
_PICTURE = (5.2, 4.4)


@dataclass(frozen=True, eq=False)
class ExplanationView:
    """Why an upload was judged as it was.

    Attributes
    ----------
    sheet : Canvas
        The picture, and over it what speaks for and against.
    sentence : str
        What was measured, without a full stop.
    """

    sheet: Canvas
    sentence: str


class DetectorService:
    """A run made ready for uploads; several threads may use it.

    Parameters
    ----------
    run : Run
    limits : Limits
    gate : threading.Lock
        Held while there is work; share it among all that share a machine.

    Attributes
    ----------
    run : Run
    identity : str
        The same only for the same run in the same state.
    deaf : str
        Why the run cannot judge recordings, only pictures; empty if it can.
    """

    def __init__(self, run: Run, limits: Limits, gate: threading.Lock) -> None:
        self.run, self.limits, self._gate = run, limits, gate
        changed = (run.folder / "run.json").stat().st_mtime_ns
        self.identity = f"{run.folder} {changed}"
        self._detector: Detector | None = None
        self.deaf = ""
        try:
            self._detector = Detector(run, limit_s=limits.patience)
        except ValueError as error:
            self.deaf = str(error)

    def inspect(self, upload: Upload) -> Outcome:
        """Judge an upload; whatever is wrong with it, there is an answer.

        Parameters
        ----------
        upload : Upload

        Returns
        -------
        outcome : Detection, Verdict or Refusal
            Its path is the upload's name, with what cannot be printed written out.
        """
        name = printable(upload.name)
        try:
            upload.check(self.limits)
            with self._at_work(upload) as path:
                return self._judge(upload, path, name)
        except (OSError, ValueError) as error:
            return Refusal(name, " ".join(str(error).split()))
        except Exception as error:  # strangers' files find bugs; the other uploads must go on
            traceback.print_exc(file=sys.stderr)
            kind = type(error).__name__
            return Refusal(name, f"an error of this program ({kind}), written down in its log")

    def timeline(self, upload: Upload, detection: Detection, run: Run, *, dark: bool) -> Canvas:
        """Draw a recording and P(fake) over its time.

        Parameters
        ----------
        upload : Upload
        detection : Detection
            Of this upload.
        run : Run
            Whose threshold and uncertain band are drawn, see `detect.web.threshold.with_threshold`.
        dark : bool
            For a dark page.

        Returns
        -------
        sheet : Canvas
            Its panels show time.

        Raises
        ------
        ValueError
            If the recording cannot be read.
        """
        shown = copy.copy(self._hearing())
        shown.run = run
        with self._at_work(upload) as path:
            figure = timeline(shown, path, replace(detection, path=""))
            return rasterise(figure, dark=dark, duration_s=detection.duration_s, size=_TIMELINE)

    def picture(self, upload: Upload, *, dark: bool) -> Canvas:
        """Draw a picture with its axes.

        Parameters
        ----------
        upload : Upload
        dark : bool

        Returns
        -------
        sheet : Canvas

        Raises
        ------
        ValueError, OSError
            If it is not such a picture.
        """
        with self._at_work(upload) as path:
            figure = spectrogram(self._read(upload, path), self.run.axes)
            return rasterise(figure, dark=dark, size=_PICTURE)

    def explain(self, upload: Upload, outcome: Outcome, *, dark: bool) -> ExplanationView:
        """Say why an upload was judged as it was: of a recording, its most suspicious window.

        Parameters
        ----------
        upload : Upload
        outcome : Detection or Verdict
            Of this upload.
        dark : bool

        Returns
        -------
        reason : ExplanationView

        Raises
        ------
        ValueError, OSError
            If it cannot be explained.
        """
        with self._at_work(upload) as path:
            if isinstance(outcome, Detection):
                start = outcome.suspicious[0] if outcome.suspicious else None
                image, found = explain_window(self._hearing(), path, start)
            else:
                image = self._read(upload, path)
                found = explain(self.run, image)
            figure = draw(image, found, self.run.axes)
            return ExplanationView(rasterise(figure, dark=dark), found.sentence(self.run.axes))

    def listen(self, upload: Upload, detection: Detection) -> Excerpt:
        """Cut out what is to be heard: all, or what lies around the most suspicious moment.

        Parameters
        ----------
        upload : Upload
        detection : Detection
            Of this upload.

        Returns
        -------
        excerpt : Excerpt

        Raises
        ------
        ValueError
            If the recording cannot be read.
        """
        middle = sum(detection.suspicious) / 2 if detection.suspicious else 0.0
        with self._at_work(upload) as path:
            rate = self._hearing().settings.rate
            return excerpt(path, rate, middle, self.limits.patience)

    @contextmanager
    def _at_work(self, upload: Upload) -> Iterator[Path]:
        with self._gate, saved(upload) as path:
            yield path

    def _judge(self, upload: Upload, path: Path, name: str) -> Outcome:
        if upload.picture:
            return verdict(
                self.run, name, score_arrays(self.run, self._read(upload, path)[np.newaxis])
            )
        detector = self._hearing()
        check_duration(path, self.limits)
        return detector.detect(path, name)

    def _read(self, upload: Upload, path: Path) -> np.ndarray:
        upload.check_size(self.run.shape)
        return read(path, self.run.shape, self.run.drawing)

    def _hearing(self) -> Detector:
        if self._detector is None:
            raise ValueError(self.deaf)
        return self._detector
