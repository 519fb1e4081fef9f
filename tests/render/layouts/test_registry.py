import csv
import os
import tracemalloc

import pytest

from render.layouts import registry
from render.layouts.registry import NAMES, find, recognise
from render.layouts.walk import File

META = {"meta.csv": "file,speaker,label\n0.wav,X,spoof\n"}


def test_the_public_datasets_have_a_layout():
    assert set(NAMES) >= {
        *("folders", "csv", "for-original", "for-norm", "for-2sec", "for-rerec"),
        *("asvspoof2019-la", "asvspoof2021-la", "asvspoof2021-df", "asvspoof5"),
        *("in-the-wild", "wavefake", "mlaad", "fakeavceleb", "df-arena"),
    }
    assert {
        "in-the-wild": "speaker",
        "wavefake": "utterance",
        "mlaad": "original_file",
        "fakeavceleb": "speaker",
    }.items() <= registry.GROUPS.items()


def test_a_layout_whose_markers_are_missing_is_refused(tree):
    audio = tree("real/a.wav", "fake/b.wav", "notes.csv")
    for name in NAMES[1:]:
        with pytest.raises(ValueError, match=r"expected .+ in .*audio, got none") as error:
            find(audio, name)
        assert "\n" not in str(error.value)


def test_an_unknown_layout_is_refused(tree):
    with pytest.raises(ValueError, match="expected a layout among folders, csv, .* got kaggle"):
        find(tree("real/a.wav"), "kaggle")


def test_a_missing_folder_is_refused(tmp_path):
    for action in (find, recognise):
        with pytest.raises(ValueError, match="expected a folder of recordings .* got .*nowhere"):
            action(tmp_path / "nowhere")


@pytest.mark.parametrize("content", [b"", b"RIFF\x00\xff\xfe\x00", b"a,b\n1,2\n"])
def test_a_file_that_lists_nothing_is_refused(tree, content):
    audio = tree(tables={"a.wav": content})
    with pytest.raises(ValueError, match="expected a folder of recordings or a CSV that lists"):
        recognise(audio / "a.wav")
    with pytest.raises(ValueError, match="expected class folders .* got none"):
        find(audio / "a.wav", "folders")


def test_a_folder_without_markers_is_plain_class_folders(tree):
    for names in ((), ("speech/a.wav",), ("real/a.wav",), ("train/real/a.wav",)):
        assert recognise(tree(*names)) == "folders"


def test_two_datasets_in_one_folder_are_not_guessed_between(tree, scan):
    tables = {f"itw/{name}": text for name, text in META.items()}
    audio = tree("itw/0.wav", "ljspeech_melgan/a_gen.wav", tables=tables)
    with pytest.raises(ValueError, match="one dataset in .* got in-the-wild and wavefake: name on"):
        recognise(audio)
    assert list(scan(audio, "in-the-wild").placed) == ["itw/0.wav"]
    assert list(scan(audio, "wavefake").placed) == ["ljspeech_melgan/a_gen.wav"]


def test_a_manifest_of_ours_goes_before_all_markers(tree):
    manifest = {"manifest.csv": "path,label\n0.wav,fake\n"}
    assert recognise(tree("0.wav", "ljspeech_melgan/a.wav", tables=META | manifest)) == "folders"


def test_a_manifest_without_labels_leaves_the_layout_to_other_markers(tree):
    manifest = {"manifest.csv": "path,speaker\n0.wav,X\n"}
    assert recognise(tree("0.wav", tables=META | manifest)) == "in-the-wild"


@pytest.mark.parametrize("junk", ["__MACOSX/._meta.csv", "._meta.csv", ".hidden/meta.csv"])
def test_what_macos_leaves_behind_is_no_marker(tree, junk):
    assert recognise(tree("real/a.wav", tables={junk: META["meta.csv"]})) == "folders"


def test_recognition_reads_a_bounded_number_of_entries(tree, monkeypatch):
    audio = tree(*(f"{folder}/{number}.wav" for folder in range(30) for number in range(30)))
    monkeypatch.setattr("render.layouts.probe._ENTRIES", 10)
    monkeypatch.setattr("render.layouts.probe._TOTAL", 100)
    read, scandir = [], os.scandir

    class Counted:
        def __init__(self, path):
            self.entries = scandir(path)

        def __enter__(self):
            return (read.append(entry) or entry for entry in self.entries)

        def __exit__(self, *_):
            self.entries.close()

    monkeypatch.setattr(os, "scandir", Counted)
    assert recognise(audio) == "folders"
    assert 100 <= len(read) <= 101


