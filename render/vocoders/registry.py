"""Vocoders by name: ours, and plug-ins of other packages.

A vocoder is a function ``(samples, rate, rng) -> samples``. It takes mono floats in [-1, 1], their
rate in Hz and a ``numpy.random.Generator``, the only source of randomness, and returns as many
samples. Another package offers a vocoder as an entry point of the group ``GROUP``::

    [project.entry-points."spoofsight.vocoders"]
    mine = "package.module:function"

A plug-in cannot replace a vocoder of ours. Nothing is imported until a vocoder is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib import import_module, metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

GROUP = "spoofsight.vocoders"
MODULES = {
    "griffin_lim": "render.vocoders.classic",
    "griffin_lim_40": "render.vocoders.classic",
    "griffin_lim_128": "render.vocoders.classic",
    "griffin_lim_short": "render.vocoders.classic",
    "world": "render.vocoders.world",
    "world_40": "render.vocoders.world",
    "world_24": "render.vocoders.world",
    "linear_prediction": "render.vocoders.classic",
    "smoothed_envelope": "render.vocoders.classic",
    "phase_randomisation": "render.vocoders.classic",
    "zero_phase": "render.vocoders.classic",
    "minimum_phase": "render.vocoders.classic",
    "hifigan": "render.vocoders.hifigan",
    "hifigan_ljspeech": "render.vocoders.hifigan",
}
OURS = tuple(MODULES)
NEURAL = "render.vocoders.hifigan"

Vocoder = Callable[["np.ndarray", int, "np.random.Generator"], "np.ndarray"]


def choose(names: Iterable[str]) -> tuple[str, ...]:
    """Check that vocoders exist and can be loaded.

    Returns
    -------
    names : tuple of str
        Each once, in their order.

    Raises
    ------
    ValueError
        If a name is unknown, or its vocoder cannot be loaded.

    Examples
    --------
    >>> choose(["world", "zero_phase", "world"])
    ('world', 'zero_phase')
    """
    unique = tuple(dict.fromkeys(names))
    if not unique:
        raise ValueError("expected a method, got none")
    for name in unique:
        _load(name)
    return unique


def vocoder_type(name: str) -> str:
    """Tell the type of a vocoder.

    Returns
    -------
    vocoder_type : str
        ``"classic"`` or ``"neural"`` for ours, ``"other"`` for a plug-in.

    Examples
    --------
    >>> vocoder_type("world"), vocoder_type("hifigan"), vocoder_type("mine")
    ('classic', 'neural', 'other')
    """
    if name not in MODULES:
        return "other"
    return "neural" if MODULES[name] == NEURAL else "classic"


def vocode(name: str, samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Copy a sound with a vocoder, and check the copy.

    Parameters
    ----------
    name : str
    samples : np.ndarray, shape=(n,)
        Not silent.
    rate : int
        In Hz.
    rng : np.random.Generator

    Returns
    -------
    samples : np.ndarray, shape=(n,), dtype=float64
        At the RMS level of the original.

    Raises
    ------
    ValueError
        If a vocoder of ours refuses the sound; or if a plug-in raises any error, or returns another
        number of samples, values that are not finite, or silence. The message names the vocoder.
    """
    from render.vocoders.bandwidth import match_bandwidth

    vocoder = _load(name)
    if name in MODULES:
        return match_bandwidth(vocoder(samples, rate, rng), samples, rate)
    try:
        copy = vocoder(samples.copy(), rate, rng)
    except Exception as error:  # a plug-in can fail in any way; the recording becomes a failure
        raise ValueError(
            f"expected samples from the vocoder {name}, got {_one_line(error)}"
        ) from error
    return _checked_at_level(name, copy, samples)


def _checked_at_level(name: str, copy: object, original: np.ndarray) -> np.ndarray:
    import numpy as np

    sound = np.asarray(copy)
    if sound.shape != original.shape or not np.issubdtype(sound.dtype, np.floating):
        raise ValueError(
            f"expected {len(original)} mono float samples from the vocoder {name}, "
            f"got {sound.dtype} of shape {sound.shape}"
        )
    sound = sound.astype(np.float64)
    if not np.isfinite(sound).all():
        raise ValueError(f"expected finite samples from the vocoder {name}, got NaN or infinity")
    peak = np.abs(sound).max()
    if peak == 0:
        raise ValueError(f"expected sound from the vocoder {name}, got silence")
    sound /= peak
    return sound * np.sqrt(np.mean(original**2) / np.mean(sound**2))


def _load(name: str) -> Vocoder:
    if name in MODULES:
        return getattr(import_module(MODULES[name]), name)
    plugins = {point.name: point for point in metadata.entry_points(group=GROUP)}
    if name not in plugins:
        names = ", ".join([*OURS, *sorted(plugins.keys() - MODULES.keys())])
        raise ValueError(f"expected a method among {names}, got {name}")
    if not re.fullmatch(r"[\w-]{1,40}", name):
        raise ValueError(f"expected a vocoder's name of letters, digits, - and _, got {name!r}")
    try:
        vocoder = plugins[name].load()
    except Exception as error:  # a plug-in can fail in any way
        raise ValueError(
            f"expected a vocoder {name} that can be loaded, got {_one_line(error)}"
        ) from error
    if not callable(vocoder):
        raise ValueError(f"expected a vocoder {name} that can be called, got {vocoder!r}")
    return vocoder


def _one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__} {error}".split())
