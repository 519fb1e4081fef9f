"""P(fake) over the time of a recording, below what it sounds and looks like.

The three panels share their axis, in s of the recording. The figure has as many points for an hour
as for a minute, but for those of the windows.
"""

import time
from pathlib import Path

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from classify.reports.plots import CLASSES, text
from classify.runs.run import Run
from detect.detection import Detection, Detector, Window
from detect.overview import Overview, overview
from detect.sources import printable
from render.decoding.audio import scan_audio

_RANGE = 80.0  # dB from black to white
_LONGEST = 80  # letters of a name


def timeline(detector: Detector, path: Path, detection: Detection) -> Figure:
    """Draw a recording and what was said of its windows, in bounded memory.

    Parameters
    ----------
    detector : Detector
    path : Path
    detection : Detection
        Of this recording.

    Returns
    -------
    figure : Figure
        Waveform, spectrogram, and P(fake) at the middle of each window with the threshold, the
        uncertain band and the most suspicious window; gaps are where no speech was found.

    Raises
    ------
    ValueError
        If the recording cannot be read.
    """
    rate = detector.settings.rate
    sound = scan_audio(path, rate, time.monotonic() + detector.limit_s)
    seen = overview(sound.blocks(), sound.length, rate)
    figure = Figure(figsize=(10, 6.4), layout="constrained")
    panels = figure.subplots(3, 1, sharex=True, height_ratios=(1, 2, 2))
    _waveform(panels[0], seen)
    _spectrogram(panels[1], seen, rate)
    _chances(panels[2], detector, detection)
    for panel in panels:
        for edge in detection.suspicious or ():
            panel.axvline(edge, color=CLASSES[1], linestyle="--", linewidth=1)
    panels[2].set(xlim=(0, seen.seconds), xlabel="s")
    figure.suptitle(_caption(detector.run, detection), parse_math=False, fontsize=11)
    return figure


def _waveform(panel: Axes, seen: Overview) -> None:
    panel.fill_between(
        _middles(seen), seen.lowest, seen.highest, color=rcParams["text.color"], linewidth=0.4
    )
    most = max(-float(seen.lowest.min()), float(seen.highest.max()), 1e-4)
    panel.set(ylabel="amplitude", ylim=(-1.05 * most, 1.05 * most))
    panel.margins(x=0)


def _spectrogram(panel: Axes, seen: Overview, rate: int) -> None:
    loudest = max(float(seen.level.max()), -100.0)
    panel.imshow(
        seen.level,
        origin="lower",
        extent=(0, seen.seconds, 0, rate / 2),
        aspect="auto",
        cmap="gray",
        vmin=loudest - _RANGE,
        vmax=loudest,
    )
    panel.set(ylabel="Hz")


def _chances(panel: Axes, detector: Detector, detection: Detection) -> None:
    run, settings = detector.run, detector.settings
    name = text(run.classes[1])
    panel.axhspan(*run.uncertain, color="grey", alpha=0.25, lw=0, label="uncertain")
    panel.axhline(
        run.threshold, color=rcParams["text.color"], linewidth=1, linestyle=":", label="threshold"
    )
    middle, chance = _broken(detection.windows, 1.5 * settings.clip_step / settings.rate)
    panel.plot(middle, chance, ".-", color=CLASSES[1], linewidth=1, label=f"P({name})")
    if detection.p_fake is None:
        panel.text(0.5, 0.5, "no speech found", transform=panel.transAxes, ha="center", va="center")
    panel.set(ylabel=f"P({name})", ylim=(-0.03, 1.03))
    panel.grid(alpha=0.3)
    panel.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)


def _broken(windows: tuple[Window, ...], gap: float) -> tuple[np.ndarray, np.ndarray]:
    """Middles of the windows and their chances, with NaN wherever more than `gap` s lie between.

    Examples
    --------
    >>> windows = tuple(Window(start, 2.0, 0.5, 0.0) for start in (0.0, 1.0, 5.0))
    >>> _broken(windows, 1.5)[0].tolist()
    [1.0, 2.0, nan, 6.0]
    """
    middle = np.array([window.start_s + window.duration_s / 2 for window in windows])
    chance = np.array([window.p_fake for window in windows])
    start = np.array([window.start_s for window in windows])
    breaks = 1 + np.flatnonzero(np.diff(start) > gap)
    return np.insert(middle, breaks, np.nan), np.insert(chance, breaks, np.nan)


def _middles(seen: Overview) -> np.ndarray:
    count = len(seen.lowest)
    return (np.arange(count) + 0.5) * seen.seconds / count


def _caption(run: Run, detection: Detection) -> str:
    name = printable(detection.path)
    if len(name) > _LONGEST:
        name = f"…{name[1 - _LONGEST :]}"
    if detection.p_fake is None:
        return f"{name}: {detection.label}"
    return f"{name}: {detection.label}, P({run.classes[1]}) {detection.p_fake:.3f}"
