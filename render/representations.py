"""The table of representations: one row each, which options, settings, axes and sheets read.

To add one, write the function that draws it and give it a row here. Functions that need NumPy or
SciPy are named by ``"module:function"`` and imported when they are first called, so that reading
the table costs nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

PITCH_CLASSES = 12  # semitones in an octave
COMB_BANDS = 16  # frequency bands of a comb, one a row
INDICATOR_ROWS = 16  # height of the 33 indicator fields below the comb, in rows
DELTA_WIDTH = 9  # columns that a delta is fitted to: the middle one and four on either side

LONG = (512, 256)
SHORT = (256, 128)  # tells single pulses of a voice apart


@dataclass(frozen=True, kw_only=True)
class Representation:
    """One way to draw a clip as a grey picture.

    Attributes
    ----------
    title : str
        Heading of the picture on a preview sheet.
    draw : str
        Function of samples and settings that returns the picture, as ``"module:function"``.
    rows : callable
        Height of the picture, in pixels, from a `render.settings.Settings`.
    unit, ticks : str
        Unit of the rows, and the function of settings that places their ticks.
    column_unit, column_ticks : str
        The same for the columns.
    options : tuple of str
        Numbers in the settings that bind this representation and not all others: their options in
        ``render --help`` name it, and their ranges are checked for it.
    is_level : bool
        Whether grey values are levels in dB, from ``settings.floor`` to ``settings.ceiling``.
    frame : tuple of int
        Window and hop, in samples, where the settings give none.
    rest : str
        What the rows below those on the axes are; empty if the axes hold for all rows.
    rest_rows : int
        Number of those rows.
    """

    title: str
    draw: str
    rows: Callable[[Any], int]
    unit: str = "Hz"
    ticks: str = "render.axes:hertz"
    column_unit: str = "s"
    column_ticks: str = "render.axes:seconds"
    options: tuple[str, ...] = ()
    is_level: bool = False
    frame: tuple[int, int] = LONG
    rest: str = ""
    rest_rows: int = 0


REPRESENTATIONS = {
    "linear": Representation(
        title="linear: level over frequency",
        draw="render.spectrogram:linear",
        rows=lambda settings: settings.window // 2,
        is_level=True,
        frame=SHORT,
    ),
    "mel": Representation(
        title="mel: level over mel frequency",
        draw="render.spectrogram:mel",
        rows=lambda settings: settings.bands,
        ticks="render.axes:mel",
        options=("bands",),
        is_level=True,
    ),
    "log": Representation(
        title="log: level over octaves, one window",
        draw="render.spectrogram:log",
        rows=lambda settings: settings.octave_rows,
        ticks="render.axes:octaves",
        options=("lowest", "bins"),
        is_level=True,
    ),
    "cqt": Representation(
        title="cqt: level over octaves, constant Q",
        draw="render.spectra.cqt:cqt",
        rows=lambda settings: settings.octave_rows,
        ticks="render.axes:octaves",
        options=("lowest", "bins", "longest_kernel"),
        is_level=True,
    ),
    "lfcc": Representation(
        title="lfcc: coefficients, deltas, delta-deltas",
        draw="render.spectra.cepstrum:lfcc",
        rows=lambda settings: 3 * settings.coefficients,
        unit="coefficient",
        ticks="render.axes:coefficients",
        options=("bands", "coefficients", "cepstrum_range"),
    ),
    "mfcc": Representation(
        title="mfcc: coefficients, deltas, delta-deltas",
        draw="render.spectra.cepstrum:mfcc",
        rows=lambda settings: 3 * settings.coefficients,
        unit="coefficient",
        ticks="render.axes:coefficients",
        options=("bands", "coefficients", "cepstrum_range"),
    ),
    "chroma": Representation(
        title="chroma: share of each pitch class",
        draw="render.spectra.chroma:chroma",
        rows=lambda settings: PITCH_CLASSES,
        unit="pitch class, 0 = C",
        ticks="render.axes:pitch_classes",
    ),
    "group-delay": Representation(
        title="group-delay: grey is mid-frame, white later",
        draw="render.spectra.group_delay:group_delay",
        rows=lambda settings: settings.window // 2,
        options=("delay_range",),
    ),
    "stack": Representation(
        title="stack: mel, mfcc, chroma",
        draw="render.spectrogram:stack",
        rows=lambda settings: settings.bands + 3 * settings.coefficients + PITCH_CLASSES,
        unit="Hz, coefficient, pitch class",
        ticks="render.axes:stack",
        options=("bands", "coefficients", "cepstrum_range"),
    ),
    "comb": Representation(
        title="comb: lines in even steps, white clearest",
        draw="render.spectra.comb:comb",
        rows=lambda settings: COMB_BANDS + INDICATOR_ROWS,
        ticks="render.axes:comb_bands",
        column_unit="Hz",
        column_ticks="render.axes:comb_steps",
        options=("comb_range",),
        frame=SHORT,
        rest="the vocoder indicators",
        rest_rows=INDICATOR_ROWS,
    ),
    "linear-comb": Representation(
        title="linear-comb: linear, comb",
        draw="render.spectrogram:linear_comb",
        rows=lambda settings: settings.window // 2 + COMB_BANDS + INDICATOR_ROWS,
        options=("comb_range",),
        is_level=True,
        frame=SHORT,
        rest="the comb",
        rest_rows=COMB_BANDS + INDICATOR_ROWS,
    ),
}


@lru_cache(maxsize=64)
def load(reference: str) -> Callable[..., Any]:
    """Import the function that a row names.

    Parameters
    ----------
    reference : str
        ``"module:function"``.

    Returns
    -------
    function : callable

    Examples
    --------
    >>> load("math:sqrt")(9)
    3.0
    """
    module, name = reference.split(":")
    return getattr(import_module(module), name)
