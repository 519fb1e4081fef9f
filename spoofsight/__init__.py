"""Spoofsight: tells real speech from generated speech by looking at its spectrograms.

>>> import spoofsight
>>> detector = spoofsight.load()  # doctest: +SKIP
>>> detector.detect("interview.mp3").label  # doctest: +SKIP
'fake'

Probabilities are of the positive class, fake, were both classes equally frequent. An answer says
that a recording looks like those of a class that the detector learned from; it proves nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spoofsight.interface import (
        Detection,
        Detector,
        Pictures,
        RenderSettings,
        Verdict,
        Window,
        load,
        render,
    )

__all__ = [
    "Detection",
    "Detector",
    "Pictures",
    "RenderSettings",
    "Verdict",
    "Window",
    "load",
    "render",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import what is asked for: `import spoofsight` alone loads neither NumPy nor SciPy."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from spoofsight import interface

    return getattr(interface, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