def test_links_are_followed_once(tree, scan):
    audio = tree("real/a.wav", "fake/b.wav", "../more/c.wav")
    (audio / "real" / "round").symlink_to(audio)
    (audio / "real" / "more").symlink_to(audio / "../more")
    (audio / "real" / "loop").symlink_to("loop")
    (audio / "real" / "loop.wav").symlink_to("loop.wav")
    items = scan(audio)
    assert set(items.placed) == {"real/a.wav", "fake/b.wav", "real/more/c.wav", "real/loop.wav"}


def test_a_folder_called_like_audio_is_a_folder(tree, scan):
    assert list(scan(tree("real/x.wav/a.wav")).placed) == ["real/x.wav/a.wav"]


def test_a_folder_that_cannot_be_read_is_a_failure(tree, scan, monkeypatch):
    audio, scandir = tree("real/a.wav", "fake/b.wav"), os.scandir

    def refuse(path):
        if path == str(audio / "fake"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    items = scan(audio)
    assert items.failures == {"fake/": "expected a folder that can be read, got Permission denied"}
    assert list(items.placed) == ["real/a.wav"]


def _peak(items):
    """Most memory in use for Python objects while items are taken one by one, in bytes."""
    tracemalloc.start()
    count = sum(1 for _ in items)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return count, peak


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["list", "protocol", "folders", "manifest"])
def test_memory_does_not_grow_with_the_number_of_recordings(tree, monkeypatch, kind):
    peaks = []
    for count in (200, 2_000):
        names = [f"real/LA_T_{number:05d}.flac" for number in range(count)]
        files = [File(name, f"/audio/{name}") for name in names]
        for module in ("folders", "path_lists", "asvspoof"):
            monkeypatch.setattr(
                f"render.layouts.{module}.walk", lambda *_, files=files, **__: iter(files)
            )
        monkeypatch.setattr("os.path.isfile", lambda path: path.endswith(".flac"))
        tables = {
            "list": {"l.csv": "path,label\n" + "".join(f"{name},real\n" for name in names)},
            "manifest": {"manifest.csv": "path,label\n" + "".join(f"{n},real\n" for n in names)},
            "protocol": {
                "ASVspoof5.train.tsv": "".join(f"T {n[5:-5]} F - A01 spoof\n" for n in names)
            },
            "folders": {},
        }[kind]
        audio = tree(tables=tables)
        # Twice, for Python's own table of strings grows now and then.
        numbers, peak = zip(*(_peak(find(audio)) for _ in range(2)), strict=True)
        assert numbers == (count, count)
        peaks.append(min(peak))
    assert peaks[1] < peaks[0] + 100_000, peaks  # 50 bytes a recording: no list of them


def test_the_corpus_of_real_material_is_found_whole(shared, scan):
    with (shared / "corpus/manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    splits = {"training": "train", "validation": "validation", "testing": "test"}
    items = scan(shared / "corpus")
    assert items.count == len(rows) == 4964  # README
    assert items.placed == {row["path"]: (splits[row["split"]], row["label"]) for row in rows}
    assert not items.failures
    assert list(items.recordings["testing/fake/assemvc_demo-0001.flac"].metadata) == (
        "source generator kind speaker utterance language licence origin round".split()
    )


def test_what_is_neither_audio_nor_a_table_is_counted_in_every_walk(tree, scan):
    fake = "FakeVideo-FakeAudio/id1/1.wav"
    header = "source,method,type,path"
    for tables, recording in (
        ({"fake/m/meta.csv": "path|original_file|model_name\na.wav|b|c\n"}, "fake/m/a.wav"),
        ({"meta_data.csv": f"{header}\nid1,rtvc,FakeVideo-FakeAudio,{fake}\n"}, fake),
    ):
        audio = tree(recording, "other/meta.csv", "README.md", tables=tables)
        items = scan(audio)
        assert list(items.placed) == [recording]
        assert items.ignored[".md"] == 1
        assert items.ignored[".csv"] == 1
        for name in tables:
            (audio / name).unlink()
        (audio / recording).unlink()


def test_tables_that_are_no_text_are_no_markers(tree, monkeypatch):
    tables = {
        "trial_metadata.txt": b"\xff\xfe\x00",
        "keys/CM/trial_metadata.txt": "one\n",
        "list.csv": b"\xff\xfe\x00\xd8\x00",
        "empty.csv": "",
    }
    audio, scandir = tree("real/a.wav", "shut/b.wav", tables=tables), os.scandir

    def refuse(path):
        if str(path).rstrip("/") == str(audio / "shut"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert recognise(audio) == "folders"


def test_a_protocol_that_is_no_text_is_refused(tree):
    audio = tree("T_1.flac", tables={"ASVspoof5.train.tsv": b"\xff\xfe\x00"})
    with pytest.raises(ValueError, match="expected lines of text in .*ASVspoof5.train.tsv, got"):
        list(find(audio))
