from collections import Counter
from pathlib import Path

import pytest

from render.copysynthesis.corpus import Corpus
from render.copysynthesis.plan import CopyOptions, choose_methods, plan_copies
from render.recording import Recording
from render.vocoders.registry import OURS, vocoder_type

REAL = Path("/audio/real")


def recording(name, split="", label="real"):
    return Recording(REAL / name, name, split, label)


def paired(*recordings, fake="/audio/fake", corpus=None, **options):
    where = corpus or Corpus(Path("/audio"), "real", "fake")
    return list(plan_copies(recordings, REAL, Path(fake), where, CopyOptions(**options)))


def test_a_copy_lies_where_its_original_lies():
    (job,) = paired(recording("Ann/one two.WAV"))
    assert job.path.parent == Path("/audio/fake/Ann")
    assert job.path.name.startswith(f"one_two-{job.method}-")
    assert job.path.suffix == ".WAV"


@pytest.mark.parametrize(
    ("name", "split", "copies", "folder"),
    [
        ("training/Bonafide/x/a.wav", "train", "forged", "training/fake/x"),
        ("real/train/a.wav", "train", "", "fake/train"),
        ("train/a.wav", "train", "fake", "train"),
        ("train/a.wav", "train", "forged", "fake/train"),
        ("a.wav", "", "", "fake"),
    ],
)
def test_folders_say_fake_once(name, split, copies, folder):
    corpus = Corpus(Path("/audio"), None, copies)
    (job,) = paired(recording(name, split), fake="/out", corpus=corpus)
    assert job.path.parent == Path("/out") / folder


@pytest.mark.parametrize(
    ("copies", "split"), [("real/forged", ""), ("test/forged", "train"), ("train", "")]
)
def test_a_place_that_says_something_else_is_refused(copies, split):
    corpus = Corpus(Path("/audio"), "real", copies)
    with pytest.raises(ValueError, match="expected"):
        paired(recording("a.wav", split), corpus=corpus)


def test_only_real_recordings_of_the_splits_are_copied():
    recordings = [
        recording("a.wav", "train"),
        recording("b.wav", "train", "fake"),
        recording("c.wav", "test"),
        recording("d.wav", "validation"),
    ]
    assert [job.source.name for job in paired(*recordings)] == ["a.wav"]
    both = paired(*recordings, splits=("test", "train"))
    assert [job.source.name for job in both] == ["a.wav", "c.wav"]
    assert [job.source.name for job in paired(recording("a.wav"))] == ["a.wav"]


def test_copies_of_one_recording_have_different_methods_and_names():
    plan = paired(recording("a.wav"), copies=len(OURS))
    assert {job.method for job in plan} == set(OURS)
    assert len({job.path for job in plan}) == len({job.seed for job in plan}) == len(OURS)


def test_more_copies_keep_the_fewer():
    names = [f"{number}.wav" for number in range(20)]
    few, many = (paired(*map(recording, names), copies=count) for count in (2, 5))
    assert {job.path for job in few} < {job.path for job in many}


def test_another_method_changes_no_more_than_its_share():
    names = [f"{number}.wav" for number in range(2_000)]
    before = [choose_methods(name, CopyOptions(methods=OURS[:-1])) for name in names]
    after = [choose_methods(name, CopyOptions(methods=OURS)) for name in names]
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert all(new == [OURS[-1]] for new in changed)
    # One in 4 of 2000, half of the neural half, give or take 3 standard deviations of
    # sqrt(2000 / 4 * 3 / 4).
    assert 442 < len(changed) < 558
    assert choose_methods("a.wav", CopyOptions(methods=OURS)) == choose_methods(
        "a.wav", CopyOptions(methods=OURS[::-1])
    )


def test_families_and_in_them_all_methods_are_used_alike():
    counts = Counter(choose_methods(f"{number}.wav", CopyOptions())[0] for number in range(2_400))
    assert set(counts) == set(OURS)
    for method, count in counts.items():
        share = 2_400 / 2 / sum(vocoder_type(one) == vocoder_type(method) for one in OURS)
        assert abs(count - share) < 3.7 * (share * (1 - share / 2_400)) ** 0.5


def test_several_copies_are_of_several_families():
    plans = [choose_methods(f"{number}.wav", CopyOptions(copies=3)) for number in range(50)]
    assert all(
        {vocoder_type(first), vocoder_type(second)} == {"classic", "neural"}
        for first, second, _ in plans
    )
    assert {vocoder_type(first) for first, *_ in plans} == {"classic", "neural"}
    several = choose_methods(
        "a.wav", CopyOptions(methods=("world", "mine", "zero_phase"), copies=3)
    )
    assert {vocoder_type(method) for method in several[:2]} == {"classic", "other"}


def test_the_seed_changes_methods_and_sounds():
    names = [recording(f"{number}.wav") for number in range(50)]
    first, second = paired(*names), paired(*names, seed=1)
    assert [job.method for job in first] != [job.method for job in second]
    assert not {job.seed for job in first} & {job.seed for job in second}
    assert not {job.path for job in first} & {job.path for job in second}


def test_names_that_read_alike_stay_apart():
    first, second = paired(recording("a b.wav"), recording("a_b.wav"), methods=("world",))
    assert first.path != second.path


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"copies": 0}, "expected 1 to 14 copies, one a method, got 0"),
        ({"copies": 2, "methods": ("world",)}, "expected 1 to 1 copies, one a method, got 2"),
        ({"seed": -1}, "expected a seed of 0 or more, got -1"),
        ({"splits": ("dev",)}, "expected splits among train, validation, test, got dev"),
        ({"splits": ()}, "expected splits among train, validation, test, got none"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        CopyOptions(**options)
