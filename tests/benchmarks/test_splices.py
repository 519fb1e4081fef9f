"""Splices of tones, whose stretch can be heard, and both commands on a few of speech-like sound."""

import csv
import json
import re

import numpy as np
import pytest
import soundfile

from benchmarks.calibrate_segments import fit_limit
from benchmarks.support.splices import collect, splices
from tests.detect.conftest import bright, dull  # noqa: F401

RATE = 16_000


def write(folder, clips, splits=("train",)):
    """Write clips of (label, source), each into every split, with a manifest."""
    rows = []
    for split in splits:
        for number, (label, source, samples) in enumerate(clips):
            name = f"{split}/{label}/{source}-{number}.wav"
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(folder / name, samples, RATE)
            rows.append((name, split, label, source))
    with (folder / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("path", "split", "label", "source"), *rows])
    return [name for name, *_ in rows]


def tone(frequency, seconds, loudness):
    time = np.arange(round(seconds * RATE)) / RATE
    return loudness * np.sin(2 * np.pi * frequency * time)


@pytest.fixture
def tones(tmp_path):
    """Give recordings whose real sources are of 300 and 400 Hz, and whose fakes are of 3 kHz."""
    clips = [("real", "low", tone(300, 2.3, 0.1 * at)) for at in range(1, 9)]
    clips += [("real", "lower", tone(400, 3.1, 0.3)) for _ in range(4)]
    clips += [("fake", "high", tone(3_000, 2.3, 0.02 * at)) for at in range(1, 5)]
    clips += [("real", "short", tone(500, 2.3, 0.1)), ("fake", "brief", tone(5_000, 1.0, 0.1))]
    write(tmp_path, clips)
    return collect(tmp_path)


def high(samples):
    """Seconds of the first and the last sample that sound at 3 kHz, to 10 ms."""
    frames = samples[: len(samples) // 160 * 160].reshape(-1, 160)
    level = np.abs(np.fft.rfft(frames, axis=1))[:, 30]  # 100 Hz a bin
    loud = np.flatnonzero(level > 0.5 * level.max())
    return loud[0] / 100, (loud[-1] + 1) / 100


@pytest.mark.slow
def test_a_stretch_is_where_it_is_said_to_be(tones):
    made = list(splices(tones, 12, RATE))
    assert [splice.fake is None for splice in made] == [True, False] * 12
    for splice in made:
        assert 19.9 <= len(splice.samples) / RATE <= 2 * 8 * 2.3 + 0.1
        assert splice.source in ("low", "lower")  # the third has too little
        level = np.sqrt(np.square(splice.samples).reshape(-1)[: RATE * 19].reshape(-1, 800).mean(1))
        assert level == pytest.approx(0.05, rel=0.4)  # also in the joints
        if splice.fake:
            start, end = splice.fake
            assert 1.9 <= end - start <= 9.2 + 0.1
            assert high(splice.samples) == pytest.approx((start, end), abs=0.03)
        else:
            spectrum = np.abs(np.fft.rfft(splice.samples))
            assert spectrum[2_900 * len(splice.samples) // RATE :].max() < 0.01 * spectrum.max()


def test_splices_depend_on_the_seed_alone(tones):
    def first(seed):
        return next(splices(tones, 1, RATE, seed)).samples

    np.testing.assert_array_equal(first(0), first(0))
    assert not np.array_equal(first(0), first(1))


def test_without_a_source_that_is_long_enough_there_are_no_splices(tones):
    fakes = [recording for recording in tones if recording.label == "fake"]
    with pytest.raises(ValueError, match="expected a real source of 10 s, got 0 with less"):
        next(splices(fakes, 1, RATE))


def test_the_limit_is_what_one_in_twenty_exceed_whatever_their_length():
    rng = np.random.default_rng(0)
    seconds = rng.uniform(20, 120, 2_000)
    statistics = 2 + 0.5 * np.log(seconds / 60) + rng.exponential(0.5, 2_000)
    limit = fit_limit(statistics, seconds)
    assert limit["scale"] == pytest.approx(0.5, rel=0.2)
    exceeds = statistics - limit["scale"] * np.log(seconds / 60) > limit["threshold"]
    assert exceeds.mean() == pytest.approx(0.05, abs=0.001)
    assert exceeds[seconds > 100].mean() == pytest.approx(0.05, abs=0.03)


@pytest.mark.slow
def test_a_run_is_calibrated_and_then_finds_stretches(bench, make_run, tmp_path, bright, dull):  # noqa: F811
    clips = [("real", "dull", dull[at : at + 3 * RATE]) for at in range(0, 2 * RATE, RATE // 2)]
    clips += [("fake", "bright", bright[: 3 * RATE]), ("fake", "bright", bright[2 * RATE :])]
    names = write(tmp_path / "corpus", clips, ("train", "test"))
    run = make_run(tmp_path / "run")
    status, _ = bench("splices", tmp_path / "corpus", run, "--count", 1)
    assert status == 2  # not calibrated yet
    with (run / "validation.csv").open("w", newline="") as file:
        rows = [(name, "", 0.0) for name in names if name.startswith("train")]
        csv.writer(file).writerows([("name", "label", "llr"), *rows])
    record = (run / "run.json").read_text()
    (run / "run.json").write_text(json.dumps({**json.loads(record), "group": "source"}))
    status, _ = bench("calibrate_segments", tmp_path / "corpus", run, "--count", 4)
    assert status == 2  # a refit has met all recordings
    (run / "run.json").write_text(record)
    status, text = bench("calibrate_segments", tmp_path / "corpus", run, "--count", 4)
    assert status == 0
    segments = json.loads((run / "run.json").read_text())["segments"]
    assert json.loads(text.splitlines()[0]) == segments
    assert (segments["recordings"], segments["sources"]) == (4, 1)
    status, text = bench("splices", tmp_path / "corpus", run, "--count", 4)
    share = re.search(r"^stretches of 4 s and more: (\S+)   bar 0.8: (\w+)$", text, re.MULTILINE)
    assert (float(share[1]), share[2], status) == (1.0, "met", 0)
