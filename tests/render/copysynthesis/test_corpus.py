import os
from pathlib import Path

import pytest

from render.copysynthesis import corpus
from render.copysynthesis.corpus import by_name, locate, merge, read, write

# Where originals and copies lie, and what folder holds both: its name, and theirs below it.
PLACES = {
    ("audio/real", "audio/fake"): ("audio", "real", "fake"),
    ("audio", "audio/forged"): ("audio", "", "forged"),
    ("audio", "audio/fake"): ("audio", "", "fake"),
    ("audio/voices", "audio/fake"): ("audio", "voices", "fake"),
    ("audio/real", "audio/fake/forged"): ("audio", "real", "fake/forged"),
    ("speech", "audio/fake"): ("audio", None, "fake"),
    ("speech", "speech_plus"): ("speech_plus", None, ""),
    ("speech", "elsewhere/out"): ("elsewhere/out", None, ""),
    ("speech/real", "test/my/out"): ("test/my/out", None, ""),
    ("set/training/real", "set/training/fake"): ("set", "training/real", "training/fake"),
    ("set/training", "set/training/forged"): ("set", "training", "training/forged"),
    ("set/real/dev", "set/fake/dev"): ("set", "real/dev", "fake/dev"),
    ("test/real", "test/fake"): ("test", "real", "fake"),
}


@pytest.fixture
def folder(tmp_path):
    for name in ("set/training", "set/testing", "test"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize(("real", "fake"), PLACES)
def test_the_folder_that_holds_both_is_found(folder, real, fake, monkeypatch):
    top, originals, copies = PLACES[real, fake]
    where = locate(folder / real, folder / fake)
    assert where == corpus.Corpus(folder / top, originals, copies)
    monkeypatch.chdir(folder)
    assert locate(Path(real), Path(fake)) == where
    assert locate(Path(".") / real, folder / "set" / ".." / fake) == where


@pytest.mark.parametrize(
    ("real", "fake"), [("audio", "audio"), ("audio/real", "audio"), ("audio", "link")]
)
def test_originals_among_the_copies_are_refused(tmp_path, real, fake):
    (tmp_path / "audio").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "audio")
    with pytest.raises(ValueError, match="expected a folder for the copies without the originals"):
        locate(tmp_path / real, tmp_path / fake)


def test_copies_in_a_folder_that_says_real_are_refused():
    with pytest.raises(ValueError, match="expected a folder for the copies outside of /audio/Real"):
        locate(Path("/audio/Real"), Path("/audio/Real/forged"))


COPY = {
    "path": "fake/a-world.wav",
    "label": "fake",
    "generator": "world",
    "source_recording": "real/a.wav",
}


def test_rows_are_added_once_and_others_stay(tmp_path):
    text = 'path,speaker,note\nreal/a.wav,Ann,"one, two"\n./fake/mine.wav,Bob,\n'
    (tmp_path / "manifest.csv").write_text(text)
    assert write(tmp_path, merge(read(tmp_path), "fake", [COPY]))
    assert (tmp_path / "manifest.csv").read_text() == (
        "path,speaker,note,split,label,generator,vocoder_type,source_recording\n"
        'real/a.wav,Ann,"one, two",,,,,\n'
        "./fake/mine.wav,Bob,,,,,,\n"
        "fake/a-world.wav,,,,fake,world,,real/a.wav\n"
    )
    assert not write(tmp_path, merge(read(tmp_path), "fake", [COPY]))
    other = {**COPY, "path": "fake/b-world.wav"}
    assert write(tmp_path, merge(read(tmp_path), "fake", [other]))
    paths = [row["path"] for row in read(tmp_path)]
    assert paths == ["real/a.wav", "./fake/mine.wav", "fake/b-world.wav"]


def test_rows_of_another_folder_of_copies_stay(tmp_path):
    table = [{**COPY, "path": "forged/b.wav"}, {**COPY, "path": "forged2/b.wav"}]
    assert merge(table, "forged", [COPY]) == [table[1], COPY]
    assert merge(table, "", [COPY]) == [COPY]


def test_an_original_that_has_a_row_gets_no_second():
    table = [{"path": "real/a.wav", "label": "bonafide"}]
    added = [{"path": "real/a.wav", "label": "real"}, {"path": "real/b.wav", "label": "real"}]
    assert merge(table, "fake", added) == [table[0], added[1]]


def test_a_new_manifest_begins_with_our_columns(tmp_path):
    write(tmp_path, [{"path": "real/a.wav", "speaker": "Ann"}, COPY])
    head, first, _ = (tmp_path / "manifest.csv").read_text().splitlines()
    assert head == "path,speaker,split,label,generator,vocoder_type,source_recording"
    assert first == "real/a.wav,Ann,,,,,"


def test_rows_by_name_below_a_folder():
    table = [{"path": "./real\\a.wav"}, {"path": "./real/b.wav"}, {"path": "realistic/c.wav"}]
    assert set(by_name(table, "real")) == {"b.wav"} | {"a.wav"} - {"a.wav"}
    assert set(by_name(table)) >= {"real/b.wav", "realistic/c.wav"}


def test_a_name_that_is_not_utf_8_survives(tmp_path):
    path = b"real/caf\xe9.wav"
    (tmp_path / "real").mkdir()
    (tmp_path / os.fsdecode(path)).touch()
    (tmp_path / "manifest.csv").write_bytes(b"path,label\n" + path + b",real\n")
    write(tmp_path, merge(read(tmp_path), "fake", [COPY]))
    assert path in (tmp_path / "manifest.csv").read_bytes()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,label\na.wav,real\n", "expected a column path in"),
        ("path,label\na.wav,real,more\n", "expected as many cells as columns in line 2 of"),
    ],
)
def test_a_manifest_that_cannot_be_kept_is_refused(tmp_path, text, message):
    (tmp_path / "manifest.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        read(tmp_path)


def test_no_manifest_is_no_rows(tmp_path):
    assert read(tmp_path) == []
