"""Fixtures made from a seed: sounds, tiny pictures, a trained run."""

import gc
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import soundfile
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
EXTRAS = "render classify detect page serve dask parquet fetch tensorboard test".split()

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"  # as classify.backend sets it
# As in a terminal, where a script calls the tests in the background, too: programs inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)
# The same examples each time, and as slow as the machine is.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")


# Fixtures that take seconds, most of them as they train; what uses one is slow.
# So is what librosa compiles code for, half a minute of it in a new environment.
COMPILED = ("chroma", "griffin_lim")
SLOW = {"trained", "odd_run", "ensemble", "resumed", "unfinished", "whole", "first"}


@pytest.hookimpl(tryfirst=True)  # before -m selects
def pytest_collection_modifyitems(items):
    for item in items:
        uses = {*getattr(item, "fixturenames", ())}
        if SLOW & uses or any(name in item.name for name in COMPILED):
            item.add_marker("slow")


def pytest_collection_finish():
    """Let no collection of garbage walk through what lasts: Keras asks for one a training."""
    gc.freeze()


@pytest.fixture(autouse=True)
def _same_draws():
    """Begin every test at the same draws; Keras takes the seed of every layer from Python's."""
    random.seed(0)


@pytest.fixture
def lock(monkeypatch):
    """Return a function that takes a folder's permissions away, from an administrator, too."""
    locked, originals = (
        [],
        {name: getattr(os, name) for name in ("scandir", "listdir", "stat", "access")},
    )

    def call(name, path, *arguments, **options):
        text = os.fspath(path) if not isinstance(path, int) else ""
        inside = any(text.startswith(f"{folder}/") for folder in locked)
        if inside or (text in locked and name != "stat"):
            if name == "access":
                return False
            raise PermissionError(13, "Permission denied", text)
        return originals[name](path, *arguments, **options)

    for name in originals:
        monkeypatch.setattr(os, name, partial(call, name))
    return lambda folder: locked.append(str(folder))


@pytest.fixture(scope="session")
def shared():
    """The folder of real material beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared with real recordings beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def python_calls(tmp_path_factory):
    """Return a function that gives what `run.sh` would call Python with, call by call."""
    root = tmp_path_factory.mktemp("run")
    shutil.copy(ROOT / "run.sh", root)
    (root / "benchmarks").symlink_to(ROOT / "benchmarks")
    python = root / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\nprintf '%s\\0' \"$@\"; printf '\\n'\n")
    python.chmod(0o755)
    for extra in EXTRAS:
        (root / f".venv/installed-{extra}").touch()

    def call(*arguments):
        command = [str(root / "run.sh"), *map(str, arguments)]
        ended = subprocess.run(command, capture_output=True, text=True)
        if ended.returncode:
            raise ValueError(ended.stderr)
        return [line.split("\0") for line in ended.stdout.split("\0\n")[:-1]]

    return call


@pytest.fixture(scope="session")
def sound():
    """Return a function that makes mono noise of a length in s, at 16 kHz, level about -20 dB."""

    def make(seconds, seed=0, rate=16_000):
        return 0.1 * np.random.default_rng(seed).standard_normal(round(seconds * rate))

    return make


@pytest.fixture(scope="session")
def write_sound(sound):
    """Return a function that writes such noise to a file, making its folders."""

    def write(path, seconds=1.0, seed=0, rate=16_000, **how):
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, sound(seconds, seed, rate), rate, **how)
        return path

    return write


@pytest.fixture(scope="session")
def make_pictures():
    """Return a function that writes tiny pictures, the second class brighter on top."""

    def make(
        folder,
        classes=("real", "fake"),
        splits=("train", "validation", "test"),
        count=8,
        shape=(32, 32),
        seed=0,
    ):
        rng = np.random.default_rng(seed)
        for split in splits:
            for index, name in enumerate(classes):
                (folder / split / name).mkdir(parents=True)
                for number in range(count):
                    image = rng.integers(0, 100, shape)
                    image[: shape[0] // 2] += 100 * index
                    path = folder / split / name / f"{number:02d}.png"
                    cv2.imwrite(str(path), image.astype(np.uint8))
        return folder

    return make


@pytest.fixture(scope="session")
def images(tmp_path_factory, make_pictures):
    """Give a dataset of tiny pictures, not to be changed."""
    return make_pictures(tmp_path_factory.mktemp("data") / "images")


@pytest.fixture(scope="session")
def quick_settings():
    """Give settings with which a few epochs on `images` are enough."""
    from classify.settings import Settings, recipe

    quick = {"model": "cnn", "epochs": 3, "batch_size": 8, "learning_rate": 0.01}
    return Settings(**{**recipe("plain"), **quick, "keep_epoch": "loss"})


@pytest.fixture(scope="session")
def trained(tmp_path_factory, images, quick_settings):
    """Give the folder of a run trained for three epochs on `images`, not to be changed."""
    from classify.training.training import train

    folder = tmp_path_factory.mktemp("runs") / "trained"
    train(images, folder, quick_settings)
    return folder


@pytest.fixture(scope="session")
def matplotlibrc():
    """Return a context: settings of a user that make other figures, and let text fail."""
    from matplotlib import rc_context

    return lambda: rc_context(
        {"text.usetex": True, "axes.facecolor": "red", "savefig.pad_inches": 1}
    )


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Give a Dask scheduler on this machine with two workers, which are processes."""
    folder = tmp_path_factory.mktemp("dask")
    file = folder / "scheduler.json"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TZ": "UTC"}
    # One death is enough to suspect a task; three more would only take longer.
    environment["DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"] = "0"

    def start(role, *options):
        command = [sys.executable, "-m", f"distributed.cli.dask_{role}"]
        command += ["--scheduler-file", str(file), "--no-dashboard", *options]
        with (folder / f"{role}.log").open("a") as log:
            return subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)

    scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0")
    workers = [start("worker", "--nthreads", "1") for _ in range(2)]
    deadline = time.monotonic() + 60
    while not file.exists() or not file.read_text():
        assert time.monotonic() < deadline, (folder / "scheduler.log").read_text()
        time.sleep(0.05)
    yield SimpleNamespace(address=json.loads(file.read_text())["address"], workers=workers)
    for process in [*workers, scheduler]:
        process.terminate()
        process.wait(30)
