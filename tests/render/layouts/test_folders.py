import re

import pytest

from render.layouts.registry import find


def test_names_of_the_splits(tree, scan):
    names = {
        "train": ("train", "training", "TRAIN", "Training"),
        "validation": ("validation", "valid", "val", "dev", "Dev"),
        "test": ("test", "testing", "eval"),
    }
    expected = {}
    for split, synonyms in names.items():
        for number, folder in enumerate(synonyms):
            expected[f"{number}/{folder}/real/a.wav"] = (split, "real")
            expected[f"{number}/fake/{folder}/b.wav"] = (split, "fake")
    assert scan(tree(*expected)).placed == expected


def test_names_of_the_classes(tree, scan):
    names = {
        "real": ("real", "REAL", "bonafide", "Bona-Fide", "genuine", "human"),
        "fake": ("fake", "FAKE", "spoof", "generated", "synthetic", "deepfake"),
    }
    expected = {
        f"folder{number}/{name}/deep/down/a.wav": ("", label)
        for label, synonyms in names.items()
        for number, name in enumerate(synonyms)
    }
    assert scan(tree(*expected)).placed == expected


def test_words_that_also_name_other_things_count_where_no_other_does(tree, scan):
    placed = {
        "original/a.wav": ("", "real"),
        "original/fake/b.wav": ("", "fake"),
        "AI/c.wav": ("", "fake"),
        "attack/train/human/d.wav": ("train", "real"),
    }
    assert scan(tree(*placed)).placed == placed
    table = {"list.csv": "path,label\ncloned/e.wav,natural\nf.wav,Synthesised\n"}
    items = scan(tree("cloned/e.wav", "f.wav", tables=table) / "list.csv")
    assert items.placed == {"cloned/e.wav": ("", "real"), "f.wav": ("", "fake")}


def test_suffixes_in_any_case_and_what_is_not_looked_at(tree, scan):
    items = scan(
        tree(
            "real/a.WAV",
            "real/b.Mp3",
            "fake/c.webm",
            "fake/notes.txt",
            "README",
            "real/._a.wav",
            "real/.DS_Store",
        )
    )
    assert set(items.placed) == {"real/a.WAV", "real/b.Mp3", "fake/c.webm"}
    assert items.ignored == {".txt": 1, "no suffix": 1}


HIDDEN = (
    ".Trash-1000/files/real/a.wav",
    "$RECYCLE.BIN/S-1-5/fake/a.wav",
    "System Volume Information/real/a.wav",
    "lost+found/real/a.wav",
    "__MACOSX/real/a.wav",
    "real/.ipynb_checkpoints/a-checkpoint.wav",
    "real/@eaDir/a.wav/b.wav",
    "fake/#recycle/a.wav",
)


def test_hidden_folders_and_bins_are_left_out_and_counted(tree, scan):
    items = scan(tree("real/a.wav", "fake/b.wav", "fake/.b.wav", "real/._a.wav", *HIDDEN))
    assert set(items.placed) == {"real/a.wav", "fake/b.wav"}
    assert items.ignored == {"hidden folder": len(HIDDEN), ".wav hidden": 1}
    assert not items.failures


def test_what_the_user_names_is_read_whatever_it_is_called(tree, scan):
    audio = tree("../.cache/lost+found/real/a.wav", tables={"manifest.csv": "path,label\n"})
    assert set(scan(audio.parent / ".cache/lost+found").placed) == {"real/a.wav"}
    (audio / ".kept").mkdir()
    (audio / ".kept/c.wav").touch()
    (audio / "manifest.csv").write_text("path,label\n.kept/c.wav,fake\n")
    assert scan(audio).placed == {".kept/c.wav": ("", "fake")}


@pytest.mark.parametrize("folder", ["lost+found", "real/locked", "speech"])
def test_a_locked_folder_is_named_and_the_rest_goes_on(tree, scan, lock, folder):
    audio = tree("real/a.wav", "fake/b.wav", f"{folder}/real/c.wav")
    lock(audio / folder)
    items = scan(audio)
    assert set(items.placed) == {"real/a.wav", "fake/b.wav"}
    reason = "expected a folder that can be read, got Permission denied"
    assert items.failures == {f"{folder}/": reason}


MANIFEST = "path,label,split,generator\r\na.wav,bonafide,dev,-\r\nb.wav, FAKE ,train,vits\r\n"


@pytest.mark.parametrize(
    "manifest",
    [
        MANIFEST,
        MANIFEST.replace("\r\n", "\n"),
        "\ufeff" + MANIFEST,
        MANIFEST.replace(",", ";"),
        MANIFEST.replace(",", "\t"),
        MANIFEST.replace("path,label", "Path,LABEL"),
        MANIFEST.replace("a.wav", "./a.wav").replace("b.wav", ".\\b.wav"),
        MANIFEST.encode("utf-16"),
    ],
)
def test_labels_splits_and_metadata_of_a_manifest(tree, scan, manifest):
    items = scan(tree("a.wav", "b.wav", tables={"manifest.csv": manifest}))
    assert items.placed == {"a.wav": ("validation", "real"), "b.wav": ("train", "fake")}
    assert items.recordings["a.wav"].metadata == {"generator": "-"}
    assert items.recordings["b.wav"].metadata == {"generator": "vits"}
    assert not items.failures
    assert not items.ignored


