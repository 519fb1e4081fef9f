"""The child process of fuzz.py: draws each recording whose path it reads; prints the outcome."""

import faulthandler
import os
import re
import resource
import sys
import time
import warnings
from itertools import cycle
from pathlib import Path

import numpy as np

from render.clips import split_into_clips
from render.decoding.audio import scan_audio
from render.settings import Settings
from render.spectrogram import draw

LIMIT = 5  # seconds that a recording may take
PATIENCE = 15  # seconds after which it hangs
MEMORY = 1 << 30  # bytes, beyond which a recording asks for too much


def main() -> None:
    """Draw the recordings that standard input names."""
    faulthandler.enable()
    warnings.simplefilter("error")
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    # What a library writes to standard output must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    kinds = cycle((Settings(), Settings(feature="mel", rate=8_000, trim=None, level=None)))
    for line, settings in zip(sys.stdin, kinds, strict=False):
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        kind, reason = outcome(Path(line.rstrip("\n")), settings)
        faulthandler.cancel_dump_traceback_later()
        print(kind, reason, sep="\t", file=answers, flush=True)


def outcome(path: Path, settings: Settings) -> tuple[str, str]:
    """Draw a recording, and return how it ended."""
    try:
        for clip in split_into_clips(
            scan_audio(path, settings.rate, time.monotonic() + LIMIT), settings
        ):
            if not np.isfinite(clip.samples).all():
                return "nan", "samples that are no numbers"
            image = draw(clip.samples, settings)
            if image.dtype != np.uint8 or image.shape != settings.shape:
                return "nan", f"a picture of shape {image.shape} and type {image.dtype}"
    except ValueError as error:
        explained = re.fullmatch("expected .+, got .+", str(error))
        return ("refused", str(error)) if explained else ("crashed", repr(error))
    except RuntimeWarning as warning:
        return "nan", repr(warning)
    except Exception as error:
        return "crashed", repr(error)
    return "drawn", ""


if __name__ == "__main__":
    main()
