"""Sounds to pictures to an audit: planted shortcuts are found, through rendering and all."""

import numpy as np
import pytest
import soundfile
from scipy import signal

from classify.audit.audit import audit
from classify.audit.findings import warnings
from render.dataset import render
from render.demo.formant_synthesis import RATE, speaker, utterance
from render.parallel import Executor
from render.settings import Settings
from render.worker import RenderPlan

pytestmark = pytest.mark.slow  # tests/classify/audit finds the same in drawn pictures
COUNT = 22  # recordings of a class: enough for confounders to be judged
SPLITS = ("train", "validation", "test")


def at_level(samples, level):
    """Bring to an RMS level in dB."""
    return samples * 10 ** (level / 20) / np.sqrt(np.mean(samples**2))


def low_passed(samples):
    sections = signal.butter(8, 4_000, fs=RATE, output="sos")
    return signal.sosfiltfilt(sections, samples)


def shorter_and_louder(samples):
    # Real ones last 2 s or more and have a level of some -26 dB.
    return at_level(samples[RATE // 2 : RATE // 2 + RATE], -15)


@pytest.fixture(scope="module")
def sounds():
    """Give utterances of as many speakers at levels of some -26 dB: real and fake are alike."""
    rng = np.random.default_rng(0)
    names = [(s, c, n) for s in SPLITS for c in ("real", "fake") for n in range(COUNT)]
    return {
        name: at_level(utterance(speaker(seed), rng), rng.normal(-26, 2))
        for seed, name in enumerate(names)
    }


def write(folder, sounds, plant):
    """Write sounds, changed by split and class by a function, and in the format of a suffix."""
    for (split, label, number), samples in sounds.items():
        change, suffix = plant.get((split, label), (np.copy, "flac"))
        path = folder / "audio" / split / label / f"{number:02d}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, change(samples), RATE)


def audited(folder, splits, **settings):
    plan = RenderPlan(dataset=folder / "images", settings=Settings(**settings))
    render(folder / "audio", plan, Executor(jobs=1))
    return [warning.problem for warning in warnings(audit(folder / "images", splits))]


@pytest.fixture(scope="module")
def found(tmp_path_factory, sounds):
    """Give the warnings about sounds with a shortcut in each split but train, and two copies."""
    folder = tmp_path_factory.mktemp("audit")
    validation, test = (low_passed, "flac"), (shorter_and_louder, "mp3")
    write(folder, sounds, {("validation", "fake"): validation, ("test", "fake"): test})
    audio = folder / "audio"
    for number, suffix in enumerate(("flac", "mp3")):
        samples, rate = soundfile.read(audio / f"train/real/{number:02d}.flac")
        noise = np.random.default_rng(0).normal(0, 1e-4, len(samples))
        (audio / f"validation/real/{number:02d}.flac").unlink()
        copy = samples if suffix == "flac" else 0.5 * samples + noise
        soundfile.write(audio / f"validation/real/{number:02d}.{suffix}", copy, rate)
    return audited(folder, SPLITS)


def suspects(found, split):
    """Properties that alone tell the classes of a split apart."""
    claims = [line.split(" alone tells real from fake in ") for line in found if " alone " in line]
    return {phrase for phrase, where in claims if f"% of {split}" in where}


def test_sounds_that_are_alike_are_met_with_silence(found):
    assert not [line for line in found if "alone" in line and "train" in line]


def test_low_passed_fakes(found):
    assert "bandwidth (empty rows at the top)" in suspects(found, "validation")
    other = {"duration", "the level of the recording", "the codec of the file"}
    assert not suspects(found, "validation") & other


def test_shorter_fakes_of_another_codec(found):
    for phrase in ("duration", "the codec of the file"):
        assert f"{phrase} alone tells real from fake in 100 % of test" in found


def test_louder_fakes_that_rendering_levels(found):
    assert "the level of the recording" in suspects(found, "test")
    assert "mean brightness (loudness)" not in suspects(found, "test")


def test_a_copy_across_splits_and_one_that_was_encoded_again(found):
    assert [line for line in found if "alone" not in line] == [
        "1 picture of validation is an exact copy of a picture of train",
        "1 picture of validation shows nearly the same sound as a picture of train",
    ]


def test_louder_fakes_that_rendering_leaves_as_they_are(tmp_path, sounds):
    some = {name: samples for name, samples in sounds.items() if name[0] == "train" or not name[2]}
    write(tmp_path, some, {("train", "fake"): (lambda samples: at_level(samples, -15), "flac")})
    found = suspects(audited(tmp_path, ["train"], level=None), "train")
    assert {"mean brightness (loudness)", "the level of the recording"} <= found
