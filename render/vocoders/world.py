"""The WORLD vocoder, with envelopes coded as in statistical speech synthesis.

WORLD (Morise, Yokomori and Ozawa, 2016) takes speech apart into pitch, spectral envelope and
aperiodicity, one frame every 5 ms. The envelope is coded as a mel-cepstrum of some tens of
coefficients, the aperiodicity as one number per band of 3 kHz, from 3 to 15 kHz. Sample rates below
12 kHz have no such band, so their aperiodicity is not coded. Conventions as in
`render.vocoders.classic`.
"""

from functools import partial

import numpy as np
import pyworld

from render.vocoders.classic import check, match_rms


def world(
    samples: np.ndarray, rate: int, rng: np.random.Generator, *, dimensions: int = 60
) -> np.ndarray:
    """Analyse a recording with WORLD, code its parameters, and synthesise it from them.

    Parameters
    ----------
    samples : np.ndarray, shape=(n,)
        At least ``render.vocoders.classic.SHORTEST`` seconds.
    rate : int
        In Hz.
    rng : np.random.Generator
        Not used: the noise of WORLD is always the same.
    dimensions : int
        Coefficients of the coded spectral envelope.

    Returns
    -------
    samples : np.ndarray, shape=(n,)

    Raises
    ------
    ValueError
        As in `render.vocoders.classic.griffin_lim`.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(8_000) / 16_000)
    >>> copy = world(tone, 16_000, np.random.default_rng(0))
    >>> copy.shape, round(float(copy.std()), 3)
    ((8000,), 0.707)
    """
    sound = check(samples, rate)
    rough, times = pyworld.dio(sound, rate)
    pitch = pyworld.stonemask(sound, rough, times, rate)
    envelope = _coded_envelope(pyworld.cheaptrick(sound, pitch, times, rate), rate, dimensions)
    aperiodicity = _coded_aperiodicity(pyworld.d4c(sound, pitch, times, rate), rate)
    # The last frame may end up to a frame after the last sample.
    copy = pyworld.synthesize(pitch, envelope, aperiodicity, rate)[: len(sound)]
    return match_rms(copy, sound, rate)


world_40 = partial(world, dimensions=40)
world_24 = partial(world, dimensions=24)


def _coded_envelope(envelope: np.ndarray, rate: int, dimensions: int) -> np.ndarray:
    size = 2 * (envelope.shape[1] - 1)
    code = pyworld.code_spectral_envelope(envelope, rate, dimensions)
    return pyworld.decode_spectral_envelope(code, rate, size)


def _coded_aperiodicity(aperiodicity: np.ndarray, rate: int) -> np.ndarray:
    if pyworld.get_num_aperiodicities(rate) == 0:
        return aperiodicity
    size = 2 * (aperiodicity.shape[1] - 1)
    return pyworld.decode_aperiodicity(pyworld.code_aperiodicity(aperiodicity, rate), rate, size)
