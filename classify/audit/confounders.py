"""What can be said of a picture without looking at the voice: brightness, bandwidth, duration.

The facts come from the pixels and from ``IMAGES/manifest.csv`` alone, one row a recording and
class; a recording's pictures are averaged, and a picture of which no recording is known stands for
itself. Shares are in [0, 1], grey levels in [0, 255], durations in s, rates in Hz and kbit/s,
levels in dB. A number that is not known is NaN.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from classify.data.manifest import Manifest, recordings, values

BANDS = 32
# Where in a measured row each fact of the pixels stands.
SLICES = {
    "brightness": slice(0, 1),  # mean grey level
    "bandwidth": slice(1, 2),  # share of empty rows at the top
    "silence": slice(2, 4),  # shares of dark columns at the left and at the right edge
    "noise_floor": slice(4, 5),  # grey level of the pauses
    "mean_picture": slice(5, 5 + BANDS),  # mean grey level in bands, from the top
}
NUMBERS = ("sample_rate", "channels", "bit_rate", "recording_s", "level_db")
CATEGORIES = ("codec",)
_EXTREME = 0.1  # share of a row's pixels that are taken for its pauses, and for its loud moments
_EMPTY_ROW = 1 / 4  # a row is empty when its loud moments are this dark beside the brightest row's
_DARK_COLUMN = 1 / 2  # a column is when its mean is; a pause is darker than speech but seldom black


@dataclass(frozen=True)
class Confounders:
    """Trivial facts of recordings.

    Attributes
    ----------
    names : np.ndarray of str, shape=(n,)
        Recordings, sorted; one that stands in both classes is there twice.
    labels : np.ndarray of int, shape=(n,)
    values : dict of str to np.ndarray
        By fact: numbers, shape (n, k), or categories, str of shape (n,).
    """

    names: np.ndarray
    labels: np.ndarray
    values: dict[str, np.ndarray]


def measure_confounders(image: np.ndarray) -> np.ndarray:
    """Measure the trivial facts of a picture.

    Parameters
    ----------
    image : np.ndarray, shape=(height, width), dtype=uint8

    Returns
    -------
    measured : np.ndarray, shape=(5 + BANDS,), dtype=float32
        In the order of `SLICES`.

    Examples
    --------
    >>> image = np.zeros((8, 10), np.uint8)
    >>> image[2:, 1:7] = 200
    >>> measure_confounders(image)[:5].tolist()  # a quarter is empty; 1 and 3 of 10 columns dark
    [90.0, 0.25, 0.10000000149011612, 0.30000001192092896, 0.0]
    """
    rows = cv2.reduce(image, 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F)[:, 0]
    columns = cv2.reduce(image, 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F)[0]
    quiet, loud = _extremes(image)
    top = _run(loud <= _EMPTY_ROW * loud.max())
    pauses = quiet[top:] if top < len(rows) else quiet
    dark = columns <= _DARK_COLUMN * columns.max()
    bands = cv2.resize(rows[:, np.newaxis], (1, BANDS), interpolation=cv2.INTER_AREA)[:, 0]
    edges = (_run(dark) / len(dark), _run(dark[::-1]) / len(dark))
    return np.array([rows.mean(), top / len(rows), *edges, pauses.mean(), *bands], dtype=np.float32)


def _extremes(image: np.ndarray) -> np.ndarray:
    """Grey level of each row's pauses and of its loud moments, shape (2, height)."""
    low = int(_EXTREME * image.shape[1])
    high = image.shape[1] - 1 - low
    return np.partition(image, (low, high), axis=1)[:, [low, high]].T


def gather(
    measured: np.ndarray,
    names: list[str],
    labels: np.ndarray,
    manifest: Manifest,
    all_names: list[str],
) -> Confounders:
    """Gather the facts of recordings.

    Parameters
    ----------
    measured : np.ndarray, shape=(n, 5 + BANDS)
        Rows of `measure_confounders`.
    names : list of str
        Path of each picture in the dataset.
    labels : np.ndarray of int, shape=(n,)
    manifest : dict
    all_names : list of str
        Paths of all pictures of the split, should `names` be a sample: they count as clips.

    Returns
    -------
    facts : Confounders
        Those of the manifest only where it knows them of at least one recording.
    """
    keys = np.stack([recordings(manifest, names), labels.astype(str)])
    keys, first, member = np.unique(keys, axis=1, return_index=True, return_inverse=True)
    member = member.reshape(-1)  # NumPy 2.0 gives it the shape of a column
    total = np.zeros((keys.shape[1], measured.shape[1]))
    np.add.at(total, member, measured)
    means = total / np.bincount(member)[:, np.newaxis]
    found = {fact: means[:, part] for fact, part in SLICES.items()}
    found |= _lengths(keys[0], manifest, all_names)
    pictures = [names[index] for index in first]
    for column in NUMBERS:
        found[column] = _numbers(values(manifest, pictures, column))[:, np.newaxis]
    for column in CATEGORIES:
        found[column] = values(manifest, pictures, column)
    return Confounders(
        keys[0], keys[1].astype(int), {fact: value for fact, value in found.items() if _any(value)}
    )


def _lengths(names: np.ndarray, manifest: Manifest, all_names: list[str]) -> dict[str, np.ndarray]:
    """Duration of the sound in s and number of clips, where the manifest names recordings."""
    own = [name for name in all_names if manifest.get(name, {}).get("recording")]
    listed, member = np.unique(recordings(manifest, own), return_inverse=True)
    seconds = np.bincount(
        member, weights=_numbers(values(manifest, own, "duration_s")), minlength=len(listed)
    )
    clips = np.bincount(member, minlength=len(listed))
    place = {name: index for index, name in enumerate(listed)}
    chosen = [place.get(name) for name in names]

    def column(numbers: np.ndarray) -> np.ndarray:
        known = [np.nan if index is None else numbers[index] for index in chosen]
        return np.array(known, dtype=float)[:, np.newaxis]

    return {"duration": column(seconds), "clips": column(clips)}


def _numbers(texts: np.ndarray) -> np.ndarray:
    """Read numbers; NaN where there is none, or none that is finite."""
    return np.array([_number(text) for text in texts.tolist()], dtype=float)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return np.nan  # a manifest may say "unknown", or nothing
    return number if np.isfinite(number) else np.nan


def _run(flags: np.ndarray) -> int:
    """How many are true before the first that is not."""
    return len(flags) if flags.all() else int(flags.argmin())


def _any(value: np.ndarray) -> bool:
    """Whether anything is known."""
    return bool((value != "").any() if value.dtype.kind == "U" else np.isfinite(value).any())
