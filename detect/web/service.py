"""The detector behind the page: verdicts, drawings, explanations and sound of uploads.

An upload lies in a temporary folder only while it is worked on. One piece of work is done at a
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
from detect.duration import check_duration
from detect.explanation import explain_window
from detect.sources import printable
from detect.timeline import timeline
from detect.web.canvas import Canvas, rasterise, theme
from detect.web.playback import Excerpt, excerpt
from detect.web.threshold import Outcome
from detect.web.upload import Limits, Upload, saved
from render.console import one_line

_TIMELINE = (5.2, 6.2)  # inches: the letters can still be read when it is as wide as a phone
_PICTURE = (5.2, 4.4)


@dataclass(frozen=True, eq=False)
class ExplanationView:
    """An explanation of a verdict.

    Attributes
    ----------
    canvas : Canvas
        The picture, with what speaks for and against the positive class over it.
    sentence : str
        The measurement, without a full stop.
    """

    canvas: Canvas
    sentence: str


class DetectorService:
    """A run made ready for uploads; several threads may use it.

    Parameters
    ----------
    run : Run
    limits : Limits
    gate : threading.Lock
        Held during work; all services of a machine share one.

    Attributes
    ----------
    run : Run
    identity : str
        Folder and time of the training: differs after a new training.
    audio_error : str
        Why the run cannot judge recordings, only pictures; empty if it can.
    """

    def __init__(self, run: Run, limits: Limits, gate: threading.Lock) -> None:
        self.run, self.limits, self._gate = run, limits, gate
        changed = (run.folder / "run.json").stat().st_mtime_ns
        self.identity = f"{run.folder} {changed}"
        self._detector: Detector | None = None
        self.audio_error = ""
        try:
            self._detector = Detector(run, timeout_s=limits.timeout)
        except ValueError as error:
            self.audio_error = str(error)

    def judge(self, upload: Upload) -> Outcome:
        """Judge an upload; errors become a refusal.

        Returns
        -------
        outcome : Detection, Verdict or Refusal
            Its path is the upload's name, with unprintable characters escaped.
        """
        name = printable(upload.name)
        try:
            upload.check(self.limits)
            with self._saved(upload) as path:
                return self._outcome(upload, path, name)
        except (OSError, ValueError) as error:
            return Refusal(name, one_line(error))
        except Exception as error:  # strangers' files find bugs; the other uploads must go on
            traceback.print_exc(file=sys.stderr)
            kind = type(error).__name__
            return Refusal(name, f"an error of this program ({kind}); its log says more")

    def timeline(self, upload: Upload, detection: Detection, run: Run, *, dark: bool) -> Canvas:
        """Draw a recording and P(fake) over its time.

        Parameters
        ----------
        upload : Upload
        detection : Detection
            Of this upload.
        run : Run
            Gives the threshold and the uncertain band, see `detect.web.threshold`.
        dark : bool
            For a dark page.

        Returns
        -------
        canvas : Canvas
            Its panels show time.

        Raises
        ------
        ValueError
            If the recording cannot be read.
        """
        detector = copy.copy(self._audio_detector())
        detector.run = run
        with self._saved(upload) as path, theme(dark=dark):
            figure = timeline(detector, path, replace(detection, path=""))
            return rasterise(figure, duration_s=detection.duration_s, size=_TIMELINE)

    def picture(self, upload: Upload, *, dark: bool) -> Canvas:
        """Draw a picture with its axes.

        Raises
        ------
        ValueError, OSError
            If it is not a picture of the run's size and settings.
        """
        with self._saved(upload) as path, theme(dark=dark):
            figure = spectrogram(self._read(upload, path), self.run.axes)
            return rasterise(figure, size=_PICTURE)

    def explain(self, upload: Upload, outcome: Outcome, *, dark: bool) -> ExplanationView:
        """Explain the verdict on a picture, or on the most suspicious window of a recording.

        Parameters
        ----------
        upload : Upload
        outcome : Detection or Verdict
            Of this upload.
        dark : bool

        Raises
        ------
        ValueError, OSError
            If it cannot be explained.
        """
        with self._saved(upload) as path, theme(dark=dark):
            if isinstance(outcome, Detection):
                start = outcome.suspicious[0] if outcome.suspicious else None
                image, explanation = explain_window(self._audio_detector(), path, start)
            else:
                image = self._read(upload, path)
                explanation = explain(self.run, image)
            figure = draw(image, explanation, self.run.axes)
            return ExplanationView(rasterise(figure), explanation.sentence(self.run.axes))

    def excerpt(
        self, upload: Upload, detection: Detection, around_s: float | None = None
    ) -> Excerpt:
        """Make a WAV to listen to: the recording, or a part of a long one.

        Parameters
        ----------
        upload : Upload
        detection : Detection
            Of this upload.
        around_s : float, optional
            A time that has to be in it; default: the most suspicious.

        Raises
        ------
        ValueError
            If the recording cannot be read.
        """
        middle = sum(detection.suspicious) / 2 if detection.suspicious else 0.0
        middle = middle if around_s is None else around_s
        with self._saved(upload) as path:
            rate = self._audio_detector().settings.rate
            return excerpt(path, rate, middle, self.limits.timeout)

    @contextmanager
    def _saved(self, upload: Upload) -> Iterator[Path]:
        with self._gate, saved(upload) as path:
            yield path

    def _outcome(self, upload: Upload, path: Path, name: str) -> Outcome:
        if upload.picture:
            images = self._read(upload, path)[np.newaxis]
            return verdict(self.run, name, score_arrays(self.run, images))
        detector = self._audio_detector()
        check_duration(path, self.limits.seconds, self.limits.timeout)
        return detector.detect(path, name)

    def _read(self, upload: Upload, path: Path) -> np.ndarray:
        upload.check_size(self.run.shape)
        return read(path, self.run.shape, self.run.render_settings)

    def _audio_detector(self) -> Detector:
        if self._detector is None:
            raise ValueError(self.audio_error)
        return self._detector
