import csv
import os

import numpy as np
import pytest
import soundfile
from joblib.externals.loky import get_reusable_executor

from render.copysynthesis import copying, copysynthesis
from render.copysynthesis.copysynthesis import copy_dataset
from render.copysynthesis.plan import CopyOptions

QUICK = ("phase_randomisation", "zero_phase", "linear_prediction")


def tree(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not any(parent.is_symlink() for parent in path.parents)
    }


def samples(folder):
    """Decoded samples by name: libsndfile numbers OGG files at random."""
    return {
        path.relative_to(folder).as_posix(): soundfile.read(path)[0].tobytes()
        for path in folder.rglob("*.*")
    }


def rows(folder):
    with (folder / "manifest.csv").open(newline="") as file:
        return {row["path"]: row for row in csv.DictReader(file)}


def forge(real, fake, jobs=1, link=True, **options):
    copy_options = CopyOptions(**{"methods": QUICK, **options})
    return copy_dataset(real, fake, copy_options, jobs=jobs, link=link)


@pytest.fixture
def voices(tmp_path, write_sound):
    for seed, name in enumerate(("a.wav", "Ann/b.flac", "Ann/c.ogg")):
        write_sound(tmp_path / "audio/real" / name, seconds=0.5, seed=seed, rate=8_000)
    return tmp_path / "audio/real"


@pytest.fixture
def dataset(tmp_path, write_sound):
    """Give a labelled dataset with splits, read by its own manifest."""
    seed = 0
    for split in ("training", "validation", "testing"):
        for label in ("real", "fake"):
            for name in ("a", "b"):
                path = tmp_path / "set" / split / label / f"{name}.wav"
                write_sound(path, seconds=0.5, seed=(seed := seed + 1), rate=8_000)
    (tmp_path / "set/manifest.csv").write_text(
        "path,speaker,generator,kind\n"
        "training/real/a.wav,Ann,-,Bonafide\n"
        "training/fake/a.wav,Ann,hifigan,vocoder\n"
        "testing/real/a.wav,Bob,-,bonafide\n"
    )
    return tmp_path / "set"


def test_every_real_recording_gets_a_fake_beside_it(voices):
    fake = voices.parent / "fake"
    result = forge(voices, fake)
    assert not result.failures
    table = rows(voices.parent)
    made = {row["source_recording"]: path for path, row in table.items() if row["source_recording"]}
    assert set(made) == {"real/a.wav", "real/Ann/b.flac", "real/Ann/c.ogg"}
    for original, path in made.items():
        here, there = (soundfile.info(voices.parent / name) for name in (original, path))
        assert (here.frames, here.samplerate) == (there.frames, there.samplerate)
        assert (here.format, here.subtype) == (there.format, there.subtype)
        assert os.path.dirname(path) == os.path.dirname(original).replace("real", "fake")
        assert table[path]["label"] == "fake"
        assert table[path]["generator"] in QUICK
        assert table[path]["generator"] in path
    assert [table[name]["label"] for name in made] == ["real"] * 3
    assert [copied.lossy for copied in result.results] == [
        "ogg" in p for p in sorted(made.values())
    ]


def test_render_reads_what_came_of_it(voices):
    from render.layouts import registry
    from render.recording import Recording

    forge(voices, voices.parent / "fake", copies=2)
    found = list(registry.find(voices.parent))
    assert all(isinstance(item, Recording) for item in found)
    assert sorted(item.label for item in found) == ["fake"] * 6 + ["real"] * 3
    originals = {item.name for item in found if item.label == "real"}
    assert {
        item.metadata["source_recording"] for item in found if item.label == "fake"
    } == originals


def test_of_a_dataset_only_training_recordings_are_copied(dataset):
    result = forge(dataset, dataset / "forged")
    table = rows(dataset)
    made = {row["source_recording"]: row for row in table.values() if row["source_recording"]}
    assert set(made) == {"training/real/a.wav", "training/real/b.wav"}
    row = made["training/real/a.wav"]
    assert row["path"].startswith("forged/training/fake/a-")
    assert (row["split"], row["label"], row["speaker"]) == ("train", "fake", "Ann")
    assert row["generator"] in QUICK
    assert row["vocoder_type"] == "classic"
    assert table["training/fake/a.wav"]["vocoder_type"] == ""
    assert row["kind"] == ""  # "Bonafide" is not true of the copy
    assert table["training/fake/a.wav"]["generator"] == "hifigan"
    assert result.source.splits("real") == {"train", "validation", "test"}
    again = forge(dataset, dataset / "more", splits=("test",))
    assert {copied.job.source.split for copied in again.results} == {"test"}
    assert set(table) < set(rows(dataset))


