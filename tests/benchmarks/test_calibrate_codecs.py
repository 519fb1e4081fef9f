"""Calibrations for codecs: what is fitted and kept, and the command on a few recordings."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks.calibrate_codecs import MEASURED, judge, some_of_each_source
from classify.metrics.trials import Trials
from classify.runs.run import Calibration, Run
from detect.robustness import sweep
from detect.robustness.conditions import CONDITIONS
from render.augmentation.effects import Coding
from render.recording import Recording
from tests.detect.conftest import bright, dull  # noqa: F401

RATE = 16_000


def scores(labels, llr, sources):
    return Trials(np.arange(len(labels)).astype(str), labels, llr, {"source": sources})


def made(offset, count=400):
    """Scores of 20 sources a class that are right but for an offset."""
    rng = np.random.default_rng(0)
    labels = np.arange(count) % 2
    llr = rng.normal(np.where(labels == 1, -2, 2), 2)
    sources = np.char.add(np.where(labels == 1, "f", "r"), (np.arange(count) // 2 % 20).astype(str))
    return scores(labels, llr + offset, sources)


USUAL = Calibration()


def run(calibration=USUAL):
    known = {"training": {"risk": 0.05}, "classes": ("real", "fake"), "shape": (8, 8), "prior": 0.5}
    return Run(
        folder=Path(), **known, fingerprint="", calibration=calibration, uncertain=(0.4, 0.6)
    )


def test_a_calibration_is_kept_if_it_helps_on_other_sources():
    fitted, line = judge(made(-4), run())
    calibration, band = fitted.calibration, fitted.uncertain
    assert calibration.slope == pytest.approx(1, abs=0.15)
    assert calibration.offset == pytest.approx(4, abs=0.6)
    assert line.startswith("real called fake 0.8")
    assert line.endswith("(400 recordings of 40 sources)")
    # So wide that 19 of 20 verdicts are right.
    before, after = (float(part) for part in re.search(r"right (\S+) -> (\S+) ", line).groups())
    assert before < 0.6
    assert after == pytest.approx(0.95, abs=0.015)
    assert band[0] + band[1] == pytest.approx(1)
    assert judge(made(-4), run(calibration))[0] is None  # it helps no more
    few = scores(np.array([0, 0, 1]), np.zeros(3), np.array(list("abc")))
    assert judge(few, run())[0] is None


def test_a_few_recordings_of_each_source_are_judged():
    counts = {"large": 35, "small": 3, "": 12}
    names = [f"{source}-{number:02d}" for source, n in counts.items() for number in range(n)]
    recordings = [
        Recording(Path(name), name, label="real", split="train", metadata={"source": name[:-3]})
        for name in reversed(names)
    ]
    found = [recording.name for recording in some_of_each_source(recordings)]
    assert sorted(found) == found
    large = [int(name[-2:]) for name in found if name.startswith("large")]
    assert len(large) == 10
    assert (large[0], large[-1]) == (0, 34)
    assert set(np.diff(large)) <= {3, 4}
    assert [name for name in found if not name.startswith("large")] == [
        name for name in sorted(names) if not name.startswith("large")
    ]


def test_what_is_measured_is_a_codec_at_the_rate_that_it_holds_for():
    for codec, most, condition in MEASURED:
        coding = CONDITIONS[condition].degrade
        assert isinstance(coding, Coding)
        assert coding.codec == codec
        assert most / 2 <= coding.strength <= most


@pytest.mark.slow
def test_a_run_gets_its_calibrations(bench, make_run, tmp_path, bright, dull):  # noqa: F811
    names = []
    for label, samples in (("real", dull), ("fake", bright)):
        for number in range(4):
            path = tmp_path / "corpus/train" / label / f"{number}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, samples[4_000 * number :][: 2 * RATE], RATE)
            names.append(path.relative_to(tmp_path / "corpus").as_posix())
    # It calls everything fake.
    calibration = {"slope": 1.0, "offset": -20.0}
    run = make_run(tmp_path / "run", calibration=calibration, training={"risk": 0.05})
    status, _ = bench("calibrate_codecs", tmp_path / "corpus", run, "--jobs", 1)
    assert status == 2  # it does not say which recordings it has not met
    with (run / "validation.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("name", "label", "llr"), *((name, "", 0.0) for name in names)])
    status, text = bench("calibrate_codecs", tmp_path / "corpus", run, "--jobs", 1)
    assert status == 0
    assert [line.partition(":")[0] for line in text.splitlines()] == [
        CONDITIONS[condition].title for *_, condition in MEASURED
    ]
    assert "real called fake 1.000 -> " in text
    codecs = json.loads((run / "run.json").read_text())["codecs"]
    assert [(one["codec"], one["bit_rate_kbps"]) for one in codecs] == [
        (codec, most) for codec, most, _ in MEASURED
    ]
    assert all(one["calibration"]["offset"] > -20 for one in codecs)
    # Measured again, the calibrations of before do not count.
    sweep._run.cache_clear()
    assert bench("calibrate_codecs", tmp_path / "corpus", run, "--jobs", 1) == (0, text)
