"""Recordings that benchmarks make from a seed, and their pictures.

Nothing here imports NumPy before `benchmarks.support.timing.pin` could limit its threads.
"""

import os
from pathlib import Path

SPLITS = {"testing": "test", "validation": "validation"}  # as collections name them, as we do
RATE = 16_000
SECONDS = (2, 4)  # of the made recordings, in turn
COPIES = 2  # that forge makes of each real training recording: a classic and a neural one


def make(folder: Path, count: int) -> Path:
    """Write recordings of 2 s and 4 s in turn, as 16-bit mono FLAC, two in three for training.

    Each is coloured noise that swells four times a second, as speech does, with its own seed.
    """
    import numpy as np
    import soundfile
    from scipy import signal

    for number in range(count):
        time_ = np.arange(SECONDS[number // 2 % 2] * RATE) / RATE
        noise = np.random.default_rng(number).standard_normal(len(time_))
        swell = 0.02 + np.sin(2 * np.pi * 2 * time_ + number) ** 2
        split = ("train", "train", "test")[number // 2 % 3]
        path = folder / split / ("real", "fake")[number % 2] / f"{number:06d}.flac"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, 0.02 * swell * signal.lfilter([1], [1, -0.9], noise), RATE)
    return folder


def draw(
    audio: Path,
    dataset: Path,
    feature: str = "linear",
    *,
    seconds: float = 2.0,
    jobs: int = 1,
    engine: str = "processes",
    scheduler: str = "",
) -> None:
    """Draw a folder as ``./run.sh render`` does."""
    from render.dataset import render
    from render.parallel import Executor
    from render.settings import Settings
    from render.worker import RenderPlan

    plan = RenderPlan(dataset=dataset, settings=Settings(feature=feature, seconds=seconds))
    render(audio, plan, Executor(name=engine, jobs=jobs, scheduler=scheduler))


def name_prefix(audio: Path) -> str:
    """Say what names of recordings begin with where forge has put copies beside a link to them."""
    return f"{Path(os.path.abspath(audio)).name}/"
