import re
from pathlib import Path

import pytest

from render.layout import Recording, find


@pytest.fixture
def tree(tmp_path):
    """Return a function that makes empty files; `find` opens none of them."""

    def make(*names, manifest=None):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        if manifest:
            (tmp_path / "manifest.csv").write_text(manifest)
        return tmp_path

    return make


def placed(layout):
    return {r.name: (r.split, r.label) for r in layout.recordings}


@pytest.mark.parametrize("folder", ["train", "training", "TRAIN", "Training"])
def test_names_of_the_training_split(tree, folder):
    layout = find(tree(f"{folder}/real/a.wav", "val/fake/b.wav", "test/fake/c.wav"))
    assert placed(layout)[f"{folder}/real/a.wav"] == ("train", "real")


@pytest.mark.parametrize("folder", ["validation", "valid", "val", "dev", "Dev"])
def test_names_of_the_validation_split(tree, folder):
    layout = find(tree(f"{folder}/real/a.wav", "train/fake/b.wav"))
    assert placed(layout)[f"{folder}/real/a.wav"] == ("validation", "real")


@pytest.mark.parametrize("folder", ["test", "testing", "eval"])
def test_names_of_the_test_split(tree, folder):
    layout = find(tree(f"{folder}/real/a.wav", "train/fake/b.wav", "val/fake/c.wav"))
    assert placed(layout)[f"{folder}/real/a.wav"] == ("test", "real")


@pytest.mark.parametrize(
    ("folder", "label"),
    [
        ("real", "real"),
        ("REAL", "real"),
        ("bonafide", "real"),
        ("Bona-Fide", "real"),
        ("genuine", "real"),
        ("human", "real"),
        ("fake", "fake"),
        ("FAKE", "fake"),
        ("spoof", "fake"),
        ("generated", "fake"),
        ("synthetic", "fake"),
        ("deepfake", "fake"),
    ],
)
def test_names_of_the_classes(tree, folder, label):
    layout = find(tree(f"train/{folder}/a.wav", "validation/real/b.wav"))
    assert placed(layout)[f"train/{folder}/a.wav"] == ("train", label)


def test_doubled_folders_and_classes_above_splits(tree):
    layout = find(
        tree(
            "for-2sec/for-2seconds/training/real/a.wav",
            "for-2sec/for-2seconds/validation/fake/b.wav",
            "for-2sec/for-2seconds/testing/fake/deep/down/c.wav",
            "fake/testing/d.wav",
        )
    )
    assert list(placed(layout).values()) == [
        ("test", "fake"),
        ("test", "fake"),
        ("train", "real"),
        ("validation", "fake"),
    ]
    assert layout.failures == []


def test_suffixes_in_any_case_and_what_is_not_looked_at(tree):
    layout = find(
        tree(
            "real/a.WAV",
            "real/b.Mp3",
            "fake/c.webm",
            "fake/notes.txt",
            "LICENSE",
            "real/._a.wav",
            "real/.DS_Store",
        )
    )
    assert set(placed(layout)) == {"real/a.WAV", "real/b.Mp3", "fake/c.webm"}
    assert layout.ignored == {".txt": 1, "no suffix": 1}


def test_without_splits_a_hash_decides_and_others_do_not_matter(tree):
    names = [f"{label}/{number}.wav" for label in ("real", "fake") for number in range(100)]
    before = placed(find(tree(*names)))
    assert {split for split, _ in before.values()} == {"train", "validation", "test"}
    train = sum(split == "train" for split, _ in before.values())
    assert 130 <= train <= 185  # 160 expected, standard deviation sqrt(200 * 0.8 * 0.2) = 5.7
    after = placed(find(tree(*(f"real/more-{number}.wav" for number in range(50)))))
    assert {name: after[name] for name in before} == before


def test_a_group_stays_in_one_split(tree):
    names = [f"{label}/{number}.wav" for label in ("real", "fake") for number in range(60)]
    rows = "".join(f"{name},speaker {number % 12}\n" for number, name in enumerate(names))
    layout = find(tree(*names, manifest=f"path,speaker\n{rows}"), group="speaker")
    sides = {}
    for recording in layout.recordings:
        sides.setdefault(recording.metadata["speaker"], set()).add(recording.split)
    assert all(len(splits) == 1 for splits in sides.values())
    assert len(set.union(*sides.values())) == 3


