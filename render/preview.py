"""The preview sheet: one recording in every representation, with axes."""

import io
import math
import sys
import warnings
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from matplotlib import rc_context, rcParamsDefault
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from render import png
from render.axes import axes
from render.clips import Clip, split_into_clips
from render.decoding.audio import scan_audio
from render.representations import REPRESENTATIONS
from render.settings import Settings
from render.spectrogram import draw

_PER_ROW = 3  # pictures side by side on a sheet
_TITLE = "Spoofsight preview"  # in the PNG
_HEADER = 1_000  # bytes of a PNG in which its title stands


@rc_context(rcParamsDefault)  # whatever a matplotlibrc says
def preview(path: Path, target: Path, settings: Settings) -> None:
    """Draw the loudest clip of a recording in every representation on one sheet.

    What is odd about its file is said on standard error.

    Parameters
    ----------
    path : Path
        The recording.
    target : Path
        A PNG file in a folder that exists.
    settings : Settings
        Their feature does not matter.

    Raises
    ------
    ValueError, OSError
        If the recording cannot be used, or the target is no earlier preview.
    """
    _refuse_foreign(target)
    audio = scan_audio(path, settings.rate)
    for warning in audio.source_file.warnings:
        print(f"render: warning: {warning}", file=sys.stderr)
    clip = loudest(split_into_clips(audio, settings))
    data = io.BytesIO()
    with warnings.catch_warnings():
        # A name in a script that the font lacks is drawn as boxes.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure = sheet(clip, path.name, settings)
        figure.savefig(data, format="png", dpi=100, metadata={"Title": _TITLE})
    png.replace(target, data.getvalue())


def _refuse_foreign(target: Path) -> None:
    """Refuse to replace a file that is no earlier preview."""
    if not target.exists():
        return
    with target.open("rb") as file:
        if _TITLE.encode() not in file.read(_HEADER):
            raise ValueError(
                f"expected no {target} in this folder but an earlier preview, got another file: "
                "call from another folder"
            )


def loudest(clips: Iterable[Clip]) -> Clip:
    """Find the clip with the most energy, the first of equals.

    Parameters
    ----------
    clips : iterable of Clip
        At least one.
    """
    return max(clips, key=lambda clip: float(np.square(clip.samples, dtype=np.float64).sum()))


def sheet(clip: Clip, name: str, settings: Settings) -> Figure:
    """Draw a clip's waveform and below it every representation, with axes.

    Parameters
    ----------
    clip : Clip
    name : str
        Of the recording.
    settings : Settings
        Their feature does not matter.

    Returns
    -------
    figure : Figure
        A representation that the settings make impossible has the reason in its place.
    """
    rows = math.ceil(len(REPRESENTATIONS) / _PER_ROW)
    figure = Figure(figsize=(15, 3.2 + 3.2 * rows), layout="constrained")
    grid = figure.add_gridspec(1 + rows, _PER_ROW, height_ratios=(1, *[2] * rows))
    _waveform(figure.add_subplot(grid[0, :]), clip, settings)
    default_frame = (settings.window, settings.hop) == settings.representation.frame
    for number, (feature, representation) in enumerate(REPRESENTATIONS.items()):
        panel = figure.add_subplot(grid[1 + number // _PER_ROW, number % _PER_ROW])
        panel.set_title(representation.title, fontsize=11)
        try:
            panel_settings = replace(settings, feature=feature)
            if default_frame:
                panel_settings = replace(panel_settings, window=0, hop=0)
            _picture(panel, draw(clip.samples, panel_settings), panel_settings)
        except ValueError as error:
            panel.axis("off")
            panel.text(0.5, 0.5, str(error), ha="center", va="center", wrap=True)
    figure.suptitle(_caption(clip, name, settings), parse_math=False)
    return figure


def _waveform(panel: Axes, clip: Clip, settings: Settings) -> None:
    time = np.arange(settings.length) / settings.rate
    panel.plot(time, clip.samples, color="black", linewidth=0.4)
    panel.set(xlim=(0, settings.seconds), xlabel="s", ylabel="amplitude, 1 = full scale")
    panel.set_title("waveform", fontsize=11)


def _picture(panel: Axes, image: np.ndarray, settings: Settings) -> None:
    panel.imshow(image, cmap="gray", vmin=0, vmax=255, aspect="auto", interpolation="nearest")
    described = axes(settings)
    for axis, side in ((panel.yaxis, "rows"), (panel.xaxis, "columns")):
        ticks = described[side]["ticks"]
        axis.set_ticks([position for position, _ in ticks], [f"{value:g}" for _, value in ticks])
        axis.set_label_text(described[side]["unit"])


def _caption(clip: Clip, name: str, settings: Settings) -> str:
    # A name may hold what is no text: line breaks, or bytes that are not UTF-8.
    readable = " ".join(name.encode(errors="replace").decode().split())
    reference = "of its loudest point" if settings.relative else "of a full-scale sine"
    is_full = clip.duration * settings.rate > settings.length - 1
    return (
        f"{readable}, {clip.start:.2f} s to {clip.start + clip.duration:.2f} s"
        f"{'' if is_full else f', repeated to fill {settings.seconds:g} s'}\n"
        f"{settings.rate} Hz, window {1000 * settings.window / settings.rate:.4g} ms, "
        f"hop {1000 * settings.hop / settings.rate:.4g} ms, "
        f"levels {settings.floor:g} to {settings.ceiling:g} dB {reference}"
    )