def test_originals_elsewhere_are_linked_and_described(dataset, tmp_path):
    before = tree(dataset)
    forge(dataset, tmp_path / "plus")
    assert tree(dataset) == before
    assert (tmp_path / "plus/set").samefile(dataset)
    table = rows(tmp_path / "plus")
    assert table["set/training/fake/a.wav"]["generator"] == "hifigan"
    assert table["set/testing/real/b.wav"]["label"] == "real"
    originals = [row["source_recording"] for row in table.values() if row["source_recording"]]
    assert originals == ["set/training/real/a.wav", "set/training/real/b.wav"]
    forge(dataset, tmp_path / "plus")
    assert rows(tmp_path / "plus") == table


def test_unlabelled_originals_elsewhere_are_linked_as_real(voices, tmp_path):
    voices.rename(tmp_path / "voices")
    forge(tmp_path / "voices", tmp_path / "new/audio/fake")
    assert (tmp_path / "new/audio/real").samefile(tmp_path / "voices")
    assert all(name.startswith(("real/", "fake/")) for name in rows(tmp_path / "new/audio"))


def test_no_link_leaves_the_originals_where_they_are(voices, tmp_path):
    result = forge(voices, tmp_path / "out", link=False)
    assert not (tmp_path / "out/real").exists()
    assert result.corpus.originals is None
    assert set(rows(tmp_path / "out")) == {
        path.relative_to(tmp_path / "out").as_posix()
        for path in (tmp_path / "out/fake").rglob("*.*")
    }


def test_something_in_the_place_of_the_link_is_refused(voices, tmp_path):
    (tmp_path / "out/real").mkdir(parents=True)
    with pytest.raises(ValueError, match="expected nothing at .*out/real, .* with --no-link"):
        forge(voices, tmp_path / "out")


def test_unlabelled_originals_around_the_copies_are_described_as_real(voices):
    forge(voices.rename(voices.parent / "voices"), voices.parent / "voices/forged")
    table = rows(voices.parent / "voices")
    assert {name: row["label"] for name, row in table.items() if not row["source_recording"]} == {
        "a.wav": "real",
        "Ann/b.flac": "real",
        "Ann/c.ogg": "real",
    }
    again = forge(voices.parent / "voices", voices.parent / "voices/forged")
    assert not again.manifest_changed
    assert not any(copied.fresh for copied in again.results)


@pytest.mark.slow
def test_the_seed_and_nothing_else_decides(voices, tmp_path):
    first = tmp_path / "first/fake"
    forge(voices, first, copies=3)
    forge(voices, tmp_path / "second/fake", copies=3, jobs=2)
    forge(voices, tmp_path / "third/fake", copies=3, seed=1)
    sounds, again, others = (
        samples(tmp_path / name / "fake") for name in ("first", "second", "third")
    )
    assert sounds == again
    assert not set(sounds.values()) & set(others.values())


def test_a_killed_run_is_completed_to_the_same_files(voices):
    fake = voices.parent / "fake"
    forge(voices, fake, copies=2)
    before = tree(voices.parent)
    first, second, *_ = sorted(path for path in fake.rglob("*") if path.is_file())
    first.unlink()
    (voices.parent / "manifest.csv").unlink()
    (fake / "0123456789abcdef.part").write_bytes(b"half")
    kept = second.stat().st_mtime_ns
    result = forge(voices, fake, copies=2)
    assert tree(voices.parent) == before
    assert second.stat().st_mtime_ns == kept
    assert [copied.job.path for copied in result.results if copied.fresh] == [first]


def test_a_copy_of_what_has_changed_is_made_anew(voices, write_sound):
    fake = voices.parent / "fake"
    forge(voices, fake)
    before = tree(fake)
    write_sound(voices / "a.wav", seconds=0.5, seed=9, rate=8_000)
    later = (voices / "Ann/b.flac").stat().st_mtime + 60
    os.utime(voices / "a.wav", (later, later))
    forge(voices, fake)
    changed = {name for name, data in tree(fake).items() if before[name] != data}
    assert len(changed) == 1
    assert changed.pop().startswith("a-")


def test_failures_are_listed_once_and_the_rest_is_copied(voices, capfd, write_sound):
    (voices / "bad\nname.wav").write_text("no sound")
    write_sound(voices / "short.wav", seconds=0.1)
    result = forge(voices, voices.parent / "fake", copies=3)
    assert [failure.recording for failure in result.failures] == ["bad\nname.wav", "short.wav"]
    assert len(result.results) == 9
    said = [line for line in capfd.readouterr().err.splitlines() if line.startswith("forge: ")]
    assert len(said) == 2
    assert said[0].startswith(r"forge: bad\nname.wav: expected audio")
    assert "forge: short.wav: expected 0.25 s or more, got 0.100 s" in said
    assert not any("short" in name for name in rows(voices.parent) if name.startswith("fake"))


