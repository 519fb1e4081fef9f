import shutil
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from scipy.special import expit

from classify.data import manifest
from classify.prediction.pooling import calibrated_trials, score_split
from classify.runs.run import load
from detect.render_settings import stored
from detect.robustness import sweep
from detect.robustness.conditions import RandomCrop, generator
from detect.robustness.sweep import Sweep
from render.augmentation.loudness import rms
from render.dataset import render
from render.decoding.audio import scan_audio
from render.parallel import Executor
from render.spectrogram import draw
from render.worker import RenderPlan

RATE = 16_000
ONE = Executor(jobs=1)


@pytest.fixture(scope="module")
def run(hand_set):
    return load(hand_set)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory, bright, dull):
    """Four test recordings a class, 1.2 to 3 s, and two to train with."""
    folder = tmp_path_factory.mktemp("sweep") / "audio"
    for label, samples in (("real", dull), ("fake", bright)):
        for number in range(6):
            path = folder / ("test" if number < 4 else "train") / label / f"{number}.flac"
            path.parent.mkdir(parents=True, exist_ok=True)
            start = 3_000 * number
            soundfile.write(path, samples[start : start + int((1.2 + 0.6 * number) * RATE)], RATE)
    lines = ["path,source"] + [f"test/real/{n}.flac,s{n % 2}" for n in range(4)]
    lines += [f"test/fake/{n}.flac,s{n % 2}" for n in range(4)]
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture
def audio(recordings, tmp_path):
    """Give a copy of them, to change."""
    return shutil.copytree(recordings, tmp_path / "audio")


def swept(audio, run, tmp_path, *names, split="test", executor=ONE):
    return Sweep(audio, run, tmp_path / "none", split, names, executor)()


def assert_same(llr, expected):
    """As probabilities: a network's last bit is much in the log odds of one near 1."""
    np.testing.assert_allclose(expit(llr), expit(expected), atol=2e-6)


def test_clean_recordings_have_the_scores_of_their_pictures(audio, run, tmp_path):
    images = tmp_path / "images"
    render(audio, RenderPlan(dataset=images, settings=stored(run)), ONE)
    expected = calibrated_trials(run, score_split("", images, run, "test"), manifest.read(images))[
        "recording"
    ]
    scores = swept(audio, run, tmp_path, "clean")
    assert scores.names.tolist() == expected.names.tolist()
    assert scores.labels.tolist() == expected.labels.tolist() == [1] * 4 + [0] * 4
    assert_same(scores.llr, [expected.llr])
    assert (scores.refused, scores.source) == (0, str(audio))
    assert scores.conditions == {"clean": ("", "clean")}
    trials = scores.trials(0)
    assert trials[trials.names == "test/fake/3.flac"]["source"].tolist() == ["s1"]


def test_without_its_top_band_everything_is_taken_for_real(audio, run, tmp_path):
    scores = swept(audio, run, tmp_path, "telephone", "noise-5")
    assert list(scores.conditions) == ["clean", "telephone", "noise-5"]
    clean, telephone, noise = scores.llr
    fake = scores.labels == 1
    # The run's network looks at nothing but how bright 6 to 8 kHz are.
    assert (clean[fake] < 0).all()
    assert (clean[~fake] > 0).all()
    assert (telephone > 0).all()
    assert (noise < clean).all()


def test_a_codec_is_judged_by_its_own_calibration(audio, make_run, tmp_path):
    line = {"codec": "opus", "bit_rate_kbps": 24, "uncertain": [0.5, 0.5]}
    line["calibration"] = {"slope": 0.5, "offset": 1.0}
    names = ("opus-16", "opus-32", "mp3-64")
    results = [
        swept(audio, load(make_run(tmp_path / name, codecs=codecs)), tmp_path, *names)
        for name, codecs in (("plain", []), ("codec", [line]))
    ]
    plain, codec = (dict(zip(one.conditions, one.llr, strict=True)) for one in results)
    np.testing.assert_allclose(codec.pop("opus-16"), 0.5 * plain.pop("opus-16") + 1)
    np.testing.assert_equal(codec, plain)


def test_what_is_too_short_for_an_excerpt_is_left_out_there(audio, run, tmp_path):
    scores = swept(audio, run, tmp_path, "length-1", "length-2", "length-4")
    short = np.isnan(scores.llr)
    # 1.2, 1.8, 2.4 and 3 s a class, and trimming takes a little of each.
    assert short.sum(axis=1).tolist() == [0, 0, 4, 8]
    assert [name[-6] for name in scores.names[~short[2]]] == ["2", "3", "2", "3"]


