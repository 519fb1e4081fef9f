"""Timeline: waveform, spectrogram and P(fake) over the seconds of a recording.

But for the points of the windows, a figure of an hour is as large as one of a minute.
"""

import time
from pathlib import Path

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from classify.prediction.wording import UNCERTAIN, p_of
from classify.reports.plots import CLASSES, text
from classify.runs.run import Run
from detect.detection import Detection, Detector, Window
from detect.overview import Overview, overview
from detect.sources import printable
from render.decoding.audio import scan_audio

_RANGE = 80.0  # dB from black to white
_LONGEST_NAME = 80  # characters


def timeline(detector: Detector, path: Path, detection: Detection) -> Figure:
    """Draw a recording and P(fake) of its windows, in bounded memory.

    Parameters
    ----------
    detector : Detector
    path : Path
    detection : Detection
        Of this recording.

    Returns
    -------
    figure : Figure
        Waveform, spectrogram, and P(fake) at the middle of each window, with the threshold, the
        uncertain band, the segments and the most suspicious window. Gaps have no speech.

    Raises
    ------
    ValueError
        If the recording cannot be read.
    """
    rate = detector.settings.rate
    deadline = time.monotonic() + detector.timeout_s
    audio = scan_audio(path, rate, deadline, detection.channel)
    summary = overview(audio.blocks(), audio.length, rate)
    figure = Figure(figsize=(10, 6.4), layout="constrained")
    panels = figure.subplots(3, 1, sharex=True, height_ratios=(1, 2, 2))
    for panel in panels:  # before the legend is made
        _segments(panel, detection)
        _most_suspicious(panel, detection)
    _waveform(panels[0], summary)
    _spectrogram(panels[1], summary, rate)
    _probabilities(panels[2], detector, detection)
    panels[2].set(xlim=(0, summary.seconds), xlabel="s")
    figure.suptitle(_caption(detector.run, detection), parse_math=False, fontsize=11)
    return figure


def _segments(panel: Axes, detection: Detection) -> None:
    for at, segment in enumerate(detection.segments):
        span = (segment.start_s, segment.end_s)
        label = "_" if at else "segment"  # once in the legend
        panel.axvspan(*span, color=CLASSES[1], alpha=0.2, lw=0, label=label)


def _most_suspicious(panel: Axes, detection: Detection) -> None:
    for at, edge in enumerate(detection.suspicious or ()):
        label = "_" if at else "most suspicious"
        panel.axvline(edge, color=CLASSES[1], linestyle="--", linewidth=1, label=label)


def _waveform(panel: Axes, summary: Overview) -> None:
    edges, ink = (summary.lowest, summary.highest), rcParams["text.color"]
    panel.fill_between(_middles(summary), *edges, color=ink, linewidth=0.4)
    peak = max(-float(summary.lowest.min()), float(summary.highest.max()), 1e-4)
    panel.set(ylabel="amplitude", ylim=(-1.05 * peak, 1.05 * peak))
    panel.margins(x=0)


def _spectrogram(panel: Axes, summary: Overview, rate: int) -> None:
    loudest = max(float(summary.level.max()), -100.0)
    panel.imshow(
        summary.level,
        origin="lower",
        extent=(0, summary.seconds, 0, rate / 2),
        aspect="auto",
        cmap="gray",
        vmin=loudest - _RANGE,
        vmax=loudest,
    )
    panel.set(ylabel="Hz")


def _probabilities(panel: Axes, detector: Detector, detection: Detection) -> None:
    run, settings = detection.judge(detector.run), detector.settings
    probability = p_of(text(run.classes[1]))
    panel.axhspan(*run.uncertain, color="grey", alpha=0.25, lw=0, label=UNCERTAIN)
    panel.axhline(
        run.threshold, color=rcParams["text.color"], linewidth=1, linestyle=":", label="threshold"
    )
    middle, p = _with_gaps(detection.windows, 1.5 * settings.clip_step / settings.rate)
    panel.plot(middle, p, ".-", color=CLASSES[1], linewidth=1, label=probability)
    if detection.p_fake is None:
        panel.text(0.5, 0.5, "no speech found", transform=panel.transAxes, ha="center", va="center")
    panel.set(ylabel=probability, ylim=(-0.03, 1.03))
    panel.grid(alpha=0.3)
    panel.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)


def _with_gaps(windows: tuple[Window, ...], gap: float) -> tuple[np.ndarray, np.ndarray]:
    """Middles of the windows and P, with NaN where starts are more than `gap` s apart.

    Examples
    --------
    >>> windows = tuple(Window(start, 2.0, 0.5, 0.0) for start in (0.0, 1.0, 5.0))
    >>> _with_gaps(windows, 1.5)[0].tolist()
    [1.0, 2.0, nan, 6.0]
    """
    middle = np.array([window.start_s + window.duration_s / 2 for window in windows])
    p = np.array([window.p_fake for window in windows])
    start = np.array([window.start_s for window in windows])
    breaks = 1 + np.flatnonzero(np.diff(start) > gap)
    return np.insert(middle, breaks, np.nan), np.insert(p, breaks, np.nan)


def _middles(summary: Overview) -> np.ndarray:
    count = len(summary.lowest)
    return (np.arange(count) + 0.5) * summary.seconds / count


def _caption(run: Run, detection: Detection) -> str:
    name = printable(detection.title)
    if len(name) > _LONGEST_NAME:
        name = f"…{name[1 - _LONGEST_NAME :]}"
    if detection.p_fake is None:
        return f"{name}: {detection.label}"
    return f"{name}: {detection.label}, {p_of(run.classes[1])} {detection.p_fake:.3f}"