def test_a_manifest_may_describe_only_some_and_name_files_elsewhere(tree, scan):
    audio = tree("real/a.wav", "fake/b.wav", "../elsewhere/c.wav")
    manifest = "path,label,speaker\nreal/a.wav,,p1\n../elsewhere/c.wav,fake,p2\n"
    (audio / "manifest.csv").write_text(manifest)
    items = scan(audio, "folders")
    assert items.placed == {
        "real/a.wav": ("", "real"),
        "fake/b.wav": ("", "fake"),
        "../elsewhere/c.wav": ("", "fake"),
    }
    assert items.recordings["real/a.wav"].metadata == {"speaker": "p1"}
    assert items.recordings["../elsewhere/c.wav"].path.is_file()


def test_an_accent_may_be_written_in_two_ways(tree, scan):
    # The same name: macOS parts the letter from the accent (NFD), others do not (NFC).
    audio = tree("cafe\u0301.wav", tables={"manifest.csv": "path,label\ncaf\u00e9.wav,real\n"})
    items = scan(audio)
    assert items.placed == {"cafe\u0301.wav": ("", "real")}
    assert not items.failures


def test_names_that_are_not_utf_8_are_found_and_can_be_written(tree, scan):
    audio = tree(tables={"manifest.csv": b"path,label,speaker\ncaf\xe9.wav,real,Andr\xe9\n"})
    (audio / "caf\udce9.wav").touch()
    items = scan(audio)
    assert items.placed == {"caf\\udce9.wav": ("", "real")}
    assert items.recordings["caf\\udce9.wav"].path.is_file()
    assert items.recordings["caf\\udce9.wav"].metadata == {"speaker": "Andr\xe9"}


def test_one_row_or_two_for_a_file_are_both_told(tree, scan):
    manifest = "path,label\na.wav,real\na.wav,fake\n"
    items = scan(tree("a.wav", tables={"manifest.csv": manifest}))
    assert items.count == 2  # whoever puts recordings in order sees that the rows disagree


@pytest.mark.parametrize(
    ("name", "row", "reason"),
    [
        ("fake/real/a.wav", "", "expected one class, got fake and real"),
        ("real/a.wav", "real/a.wav,fake,", "expected one class, got fake in manifest.csv and real"),
        ("real/a.wav", "real/a.wav,alien,", "expected a class among real, .* got alien"),
        (
            "real/a.wav",
            "real/a.wav,1,",
            "expected a class in words .* got 1, which is real in some",
        ),
        ("train/test/real/a.wav", "", "expected one split, got test and train"),
        ("speech/a.wav", "", "expected a class folder .* got none"),
        ("1/a.wav", "", "expected a class in words .* got 1, which is real in some .* fake in oth"),
        ("real/a_gen.wav", "", "expected a real .* the name of a generated one: a_gen.wav"),
        ("real/gen_12.wav", "", "the name of a generated one: gen_12.wav"),
        ("real/LJ1_generated.wav", "", "the name of a generated one: LJ1_generated.wav"),
        ("train/real/ok.wav", "gone.wav,real,train", "got a row of manifest.csv without one"),
        ("train/real/ok.wav", ",real,train", "expected a path under path, got none"),
    ],
)
def test_a_recording_without_one_place_is_a_failure(tree, scan, name, row, reason):
    manifest = {"manifest.csv": f"path,label,split\n{row}\n"}
    items = scan(tree("train/real/x.wav", "dev/fake/y.wav", name, tables=manifest))
    ((recording, message),) = items.failures.items()
    assert recording in (name, "gone.wav", "manifest.csv line 2")
    assert re.search(reason, message), message


def test_numbers_under_a_class_folder_are_no_class(tree, scan):
    assert scan(tree("real/0/a.wav", "fake/1/b_gen.wav")).placed == {
        "real/0/a.wav": ("", "real"),
        "fake/1/b_gen.wav": ("", "fake"),
    }


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "expected recordings, got no audio file in"),
        (("notes.txt",), "expected recordings, got no audio file in"),
        (
            ("speech/a.wav",),
            "expected class folders .* got 1 failures, the first is speech/a.wav: ",
        ),
        (("0/a.wav", "1/b.wav"), "got 2 failures, the first is ./..wav: expected a class in words"),
    ],
)
def test_a_folder_without_recordings_is_refused(tree, names, message):
    with pytest.raises(ValueError, match=message):
        list(find(tree(*names)))


def test_a_manifest_without_path_is_refused(tree):
    audio = tree("real/a.wav", tables={"manifest.csv": "file,label\na,b\n"})
    with pytest.raises(ValueError, match="expected a column path in .*manifest.csv, got file, lab"):
        list(find(audio))