def test_an_excerpt_is_a_piece_of_what_trimming_leaves_and_drawn_whole(audio, run, tmp_path):
    scores = swept(audio, run, tmp_path, "length-1")
    settings = stored(run)
    for name, score in zip(scores.names, scores.llr[1], strict=True):
        sound = scan_audio(audio / name, RATE)
        samples, loud = np.concatenate(list(sound.blocks())), sound.envelope.loud(settings.trim)
        piece = RandomCrop(1.0)(samples[loud.start : loud.end], RATE, generator(name, "length-1"))
        image = draw(piece * np.float32(0.1 / rms(piece)), settings)  # -20 dB are 0.1
        assert_same(score, (60 - image[:64].mean()) / 10)


@pytest.mark.slow
def test_a_sweep_repeats_itself_in_any_number_of_processes(audio, run, tmp_path):
    names = ("noise-10", "room-far", "length-1")
    alone = swept(audio, run, tmp_path, *names)
    parallel = swept(audio, run, tmp_path, *names, executor=Executor(jobs=2))
    assert parallel.names.tolist() == alone.names.tolist()
    assert_same(parallel.llr, alone.llr)


def test_unreadable_recordings_are_named_and_skipped(audio, run, tmp_path, capsys):
    (audio / "test/real/text.wav").write_text("hello")
    soundfile.write(audio / "test/fake/silent.wav", np.zeros(RATE), RATE)
    scores = swept(audio, run, tmp_path, "gsm")
    assert (len(scores.names), scores.refused) == (8, 2)
    lines = sorted(capsys.readouterr().err.splitlines())
    assert lines[0] == "evaluate: test/fake/silent.wav: clean: expected sound, got silence"
    assert lines[1].startswith("evaluate: test/real/text.wav: expected audio or video, got ")
    for path in audio.rglob("*.flac"):
        path.write_text("hello")
    with pytest.raises(ValueError, match="expected recordings that can be read in .*, got none"):
        swept(audio, run, tmp_path, "gsm")


def test_splits_are_those_of_the_pictures_where_these_name_a_recording(audio, run, tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    rows = ["x.png,test/real/0.flac,train", "y.png,train/fake/4.flac,test", "z.png,other.wav,test"]
    (images / "manifest.csv").write_text("\n".join(["path,recording,split", *rows]) + "\n")
    names = Sweep(audio, run, images, "test", ["clean"], ONE).recordings
    assert "test/real/0.flac" not in names
    assert "train/fake/4.flac" in names
    assert len(names) == 8


def test_of_a_long_recording_the_beginning_is_judged(audio, run, tmp_path, bright, monkeypatch):
    monkeypatch.setattr(sweep, "LONGEST", 2.0)
    for name, samples in (("long", bright), ("short", bright[: 2 * RATE])):
        soundfile.write(audio / f"test/fake/{name}.wav", samples, RATE)
    scores = swept(audio, run, tmp_path, "noise-5")
    llr = dict(zip(scores.names, scores.llr[0], strict=True))
    assert_same(llr["test/fake/long.wav"], llr["test/fake/short.wav"])


def test_an_ensemble_is_judged_as_one_run(audio, run, make_run, tmp_path):
    folder = make_run(tmp_path / "ensemble", members=["a", "b"])
    for name in "ab":
        make_run(folder / name)
    alone = swept(audio, run, tmp_path, "clean")
    assert_same(swept(audio, load(folder), tmp_path, "clean").llr, alone.llr)


def test_the_positive_class_is_the_last_of_the_run(audio, run, tmp_path):
    scores = swept(audio, replace(run, classes=("FAKE", "real")), tmp_path, "clean")
    assert scores.labels.tolist() == [0] * 4 + [1] * 4
    assert all(
        ("real" in name) == label for name, label in zip(scores.names, scores.labels, strict=True)
    )


@pytest.mark.parametrize(
    ("changes", "arguments", "message"),
    [
        ({}, {"names": ["loud"]}, "expected conditions .* got loud"),
        ({"classes": ("cat", "dog")}, {}, "expected a run that tells real from fake, got one of c"),
        ({"shape": (64, 61)}, {}, "to give pictures of 64 x 61 pixels"),
    ],
)
def test_an_impossible_sweep_is_refused_at_once(audio, run, tmp_path, changes, arguments, message):
    given = {"split": "test", "names": ["clean"], **arguments}
    with pytest.raises(ValueError, match=message):
        Sweep(audio, replace(run, **changes), tmp_path, executor=ONE, **given)


def test_no_recordings_are_refused(audio, run, tmp_path):
    shutil.rmtree(audio / "train")
    with pytest.raises(ValueError, match="expected recordings of the validation split in .*, got "):
        Sweep(audio, run, tmp_path, "validation")
    with pytest.raises(ValueError, match="expected a folder of recordings or a CSV"):
        Sweep(tmp_path / "nowhere", run, tmp_path, "test")
