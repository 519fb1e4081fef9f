import pytest

from render.copysynthesis.source_dataset import read_source


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def read(folder, above="", table=None, left_out=""):
    return read_source(folder, above, table or {}, left_out)


def facts(source):
    return [(r.name, r.split, r.label) for r in source.recordings]


def test_without_any_class_all_is_real(tmp_path):
    touch(tmp_path, "b.wav", "deep/er/a.FLAC", "notes.txt", "._b.wav")
    source = read(tmp_path)
    assert facts(source) == [("b.wav", "", "real"), ("deep/er/a.FLAC", "", "real")]
    assert not source.labelled
    assert not source.failures
    assert source.splits("real") == {""}


def test_folders_tell_classes_and_splits(tmp_path):
    touch(tmp_path, "training/bonafide/a.wav", "dev/Spoof/b.wav", "training/fake/c.wav")
    source = read(tmp_path)
    assert facts(source) == [
        ("dev/Spoof/b.wav", "validation", "fake"),
        ("training/bonafide/a.wav", "train", "real"),
        ("training/fake/c.wav", "train", "fake"),
    ]
    assert source.labelled
    assert (source.splits("real"), source.splits("fake")) == (
        {"train"},
        {"train", "validation"},
    )


def test_folders_above_tell_too(tmp_path):
    touch(tmp_path, "a.wav")
    assert facts(read(tmp_path, "training/real")) == [("a.wav", "train", "real")]
    with pytest.raises(ValueError, match="got 1 fakes and 0 failures"):
        read(tmp_path, "fake")


def test_rows_tell_and_carry_metadata(tmp_path):
    touch(tmp_path, "a.wav", "b.wav")
    table = {
        "a.wav": {"path": "a.wav", "label": "genuine", "split": "train", "speaker": "Ann"},
        "b.wav": {"path": "b.wav", "label": "fake", "split": "test"},
    }
    source = read(tmp_path, table=table)
    assert facts(source) == [("a.wav", "train", "real"), ("b.wav", "test", "fake")]
    assert source.recordings[0].metadata == {"speaker": "Ann"}


def test_what_others_have_and_one_lacks_is_a_failure(tmp_path):
    touch(tmp_path, "train/real/a.wav", "train/b.wav", "real/c.wav", "test/real/fake/d.wav")
    source = read(tmp_path)
    assert facts(source) == [("train/real/a.wav", "train", "real")]
    assert {f.recording: f.reason for f in source.failures} == {
        "train/b.wav": "expected a class, as other recordings have, got none",
        "real/c.wav": "expected a split, as other recordings have, got none",
        "test/real/fake/d.wav": "expected one class, got fake and real",
    }


def test_the_copies_are_no_originals(tmp_path):
    touch(tmp_path, "a.wav", "forged/fake/b.wav", "forged2/c.wav")
    assert facts(read(tmp_path, left_out="forged")) == [
        ("a.wav", "", "real"),
        ("forged2/c.wav", "", "real"),
    ]


@pytest.mark.parametrize(
    ("folder", "file", "message"),
    [
        ("Fake", "a.wav", "expected a folder of real recordings, got one named Fake"),
        ("all", "spoof/a.wav", "expected real recordings in .*all, got 1 fakes and 0 failures"),
        ("all", "notes.txt", "got 0 fakes and 0 failures"),
        ("all", "real/fake/a.wav", "1 failures, the first is real/fake/a.wav: expected one class"),
    ],
)
def test_a_folder_without_real_recordings_is_refused(tmp_path, folder, file, message):
    touch(tmp_path, f"{folder}/{file}")
    with pytest.raises(ValueError, match=message):
        read(tmp_path / folder)


def test_a_generated_file_among_the_real_ones_is_a_failure(tmp_path):
    touch(tmp_path, "real/a.wav", "real/b_gen.wav")
    source = read(tmp_path)
    assert facts(source) == [("real/a.wav", "", "real")]
    assert source.failures[0].recording == "real/b_gen.wav"
