import json
from pathlib import Path

import pytest

from render.decoding.audio import SourceFile
from render.index import Index
from render.layouts.walk import Ignored
from render.png import PictureSource
from render.recording import Failure, Recording
from render.summary import Drawn

ORIGINAL = SourceFile(
    sample_rate=16_000,
    channels=1,
    codec="FLAC/PCM_16",
    bit_rate_kbps=1,
    recording_s=1.5,
    level_db=-20.0,
)


def recording(name, label="real", split="train", **metadata):
    return Recording(Path("/audio") / name, name, split, label, metadata)


def source(name, **fields):
    defaults = {"sha256": "x", "clip": 0, "clips": 1, "start_s": 0.0, "duration_s": 1.5}
    return PictureSource(recording=name, file=ORIGINAL, **{**defaults, **fields})


def filled(*items, group=None):
    index = Index()
    index.fill(items, group)
    return index


def names(index):
    return [(each.name, each.split, each.label) for each in index.recordings()]


def test_recordings_come_back_whole_and_by_name():
    odd = Recording(Path("/audio/\udcff.wav"), "b\\xff.wav", "test", "fake", {"speaker": "Ann"})
    index = filled(odd, recording("a.wav"))
    assert list(index.recordings()) == [recording("a.wav"), odd]


def test_more_recordings_than_are_read_at_once():
    index = filled(*(recording(f"{number:05d}.wav") for number in range(2_500)))
    found = []
    for each in index.recordings():  # and the index is written to meanwhile, as in a rendering
        index.note(Drawn(each.name, [(each.name, source(each.name))], fresh=True))
        found.append(each.name)
    assert found == [f"{number:05d}.wav" for number in range(2_500)]


def test_what_is_named_twice_alike_counts_once():
    index = filled(recording("a.wav"), recording("a.wav"))
    assert names(index) == [("a.wav", "train", "real")]
    assert list(index.failures()) == []


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (recording("a.wav", "fake"), "train/real and train/fake"),
        (recording("a.wav", split="test"), "train/real and test/real"),
    ],
)
def test_a_recording_with_two_meanings_is_refused(second, words):
    index = filled(recording("a.wav"), recording("b.wav"), second, second)
    assert names(index) == [("b.wav", "train", "real")]
    assert list(index.failures()) == [
        Failure("a.wav", f"expected one class and split, got {words}")
    ]


def test_files_that_were_not_looked_at_are_counted():
    assert filled(Ignored(".txt"), Ignored(".txt"), Ignored("no suffix")).ignored == {
        ".txt": 2,
        "no suffix": 1,
    }


def test_shares_of_a_hashed_split_are_8_to_1_to_1():
    index = filled(*(recording(f"{number}.wav", split="") for number in range(10_000)))
    index.assign_splits()
    splits = [split for _, split, _ in names(index)]
    # Standard deviations are 40 and 30.
    assert splits.count("train") == pytest.approx(8_000, abs=200)
    assert splits.count("validation") == pytest.approx(1_000, abs=150)


def test_a_hashed_split_does_not_move_when_others_come():
    few, more = (
        filled(*(recording(f"{number}.wav", split="") for number in range(count)))
        for count in (500, 600)
    )
    few.assign_splits()
    more.assign_splits()
    assert set(names(few)) < set(names(more))


def test_few_recordings_leave_no_split_empty():
    for count in (3, 4, 5, 8, 13):
        for seed in range(5):
            index = filled(
                *(
                    recording(f"{seed}/{label}/{number}.wav", label, "")
                    for label in ("real", "fake")
                    for number in range(count)
                )
            )
            index.assign_splits()
            for label in ("real", "fake"):
                splits = {split for _, split, other in names(index) if other == label}
                assert splits == {"train", "validation", "test"}


def test_a_group_stays_on_one_side():
    index = filled(
        *(
            recording(f"{number}.wav", ("real", "fake")[number % 2], "", speaker=f"s{number % 7}")
            for number in range(70)
        ),
        group="speaker",
    )
    index.assign_splits()
    sides = {}
    for each in index.recordings():
        sides.setdefault(each.metadata["speaker"], set()).add(each.split)
    assert all(len(side) == 1 for side in sides.values())
    assert set.union(*sides.values()) == {"train", "validation", "test"}


def test_a_missing_validation_split_is_taken_from_the_training_recordings():
    test = [recording(f"t{number}.wav", split="test") for number in range(50)]
    index = filled(*(recording(f"{number}.wav") for number in range(1_000)), *test)
    index.assign_splits()
    splits = [split for name, split, _ in names(index) if not name.startswith("t")]
    assert splits.count("validation") == pytest.approx(100, abs=30)  # standard deviation 9.5
    assert splits.count("test") == 0
    assert [split for name, split, _ in names(index) if name.startswith("t")] == ["test"] * 50


def test_where_only_some_have_a_split_the_others_are_failures():
    index = filled(
        recording("a.wav"), recording("b.wav", split=""), recording("c.wav", split="test")
    )
    index.assign_splits()
    assert [name for name, _, _ in names(index)] == ["a.wav", "c.wav"]
    assert [failure.recording for failure in index.failures()] == ["b.wav"]


def test_a_picture_is_told_with_its_recording_and_ours_goes_before_theirs():
    index = filled(recording("a.wav", speaker="Ann", codec="gsm"))
    pictures = [
        ("train/real/b.png", source("a.wav", variant=1, augmentation="noise")),
        ("train/real/a.png", source("a.wav", start_s=2.0)),
    ]
    index.note(Drawn("a.wav", pictures, fresh=True))
    first, second = index.pictures()
    assert (first["path"], first["start_s"], first["variant"]) == ("train/real/a.png", 2.0, 0)
    assert (second["variant"], second["augmentation"]) == (1, "noise")
    assert (first["speaker"], first["codec"], first["recording"]) == ("Ann", "FLAC/PCM_16", "a.wav")
    assert index.has_picture("train/real/a.png")
    assert not index.has_picture("train/real/c.png")


def test_counts_are_by_split_and_class():
    index = filled(recording("a.wav"), recording("b.wav"), recording("c.wav", "fake", "test"))
    for name, clips, fresh in (("a.wav", 2, True), ("b.wav", 1, False), ("c.wav", 4, True)):
        pictures = [(f"{name}{clip}", source(name, duration_s=30.0)) for clip in range(clips)]
        index.note(Drawn(name, pictures, fresh))
    assert index.counts() == {("train", "real"): (2, 3, 1.5), ("test", "fake"): (1, 4, 2.0)}
    assert (index.kept(), index.count("drawn"), index.largest_class()) == (1, 3, 2)


def test_shares_cover_every_recording_once():
    everything = [recording(f"{number}.wav") for number in range(300)]
    found = []
    for number in (1, 2, 3):
        index = filled(*everything)
        index.keep_share(number, 3)
        found += names(index)
        assert 70 < index.count("recording") < 130  # standard deviation 8
    assert sorted(found) == sorted((each.name, "train", "real") for each in everything)


def test_the_columns_are_all_that_any_recording_has():
    index = filled(recording("a.wav", speaker="Ann"), recording("b.wav", source="x", speaker="Bo"))
    assert list(index.columns) == ["speaker", "source"]
    assert json.loads(json.dumps(index.columns)) == {"speaker": None, "source": None}
