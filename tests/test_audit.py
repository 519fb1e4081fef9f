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

COUNT = 22  # recordings of a class: enough for facts to be judged
SPLITS = ("train", "validation")


def at_level(samples, level):
    """Bring to an RMS level in dB."""
    return samples * 10 ** (level / 20) / np.sqrt(np.mean(samples**2))


@pytest.fixture(scope="module")
def sounds():
    """Give utterances of as many speakers at levels of some -26 dB: real and fake are alike."""
    rng = np.random.default_rng(0)
    names = [(s, c, n) for s in SPLITS for c in ("real", "fake") for n in range(COUNT)]
    return {
        name: at_level(utterance(speaker(seed), rng), rng.normal(-26, 2))
        for seed, name in enumerate(names)
    }


@pytest.fixture
def audited(tmp_path, sounds):
    """Return a function that changes train's fakes, renders, and says what the audit warns of."""

    def run(change=lambda samples: samples, also=lambda audio: None, **drawing):
        for (split, label, number), samples in sounds.items():
            folder = tmp_path / "audio" / split / label
            folder.mkdir(parents=True, exist_ok=True)
            planted = change(samples) if (split, label) == ("train", "fake") else samples
            soundfile.write(folder / f"{number:02d}.flac", planted, RATE)
        also(tmp_path / "audio")
        plan = RenderPlan(dataset=tmp_path / "images", settings=Settings(**drawing))
        render(tmp_path / "audio", plan, Executor(jobs=1))
        return [warning.short for warning in warnings(audit(tmp_path / "images", SPLITS))]

    return run


@pytest.mark.slow
def test_sounds_that_are_alike_are_met_with_silence(audited):
    assert audited() == []


def suspects(found):
    """What alone tells the classes apart."""
    return {line.split(" alone tells real from fake in ")[0] for line in found}


@pytest.mark.slow
def test_low_passed_fakes(audited):
    sections = signal.butter(8, 4_000, fs=RATE, output="sos")
    found = audited(lambda samples: signal.sosfiltfilt(sections, samples))
    assert "bandwidth (empty rows at the top)" in suspects(found)
    assert all(line.endswith("% of train") for line in found)


def test_shorter_fakes(audited):
    # Real ones last 2 s or more, these half as long.
    found = audited(lambda samples: samples[RATE // 2 : RATE // 2 + RATE])
    assert "duration alone tells real from fake in 100 % of train" in found


@pytest.mark.slow
def test_louder_fakes_that_rendering_levels(audited):
    found = suspects(audited(lambda samples: at_level(samples, -15)))
    assert "the level of the recording" in found
    assert "mean brightness (loudness)" not in found


def test_louder_fakes_that_rendering_leaves_as_they_are(audited):
    found = suspects(audited(lambda samples: at_level(samples, -15), level=None))
    assert {"mean brightness (loudness)", "the level of the recording"} <= found


def test_fakes_of_another_codec(audited):
    def encode(audio):
        for path in sorted((audio / "train" / "fake").iterdir()):
            samples, rate = soundfile.read(path)
            soundfile.write(path.with_suffix(".mp3"), samples, rate)
            path.unlink()

    assert "the codec of the file alone tells real from fake in 100 % of train" in audited(
        also=encode
    )


def test_a_copy_across_splits_and_one_that_was_encoded_again(audited):
    def copy(audio):
        for number, suffix in enumerate(("flac", "mp3")):
            samples, rate = soundfile.read(audio / f"train/fake/{number:02d}.flac")
            noise = np.random.default_rng(0).normal(0, 1e-4, len(samples))
            again = samples if suffix == "flac" else 0.5 * samples + noise
            (audio / f"validation/fake/{number:02d}.flac").unlink()
            soundfile.write(audio / f"validation/fake/{number:02d}.{suffix}", again, rate)

    assert audited(also=copy) == [
        "1 picture of validation is an exact copy of a picture of train",
        "1 picture of validation shows nearly the same sound as a picture of train",
    ]
