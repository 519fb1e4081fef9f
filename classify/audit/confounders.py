"""Confounders: properties other than the voice that may tell the classes of a dataset apart.

Each is one row of `CONFOUNDERS`, read from the pixels or from ``IMAGES/manifest.csv``: numbers of
shape (n, k) or categories of shape (n,), one entry a recording. Shares are in [0, 1], grey levels
in [0, 255], durations in s, rates in Hz and kbit/s, levels in dB. An unknown number is NaN, an
unknown category is empty.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, pairwise
from typing import NamedTuple

import cv2
import numpy as np

from classify.data.manifest import Manifest, recordings, values

BANDS = 32
_EXTREME = 0.1  # share of a row's pixels that are taken for its pauses, and for its loud moments
_EMPTY_ROW = 1 / 4  # a row is empty when its loud moments are this dark beside the brightest row's
_DARK_COLUMN = 1 / 2  # a column is when its mean is; a pause is darker than speech but seldom black


class GreyLevels(NamedTuple):
    """Grey levels of a picture.

    Attributes
    ----------
    rows, columns : np.ndarray, shape=(height,), shape=(width,)
        Means.
    pauses, loud : np.ndarray, shape=(height,)
        Of each row's pauses and of its loud moments.
    """

    rows: np.ndarray
    columns: np.ndarray
    pauses: np.ndarray
    loud: np.ndarray


class ManifestRows(NamedTuple):
    """Recordings and the manifest that describes them.

    Attributes
    ----------
    manifest : dict
    recordings : np.ndarray of str, shape=(n,)
    pictures : list of str
        One picture of each recording.
    all_pictures : list of str
        Every picture of the split: these count as clips.
    """

    manifest: Manifest
    recordings: np.ndarray
    pictures: list[str]
    all_pictures: list[str]


@dataclass(frozen=True)
class RangeCheck:
    """How a recording is compared with the training recordings.

    Attributes
    ----------
    title : str
    unit : str
    slack : float
        How far outside the training range a recording may be, in the confounder's own unit.
    scale : float
        Factor from there to `unit`.
    upwards : bool
        Whether a value above the training range counts, too. Of a higher sample rate the detector
        sees what it knows, and of a longer recording windows as long as those of training.
    """

    title: str
    unit: str
    slack: float
    scale: float = 1.0
    upwards: bool = True


@dataclass(frozen=True, kw_only=True)
class Confounder:
    """One property other than the voice.

    Attributes
    ----------
    name : str
        Key in the results of an audit and in the training ranges of a run.
    title : str
        Name in a table.
    phrase : str
        Name in a sentence.
    meaning : str
        What follows if it alone tells the classes apart.
    advice : str
        What to do about that.
    from_pixels : callable, optional
        Measures a picture: `GreyLevels` to `width` numbers.
    width : int
    from_manifest : callable, optional
        Reads recordings: `ManifestRows` to numbers, shape (n, k), or categories, shape (n,).
    range_check : RangeCheck, optional
        Where ``detect`` compares a recording with the training recordings.
    """

    name: str
    title: str
    phrase: str
    meaning: str
    advice: str
    from_pixels: Callable[[GreyLevels], float | np.ndarray] | None = None
    width: int = 1
    from_manifest: Callable[[ManifestRows], np.ndarray] | None = None
    range_check: RangeCheck | None = None


def measure_confounders(image: np.ndarray) -> np.ndarray:
    """Measure a picture.

    Parameters
    ----------
    image : np.ndarray, shape=(height, width), dtype=uint8

    Returns
    -------
    measured : np.ndarray, shape=(MEASURED,), dtype=float32
        In the order of `SLICES`.

    Examples
    --------
    >>> image = np.zeros((8, 10), np.uint8)
    >>> image[2:, 1:7] = 200
    >>> measure_confounders(image)[:5].tolist()  # 2 of 8 rows are empty; 1 and 3 columns are dark
    [90.0, 0.25, 0.10000000149011612, 0.30000001192092896, 0.0]
    """
    low = int(_EXTREME * image.shape[1])
    high = image.shape[1] - 1 - low
    grey = GreyLevels(
        cv2.reduce(image, 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F)[:, 0],
        cv2.reduce(image, 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F)[0],
        *np.partition(image, (low, high), axis=1)[:, [low, high]].T,
    )
    parts = [row.from_pixels(grey) for row in CONFOUNDERS if row.from_pixels]
    return np.hstack(parts).astype(np.float32)


def _empty_rows(grey: GreyLevels) -> int:
    """Number of empty rows at the top."""
    return _leading(grey.loud <= _EMPTY_ROW * grey.loud.max())


def _dark_edges(grey: GreyLevels) -> np.ndarray:
    """Shares of dark columns at the left and at the right edge."""
    dark = grey.columns <= _DARK_COLUMN * grey.columns.max()
    return np.array([_leading(dark), _leading(dark[::-1])]) / len(dark)


def _noise_floor(grey: GreyLevels) -> float:
    """Mean grey level of the pauses, below the empty rows."""
    top = _empty_rows(grey)
    return float(grey.pauses[top if top < len(grey.pauses) else 0 :].mean())


def _bands(grey: GreyLevels) -> np.ndarray:
    """Mean grey level in bands, from the top."""
    return cv2.resize(grey.rows[:, np.newaxis], (1, BANDS), interpolation=cv2.INTER_AREA)[:, 0]


def _leading(flags: np.ndarray) -> int:
    """How many are true before the first that is not."""
    return len(flags) if flags.all() else int(flags.argmin())


def _category(column: str, rows: ManifestRows) -> np.ndarray:
    return values(rows.manifest, rows.pictures, column)


def _number(column: str, rows: ManifestRows) -> np.ndarray:
    return _parse(values(rows.manifest, rows.pictures, column))[:, np.newaxis]


def _per_recording(column: str, rows: ManifestRows) -> np.ndarray:
    """Sum of a column over the clips of each recording; without a column, their number."""
    clips = [name for name in rows.all_pictures if rows.manifest.get(name, {}).get("recording")]
    listed, member = np.unique(recordings(rows.manifest, clips), return_inverse=True)
    weights = _parse(values(rows.manifest, clips, column)) if column else None
    totals = dict(zip(listed.tolist(), np.bincount(member, weights, len(listed)), strict=True))
    return np.array([totals.get(name, np.nan) for name in rows.recordings], float)[:, np.newaxis]


def _parse(cells: np.ndarray) -> np.ndarray:
    """Read numbers; NaN where there is none, or none that is finite."""
    return np.array([_finite(cell) for cell in cells.tolist()], dtype=float)


def _finite(cell: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        return np.nan  # a manifest may say "unknown", or nothing
    return number if np.isfinite(number) else np.nan


_PICTURE = "a network can learn this instead of the voice"
_FILES = "the classes come from files of different make, which leaves traces in the pictures"
_LENGTHS = "cut the recordings of both classes to the same lengths"
_ENCODING = "encode both classes alike, or both from lossless originals"
CONFOUNDERS = (
    Confounder(
        name="brightness",
        title="brightness",
        phrase="mean brightness (loudness)",
        meaning=_PICTURE,
        advice="bring all recordings to one level, as render does without --no-level",
        from_pixels=lambda grey: grey.rows.mean(),
        range_check=RangeCheck("brightness", "of 255", 5),
    ),
    Confounder(
        name="bandwidth",
        title="bandwidth",
        phrase="bandwidth (empty rows at the top)",
        meaning=_PICTURE,
        advice="draw what both classes have, with a lower render --rate, or low-pass both alike",
        from_pixels=lambda grey: _empty_rows(grey) / len(grey.rows),
        range_check=RangeCheck("empty rows at the top", "%", 0.03, 100),
    ),
    Confounder(
        name="silence",
        title="silence at the edges",
        phrase="silence at the edges",
        meaning=_PICTURE,
        advice="trim both classes alike, as render does without --no-trim",
        from_pixels=_dark_edges,
        width=2,
        range_check=RangeCheck("silence at the edges of its clips", "%", 0.05, 100),
    ),
    Confounder(
        name="noise_floor",
        title="noise floor",
        phrase="the noise floor",
        meaning=_PICTURE,
        advice="take both classes from recordings of one kind, or add noise to both",
        from_pixels=_noise_floor,
        range_check=RangeCheck("brightness of its pauses", "of 255", 5),
    ),
    Confounder(
        name="mean_picture",
        title="mean picture",
        phrase="the mean picture (average spectrum)",
        meaning="microphone, codec or bandwidth may differ between the classes, and not only the "
        "voice",
        advice="take both classes through the same chain, and judge on sources that train does not "
        "have",
        from_pixels=_bands,
        width=BANDS,
    ),
    Confounder(
        name="duration",
        title="duration",
        phrase="duration",
        meaning="repeated or empty ends of clips, and the number of clips, give the class away",
        advice=_LENGTHS,
        from_manifest=partial(_per_recording, "duration_s"),
    ),
    Confounder(
        name="clips",
        title="clips",
        phrase="the number of clips",
        meaning="one class has the longer recordings",
        advice=_LENGTHS,
        from_manifest=partial(_per_recording, ""),
    ),
    Confounder(
        name="sample_rate",
        title="sample rate",
        phrase="the sample rate of the file",
        meaning=_FILES,
        advice="resample both classes to the lowest rate before rendering",
        from_manifest=partial(_number, "sample_rate"),
        range_check=RangeCheck("sample rate", "Hz", 0, upwards=False),
    ),
    Confounder(
        name="channels",
        title="channels",
        phrase="the number of channels of the file",
        meaning=_FILES,
        advice="make both classes in the same way",
        from_manifest=partial(_number, "channels"),
    ),
    Confounder(
        name="bit_rate_kbps",
        title="bit rate",
        phrase="the bit rate of the file",
        meaning="one class is encoded more coarsely or, in lossless files, quieter or of less "
        "bandwidth",
        advice=_ENCODING,
        from_manifest=partial(_number, "bit_rate_kbps"),
    ),
    Confounder(
        name="recording_s",
        title="recording's length",
        phrase="the length of the recording before trimming",
        meaning="one class has the longer recordings or more silence around them",
        advice="cut and trim both classes alike",
        from_manifest=partial(_number, "recording_s"),
        range_check=RangeCheck("length", "s", 0.5, upwards=False),
    ),
    Confounder(
        name="level_db",
        title="level",
        phrase="the level of the recording",
        meaning="the classes were recorded or normalised differently; render hides the level, but "
        "not what came with it",
        advice="take both classes from originals of one kind",
        from_manifest=partial(_number, "level_db"),
        range_check=RangeCheck("level", "dB", 1),
    ),
    Confounder(
        name="codec",
        title="codec",
        phrase="the codec of the file",
        meaning=_FILES,
        advice=_ENCODING,
        from_manifest=partial(_category, "codec"),
    ),
)
_PIXELS = [row for row in CONFOUNDERS if row.from_pixels]
_ENDS = list(accumulate((row.width for row in _PIXELS), initial=0))
# Where each confounder of the pixels stands in what `measure_confounders` gives.
SLICES = {row.name: slice(*ends) for row, ends in zip(_PIXELS, pairwise(_ENDS), strict=True)}
MEASURED = _ENDS[-1]  # numbers of a picture
