from collections import Counter
from pathlib import Path

import pytest

from classify.prediction.verdicts import Refusal
from detect.sources import Source, expand, printable


@pytest.fixture
def folder(tmp_path):
    for name in ("b.wav", "a.MP3", "sub/c.flac", "sub/notes.txt", "._b.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def test_a_folder_stands_for_the_audio_files_below_it(folder):
    sources = list(expand([str(folder)]))
    assert [source.below for source in sources] == ["a.MP3", "b.wav", "sub/c.flac"]
    assert [source.path for source in sources] == [folder / source.below for source in sources]
    assert [source.name for source in sources] == [str(source.path) for source in sources]


def test_what_is_not_looked_at_in_folders_is_counted(folder):
    for name in ("call", "call.wav.bak", ".Trash-0/x.wav", "sub/.hidden.wav", "c.spx", "d.tta"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    ignored = Counter()
    sources = list(expand([str(folder), str(folder / "call")], ignored))
    names = ["a.MP3", "b.wav", "c.spx", "d.tta", "sub/c.flac", "call"]
    assert [source.below for source in sources] == names
    assert ignored == {
        "no suffix": 1,
        ".bak": 1,
        ".txt": 1,
        "hidden folder": 1,
        ".wav hidden": 1,
    }


def test_the_files_of_a_folder_are_sorted_whatever_order_the_disk_has(tmp_path):
    names = [f"{number * 7 % 40:02d}.wav" for number in range(40)]
    for name in names:
        (tmp_path / name).touch()
    assert [source.below for source in expand([str(tmp_path)])] == sorted(names)


def test_files_need_no_suffix_and_patterns_are_sorted(folder):
    names = [str(folder / "sub/notes.txt"), str(folder / "*.*"), str(folder / "gone.wav")]
    # That a file is not there is for the decoder to say.
    assert [source.below for source in expand(names)] == [
        "notes.txt",
        "a.MP3",
        "b.wav",
        "gone.wav",
    ]


def test_a_file_whose_name_is_like_a_pattern_is_a_file(folder):
    path = folder / "x[1].wav"
    path.touch()
    assert [source.path for source in expand([str(path)])] == [path]


def test_names_that_stand_for_nothing_are_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    sources = list(expand([str(tmp_path / "empty"), str(tmp_path / "*.wav")]))
    assert sources == [
        Refusal(str(tmp_path / "empty"), "expected recordings, got a folder without any"),
        Refusal(str(tmp_path / "*.wav"), "expected recordings, got a pattern without any"),
    ]


def test_what_is_listed_already_stays_as_it_is():
    listed = [Source("-", Path("/somewhere/input"), "x"), Refusal("y", "why")]
    assert list(expand(listed)) == listed


def test_nothing_that_a_terminal_would_obey_is_left():
    assert printable("a\x1b]0;x\x07\r\n\u202eb\x9b") == r"a\x1b]0;x\x07\r\n\u202eb\x9b"
    assert printable("né 语音 \udcff.wav") == "né 语音 \\udcff.wav"
