"""Loudness of samples, as root mean square (RMS); 1.0 is full scale."""

import numpy as np

FAINTEST = 1e-10  # RMS of silence, -200 dB


def rms(samples: np.ndarray) -> float:
    """Root mean square of samples, summed in double precision; 0 for none.

    Examples
    --------
    >>> rms(np.array([3, -3, 3], np.float32))
    3.0
    """
    if not samples.size:
        return 0.0
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def match_rms(samples: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Scale samples to the RMS of others; silence stays silence.

    Parameters
    ----------
    samples : np.ndarray
    reference : np.ndarray
        Samples of the RMS to match.

    Returns
    -------
    samples : np.ndarray, same shape and dtype

    Examples
    --------
    >>> match_rms(np.array([1.0, -1.0]), np.array([0.5, 0.5, -0.5]))
    array([ 0.5, -0.5])
    """
    level = rms(samples)
    if level < FAINTEST:
        return samples
    return samples * (rms(reference) / level)
