from collections import Counter
from pathlib import Path

import pytest

from render.copysynthesis.corpus import Corpus
from render.copysynthesis.plan import CopyOptions, methods, tasks
from render.recording import Recording
from render.vocoders.registry import OURS, vocoder_type

REAL = Path("/audio/real")


def recording(name, split="", label="real"):
    return Recording(REAL / name, name, split, label)


def paired(*recordings, fake="/audio/fake", corpus=None, **wish):
    where = corpus or Corpus(Path("/audio"), "real", "fake")
    return list(tasks(recordings, REAL, Path(fake), where, CopyOptions(**wish)))


def test_a_copy_lies_where_its_original_lies():
    (task,) = paired(recording("Ann/one two.WAV"))
    assert task.path.parent == Path("/audio/fake/Ann")
    assert task.path.name.startswith(f"one_two-{task.method}-")
    assert task.path.suffix == ".WAV"


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
    (task,) = paired(recording(name, split), fake="/out", corpus=corpus)
    assert task.path.parent == Path("/out") / folder


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
    assert [task.original.name for task in paired(*recordings)] == ["a.wav"]
    both = paired(*recordings, splits=("test", "train"))
    assert [task.original.name for task in both] == ["a.wav", "c.wav"]
    assert [task.original.name for task in paired(recording("a.wav"))] == ["a.wav"]


def test_copies_of_one_recording_have_different_methods_and_names():
    plan = paired(recording("a.wav"), copies=len(OURS))
    assert {task.method for task in plan} == set(OURS)
    assert len({task.path for task in plan}) == len({task.seed for task in plan}) == len(OURS)


def test_more_copies_keep_the_fewer():
    names = [f"{number}.wav" for number in range(20)]
    few, many = (paired(*map(recording, names), copies=count) for count in (2, 5))
    assert {task.path for task in few} < {task.path for task in many}


def test_another_method_changes_no_more_than_its_share():
    names = [f"{number}.wav" for number in range(2_000)]
    before = [methods(name, CopyOptions(methods=OURS[:-1])) for name in names]
    after = [methods(name, CopyOptions(methods=OURS)) for name in names]
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert all(new == [OURS[-1]] for new in changed)
    # One in 4 of 2000, half of the neural half, give or take 3 standard deviations of
    # sqrt(2000 / 4 * 3 / 4).
    assert 442 < len(changed) < 558
    assert methods("a.wav", CopyOptions(methods=OURS)) == methods(
        "a.wav", CopyOptions(methods=OURS[::-1])
    )


def test_families_and_in_them_all_methods_are_used_alike():
    counts = Counter(methods(f"{number}.wav", CopyOptions())[0] for number in range(2_400))
    assert set(counts) == set(OURS)
    for method, count in counts.items():
        share = 2_400 / 2 / sum(vocoder_type(one) == vocoder_type(method) for one in OURS)
        assert abs(count - share) < 3.7 * (share * (1 - share / 2_400)) ** 0.5


def test_several_copies_are_of_several_families():
    plans = [methods(f"{number}.wav", CopyOptions(copies=3)) for number in range(50)]
    assert all(
        {vocoder_type(first), vocoder_type(second)} == {"classic", "neural"}
        for first, second, _ in plans
    )
    assert {vocoder_type(first) for first, *_ in plans} == {"classic", "neural"}
    several = methods("a.wav", CopyOptions(methods=("world", "mine", "zero_phase"), copies=3))
    assert {vocoder_type(method) for method in several[:2]} == {"classic", "other"}


def test_the_seed_changes_methods_and_sounds():
    names = [recording(f"{number}.wav") for number in range(50)]
    first, second = paired(*names), paired(*names, seed=1)
    assert [task.method for task in first] != [task.method for task in second]
    assert not {task.seed for task in first} & {task.seed for task in second}
    assert not {task.path for task in first} & {task.path for task in second}


def test_names_that_read_alike_stay_apart():
    first, second = paired(recording("a b.wav"), recording("a_b.wav"), methods=("world",))
    assert first.path != second.path


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"copies": 0}, "expected 1 to 14 copies, one a method, got 0"),
        ({"copies": 2, "methods": ("world",)}, "expected 1 to 1 copies, one a method, got 2"),
        ({"seed": -1}, "expected a seed of 0 or more, got -1"),
        ({"splits": ("dev",)}, "expected splits among train, validation, test, got dev"),
        ({"splits": ()}, "expected splits among train, validation, test, got none"),
    ],
)
def test_impossible_wishes_are_refused(wish, message):
    with pytest.raises(ValueError, match=message):
        CopyOptions(**wish)