def test_a_full_disk_ends_the_run(voices, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(copying.audio_format, "write", full)
    with pytest.raises(OSError, match="No space left on device"):
        forge(voices, voices.parent / "fake")
    assert not (voices.parent / "manifest.csv").exists()


@pytest.mark.slow
def test_a_method_that_ends_its_process_is_a_failure(voices, tmp_path, monkeypatch):
    (tmp_path / "deadly.py").write_text("import os\n\ndef die(*_):\n    os._exit(1)\n")
    about = tmp_path / "deadly-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: deadly\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[spoofsight.vocoders]\ndie = deadly:die\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(copysynthesis, "FEW", 0)
    get_reusable_executor().shutdown()  # workers of another test do not know the package
    result = forge(voices, voices.parent / "fake", methods=("die",), jobs=2)
    assert {failure.reason for failure in result.failures} == {
        "expected a copy by die, got the end of the process that made it"
    }
    assert len(result.failures) == 3
    get_reusable_executor().shutdown()


@pytest.mark.parametrize("place", ["fake/mine.wav", "fake/deep/mine.FLAC"])
def test_a_folder_with_other_audio_is_refused(voices, write_sound, place):
    write_sound(voices.parent / place, format="WAV")
    before = tree(voices.parent)
    with pytest.raises(ValueError, match="but the copies that this call makes, got .*mine"):
        forge(voices, voices.parent / "fake")
    assert tree(voices.parent) == before


def test_other_copies_are_other_audio(voices):
    forge(voices, voices.parent / "fake", copies=2)
    with pytest.raises(ValueError, match="expected no audio in"):
        forge(voices, voices.parent / "fake", copies=2, seed=1)


@pytest.mark.parametrize("number", range(4))
def test_impossible_calls_are_refused_before_anything_is_written(voices, number):
    audio = voices.parent
    calls = (
        ((audio / "nowhere", audio / "fake"), "expected a folder of real recordings, got"),
        ((audio, audio), "expected a folder for the copies without the originals"),
        ((voices, voices / "forged"), "expected a folder for the copies outside of"),
        ((voices / "a.wav", audio / "fake"), "expected a folder of real recordings, got"),
    )
    before = tree(audio)
    arguments, message = calls[number]
    with pytest.raises(ValueError, match=message):
        forge(*arguments)
    assert tree(audio) == before


@pytest.mark.parametrize("protected", ["audio", "audio/manifest.csv", "audio/fake"])
def test_what_is_protected_is_left_alone_even_by_an_administrator(voices, tmp_path, protected):
    (tmp_path / "audio/manifest.csv").write_text("path,label\nreal/a.wav,real\n")
    if protected == "audio/fake":
        (tmp_path / protected).mkdir()
    before = tree(tmp_path)
    mode = (tmp_path / protected).stat().st_mode
    (tmp_path / protected).chmod(mode & ~0o222)
    try:
        with pytest.raises(ValueError, match=f"expected to write .*/{protected}, got one that is"):
            forge(voices, tmp_path / "audio/fake")
    finally:
        (tmp_path / protected).chmod(mode)
    assert tree(tmp_path) == before


def test_the_manifest_of_the_user_is_kept_as_it_was(voices):
    text = b"path,label,speaker\r\nreal/a.wav,real,Ann\r\n"
    (voices.parent / "manifest.csv").write_bytes(text)
    forge(voices, voices.parent / "fake")
    forge(voices, voices.parent / "fake2/fake")
    (voices.parent / "manifest.csv").write_bytes(text + b"real/b.wav,real,Bob\n")
    forge(voices, voices.parent / "fake")
    assert (voices.parent / "manifest.csv.before-forge").read_bytes() == text
    assert b"Bob" in (voices.parent / "manifest.csv.before-forge-2").read_bytes()
    (voices.parent / "manifest.csv").write_bytes(text)
    forge(voices, voices.parent / "fake")
    assert rows(voices.parent)["real/a.wav"]["speaker"] == "Ann"


def test_an_error_leaves_nothing_half_written(voices, monkeypatch):
    def full(path, *_):
        path.with_name("0123456789abcdef.part").write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(copying.audio_format, "write", full)
    with pytest.raises(OSError, match="No space left"):
        forge(voices, voices.parent / "fake")
    assert not tree(voices.parent / "fake")


def test_copies_have_the_level_of_their_originals(voices):
    result = forge(voices, voices.parent / "fake", copies=3)
    for copied in result.results:
        made, original = (
            soundfile.read(path)[0] for path in (copied.job.path, copied.job.source.path)
        )
        level = 20 * np.log10(made.std() / original.std())
        assert level == pytest.approx(0, abs=1 if copied.lossy else 0.1)
