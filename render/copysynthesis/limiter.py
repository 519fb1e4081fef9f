"""Limiter: brings peaks below full scale without a change of level.

A copy can have higher peaks than its original at the same level. Clipped peaks would be audible and
visible, and a lower gain for the whole copy would make it quieter. Samples are floats of shape
(frames, channels).
"""

import numpy as np
from scipy import ndimage

RAMP = 0.005  # seconds in which the gain falls, and in which it rises again
_TRIES = 30


def limit_peaks(samples: np.ndarray, ceiling: float, rate: int) -> np.ndarray:
    """Turn samples down around their peaks, and the whole up again to its RMS level.

    Parameters
    ----------
    samples : np.ndarray, shape=(frames, channels)
        All channels get one gain.
    ceiling : float
        Highest amplitude, above 0.
    rate : int
        In Hz.

    Returns
    -------
    samples : np.ndarray, shape=(frames, channels)
        At the same RMS level; at a lower one where so many samples are near the ceiling that
        both cannot be.

    Examples
    --------
    >>> burst = np.full((8_000, 1), 0.1)
    >>> burst[4_000] = 2.0
    >>> even = limit_peaks(burst, 1.0, 8_000)
    >>> round(float(even[4_000, 0]), 2), round(float(even[0, 0]), 2)
    (1.0, 0.1)
    """
    level = np.sqrt(np.mean(samples**2))
    size = 2 * round(RAMP * rate / 2) + 1
    for _ in range(_TRIES):
        peak = np.abs(samples).max(axis=1)
        if peak.max() <= ceiling:
            return samples
        room = np.minimum(1, ceiling / np.maximum(peak, ceiling))
        # Every window that the mean is over holds this sample, so no minimum exceeds its room.
        gain = ndimage.uniform_filter1d(ndimage.minimum_filter1d(room, size), size)
        samples = samples * gain[:, None]
        samples = samples * (level / np.sqrt(np.mean(samples**2)))
    return samples * min(1.0, ceiling / np.abs(samples).max())
