import csv
from collections import defaultdict

import numpy as np
import pytest
import soundfile
from sklearn.metrics import roc_auc_score

from render.demo.corpus import HEADER, METHODS, SEEN, UNSEEN, make, room
from render.demo.formant_synthesis import RATE, speaker, utterance

pytestmark = pytest.mark.slow  # a corpus is made

COUNT = 20


def tree(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def table(folder):
    with (folder / "manifest.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demonstration")
    make(folder, count=COUNT, jobs=1)
    return folder


@pytest.mark.slow
def test_the_manifest_lists_every_file(corpus):
    rows = table(corpus)
    assert tuple(rows[0]) == HEADER
    assert {row["path"] for row in rows} | {"manifest.csv"} == set(tree(corpus))
    for row in rows:
        assert row["path"] == f"{row['split']}/{row['label']}/{row['utterance']}.flac"
        assert row["source"] == "demonstration"
        assert (row["generator"] == "-") == (row["label"] == "real")


def test_splits_have_their_shares(corpus):
    splits = [row["split"] for row in table(corpus)]
    # A fifth and two fifteenths of 20, rounded down, each once as real and once as fake.
    shares = {split: splits.count(split) for split in set(splits)}
    assert shares == {"train": 28, "validation": 4, "test": 8}


def test_every_utterance_is_a_pair_of_one_length(corpus):
    rows = table(corpus)
    pairs = list(zip(rows[::2], rows[1::2], strict=True))
    assert len(pairs) == COUNT
    for real, fake in pairs:
        assert (real["label"], fake["label"]) == ("real", "fake")
        assert all(real[name] == fake[name] for name in ("split", "speaker", "utterance"))
        about_real, about_fake = (soundfile.info(corpus / row["path"]) for row in (real, fake))
        assert about_real.frames == about_fake.frames >= 2 * RATE
        assert (about_fake.samplerate, about_fake.channels) == (RATE, 1)
        assert about_fake.subtype == "PCM_16"


def test_the_methods_are_those_of_the_measured_figures():
    # As they were when the README's figures were measured: their order decides who gets which.
    measured = {
        "griffin_lim": (0.129946487, 0.080496343, 0.051286198),
        "linear_prediction": (0.119944858, 0.092045002, 0.080664094),
        "smoothed_envelope": (0.025112420, 0.029089569, 0.035010197),
        "phase_randomisation": (0.064974938, 0.149444393, 0.135143073),
    }
    dry = utterance(speaker(0), np.random.default_rng(0))
    assert SEEN == ("griffin_lim", "smoothed_envelope", "phase_randomisation")
    for name, samples in measured.items():
        copy = METHODS[name](dry, RATE, np.random.default_rng(0))
        assert copy[8_000:8_003] == pytest.approx(samples, abs=1e-6)


def test_speakers_and_the_unseen_method_stay_in_their_splits(corpus):
    speakers, methods = defaultdict(set), defaultdict(set)
    for row in table(corpus):
        speakers[row["split"]].add(row["speaker"])
        if row["label"] == "fake":
            methods[row["split"]].add(row["generator"])
    assert speakers["train"].isdisjoint(speakers["validation"])
    assert (speakers["train"] | speakers["validation"]).isdisjoint(speakers["test"])
    assert methods["train"] == set(SEEN)
    assert methods["validation"] <= set(SEEN)
    assert methods["test"] == {UNSEEN, *SEEN}


def test_loudness_and_noise_do_not_tell_the_classes(corpus):
    def facts(row):
        samples, _ = soundfile.read(corpus / row["path"])
        frames = samples[: len(samples) // 320 * 320].reshape(-1, 320)
        power = np.abs(np.fft.rfft(samples)) ** 2
        upper = power[len(power) // 2 :].sum() / power.sum()
        level = np.sqrt((frames**2).mean(axis=1))
        return samples.std(), np.abs(samples).max(), np.percentile(level, 5), upper

    rows = table(corpus)
    fake = [row["label"] == "fake" for row in rows]
    for fact in np.transpose([facts(row) for row in rows]):
        assert 0.35 < roc_auc_score(fake, fact) < 0.65


@pytest.mark.slow
def test_the_seed_and_nothing_else_decides(corpus, tmp_path):
    make(tmp_path / "again", count=COUNT, jobs=2)
    assert tree(tmp_path / "again") == tree(corpus)
    make(tmp_path / "other", count=6, seed=1, jobs=1)
    assert not set(tree(tmp_path / "other").values()) & set(tree(corpus).values())


@pytest.mark.slow
def test_a_killed_call_is_completed_to_the_same_files(tmp_path):
    make(tmp_path, count=6, jobs=1)
    before = tree(tmp_path)
    (tmp_path / "manifest.csv").unlink()
    for number, name in enumerate(sorted(before)[1:]):
        if number % 3 == 0:
            (tmp_path / name).unlink()
    (tmp_path / "train/fake/0123456789abcdef.part").write_bytes(b"half")
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.flac")}
    make(tmp_path, count=6, jobs=1)
    assert tree(tmp_path) == before
    assert 6 < len(kept) < 12
    assert all(path.stat().st_mtime_ns == time for path, time in kept.items())


@pytest.mark.slow
def test_a_complete_corpus_is_left_as_it_is(tmp_path):
    make(tmp_path, count=6, jobs=1)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    make(tmp_path, count=6, jobs=1)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


@pytest.mark.slow
def test_another_corpus_is_refused(tmp_path):
    make(tmp_path, count=6, jobs=1)
    with pytest.raises(ValueError, match="got 12 others, the first test/fake/0-0005.flac"):
        make(tmp_path, count=6, seed=1, jobs=1)


@pytest.mark.parametrize(("count", "seed"), [(5, 0), (6, -1)])
def test_impossible_calls_are_refused(tmp_path, count, seed):
    with pytest.raises(ValueError, match=f"got {count} and {seed}"):
        make(tmp_path, count=count, seed=seed)
    assert not tree(tmp_path)


def test_both_of_a_pair_are_heard_in_the_same_room():
    loud, quiet = (
        room(level * np.random.default_rng(5).standard_normal(RATE), np.random.default_rng(3))
        for level in (0.1, 0.001)
    )
    assert np.allclose(loud, quiet)  # the room sets the level
    other = room(np.random.default_rng(5).standard_normal(RATE), np.random.default_rng(4))
    assert not np.allclose(loud, other)


def test_a_room_echoes_and_decays():
    click = np.zeros(RATE)
    click[100] = 1
    heard = room(click, np.random.default_rng(0))
    assert np.abs(heard).argmax() == 100
    early, late = (np.std(heard[span]) for span in (slice(150, 600), slice(-4_000, None)))
    assert early > 2 * late > 0