def test_a_missing_validation_split_is_taken_from_training(tree):
    names = [f"train/{label}/{number}.wav" for label in ("real", "fake") for number in range(50)]
    layout = find(tree(*names, "test/real/x.wav", "test/fake/y.wav"))
    splits = [split for split, _ in placed(layout).values()]
    assert 2 <= splits.count("validation") <= 25
    assert splits.count("test") == 2


def test_labels_splits_and_metadata_of_a_manifest(tree):
    manifest = (
        "path,label,split,generator\na.wav,bonafide,dev,-\nb.wav,FAKE,train,vits\n"
        "c.wav,fake,train,\n"
    )
    layout = find(tree("a.wav", "b.wav", "c.wav", manifest=manifest))
    assert placed(layout) == {
        "a.wav": ("validation", "real"),
        "b.wav": ("train", "fake"),
        "c.wav": ("train", "fake"),
    }
    assert [r.metadata for r in layout.recordings] == [
        {"generator": "-"},
        {"generator": "vits"},
        {"generator": ""},
    ]


@pytest.mark.parametrize(
    ("name", "row", "reason"),
    [
        ("fake/real/a.wav", "", "expected one class, got fake and real"),
        ("real/a.wav", "real/a.wav,fake,", "expected one class, got fake in manifest.csv and real"),
        ("real/a.wav", "real/a.wav,alien,", "expected a class among real, .* got alien"),
        ("train/test/real/a.wav", "", "expected one split, got test and train"),
        ("speech/a.wav", "", "expected a class folder .* got none"),
        ("real/a.wav", "", "expected a split folder above it, as other recordings have"),
        ("train/real/ok.wav", "gone.wav,real,train", "got a row of manifest.csv without one"),
    ],
)
def test_a_recording_without_one_place_is_a_failure(tree, name, row, reason):
    layout = find(
        tree("train/real/x.wav", "dev/fake/y.wav", name, manifest=f"path,label,split\n{row}\n")
    )
    (failure,) = layout.failures
    assert failure.recording in (name, "gone.wav")
    assert re.search(reason, failure.reason), failure.reason


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "got no audio file in"),
        (("notes.txt",), "got no audio file in"),
        (("speech/a.wav",), "expected class folders .* got 1 audio files, one is speech/a.wav: "),
    ],
)
def test_a_folder_without_recordings_is_refused(tree, names, message):
    with pytest.raises(ValueError, match=message):
        find(tree(*names))


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match="expected a folder of recordings, got .*nowhere"):
        find(tmp_path / "nowhere")


def test_a_manifest_without_path_is_refused(tree):
    with pytest.raises(ValueError, match="expected a path column in .* got .'file'"):
        find(tree("real/a.wav", manifest="file,label\na,b\n"))


def test_an_unknown_group_is_refused(tree):
    with pytest.raises(ValueError, match="to group by, got accent"):
        find(tree("real/a.wav"), group="accent")


def test_links_are_followed_once(tree, tmp_path):
    root = tree("real/a.wav", "fake/b.wav")
    (root / "real" / "round").symlink_to(root)
    assert set(placed(find(root))) == {"real/a.wav", "fake/b.wav"}


def test_picture_names_never_collide():
    names = ["a/x.wav", "b/x.wav", "a/x.flac", "a/X.wav", "a/x y.wav", "a/x_y.wav"]
    stems = {Recording(Path(name), name, "train", "real").stem.lower() for name in names}
    assert len(stems) == len(names)


@pytest.mark.parametrize("name", ["\n.wav", "ä" * 200 + ".wav", "a\tb;rm -rf *.wav", ".wav", "..."])
def test_picture_names_are_safe(name):
    stem = Recording(Path(name), name, "train", "real").stem
    assert len(stem.encode()) < 200
    assert all(c.isalnum() or c in "-_." for c in stem)
    assert not stem.startswith(".")
