import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import cv2
import numpy as np
import pytest
import soundfile

from render import dataset, paths, png, worker
from render.axes import axes
from render.command import command
from render.parallel import Executor
from render.recording import Recording
from render.settings import Settings
from render.worker import RenderPlan, render_recording

SETTINGS = Settings(rate=8_000, seconds=1, window=256, hop=128)


def render(audio, images, settings, *, jobs=1, variants=0, **how):
    """Draw with one of the forms that the tests are about."""
    plan = RenderPlan(dataset=images, settings=settings, variants=variants)
    return dataset.render(audio, plan, Executor(jobs=jobs), **how)


@pytest.fixture
def audio(tmp_path, write_sound):
    """Give a folder with two recordings a split and class, of one, two and three clips."""
    root = tmp_path / "audio"
    for seed, (split, label, name) in enumerate(
        (split, label, name)
        for split in ("train", "val", "test")
        for label in ("Real", "spoof")
        for name in ("a.wav", "b.flac")
    ):
        write_sound(root / split / label / name, seconds=0.6 + seed % 3, seed=seed)
    return root


def contents(folder):
    """Bytes of all files below a folder, by name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def make_older(path):
    """Rewrite a picture as versions wrote it that had no number for the format."""
    image, kinds, (packet,) = cv2.imreadWithMetadata(str(path), flags=cv2.IMREAD_UNCHANGED)
    packet = np.frombuffer(bytes(packet).replace(b'"format": 1, ', b""), np.uint8)
    path.write_bytes(cv2.imencodeWithMetadata(".png", image, kinds, [packet])[1].tobytes())


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_pictures_manifest_and_settings(audio, tmp_path):
    images = tmp_path / "images"
    summary = render(audio, images, SETTINGS, jobs=1)
    manifest = rows(images / "manifest.csv")
    assert (summary.fresh, summary.kept) == (12, 0)
    assert (
        list(manifest[0])
        == (
            "path split label recording start_s duration_s "
            "sample_rate channels channel codec bit_rate_kbps recording_s level_db "
            "variant augmentation"
        ).split()
    )
    assert len(manifest) == 4 * (1 + 2 + 3)
    for row in manifest:
        settings, origin = png.read(images / row["path"])
        assert settings == SETTINGS
        assert row["path"].startswith(f"{row['split']}/{row['label']}/")
        assert (row["recording"], float(row["start_s"]), float(row["duration_s"])) == (
            origin.recording,
            origin.start_s,
            origin.duration_s,
        )
    pngs = {path.relative_to(images).as_posix() for path in images.rglob("*.png")}
    assert pngs == {row["path"] for row in manifest}
    described = json.loads((images / "render.json").read_text())
    assert described.pop("axes") == axes(SETTINGS)
    assert described.pop("command") == command(SETTINGS)
    assert described == json.loads(SETTINGS.to_json())
    assert rows(images / "failures.csv") == []


def test_the_table_counts_recordings_clips_and_minutes(audio, tmp_path):
    table = render(audio, tmp_path / "images", SETTINGS, jobs=1).table().splitlines()
    # train/real: 0.6 s and 1.6 s, so one clip, and one of 1 s and one of 0.6 s: 2.2 s in all.
    assert table[1].split() == ["train", "real", "2", "3", "0.0"]
    assert table[-1].split() == ["failures:", "0", "already", "drawn:", "0"]
    assert len(table) == 8


@pytest.mark.slow
def test_the_number_of_jobs_does_not_matter(audio, tmp_path):
    for name, jobs in (("one", 1), ("two", 2)):
        render(audio, tmp_path / name, SETTINGS, jobs=jobs)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_second_run_draws_nothing_and_changes_nothing(audio, tmp_path, monkeypatch):
    images = tmp_path / "images"
    render(audio, images, SETTINGS, jobs=1)
    before = contents(images)

    def must_not_draw(*_):
        raise AssertionError("drawn again")

    monkeypatch.setattr(worker, "scan_audio", must_not_draw)
    summary = render(audio, images, SETTINGS, jobs=1)
    assert (summary.fresh, summary.kept) == (0, 12)
    assert contents(images) == before


@pytest.mark.slow
@pytest.mark.parametrize(
    "change", ["content", "settings", "gone", "damaged picture", "new", "another version"]
)
def test_what_changed_is_drawn_again_and_only_that(audio, tmp_path, write_sound, change):
    images, settings = tmp_path / "images", SETTINGS
    render(audio, images, settings, jobs=1)
    expected_fresh = 1
    if change == "content":
        write_sound(audio / "train/Real/a.wav", seconds=0.7, seed=99)
    elif change == "settings":
        settings, expected_fresh = Settings(rate=8_000, seconds=2, window=256, hop=128), 12
        before = contents(images)
        with pytest.raises(ValueError, match="seconds 2.0, got some with seconds 1.0: .*--replace"):
            render(audio, images, settings, jobs=1)
        assert contents(images) == before
    elif change == "gone":
        (audio / "train/Real/a.wav").unlink()
        expected_fresh = 0
    elif change == "damaged picture":
        next((images / "train/real").glob("a-*.png")).write_bytes(b"broken")
    elif change == "another version":
        make_older(next((images / "train/real").glob("a-*.png")))
    else:
        write_sound(audio / "train/Real/deeper/a.wav", seconds=2.5, seed=7)
    summary = render(audio, images, settings, jobs=1, replace=change == "settings")
    assert summary.fresh == expected_fresh
    render(audio, tmp_path / "anew", settings, jobs=1)
    assert contents(images) == contents(tmp_path / "anew")


@pytest.mark.slow
def test_a_folder_of_another_format_is_drawn_anew_in_one_plain_line(audio, tmp_path, capsys):
    images = tmp_path / "images"
    render(audio, images, SETTINGS)
    before = contents(images)
    for path in images.rglob("*.png"):
        make_older(path)
    stored = json.loads((images / "render.json").read_text())
    del stored["format"]
    (images / "render.json").write_text(json.dumps(stored))
    capsys.readouterr()
    assert render(audio, images, SETTINGS).fresh == 12
    line = f"render: expected pictures of format 1 in {images}, got format None: they are drawn"
    assert line in capsys.readouterr().err
    assert contents(images) == before
    assert render(audio, images, SETTINGS).kept == 12
    assert "format" not in capsys.readouterr().err


@pytest.mark.slow
def test_a_source_that_turns_bad_loses_its_pictures(audio, tmp_path):
    images = tmp_path / "images"
    render(audio, images, SETTINGS, jobs=1)
    (audio / "train/Real/b.flac").write_bytes(b"")
    summary = render(audio, images, SETTINGS, jobs=1)
    assert summary.removed == 2
    assert not list((images / "train/real").glob("b-*"))


def test_unusable_recordings_are_listed_and_the_rest_goes_on(audio, tmp_path, capsys):
    (audio / "train/Real/empty.wav").touch()
    (audio / "train/Real/text.wav").write_text("this is no sound")
    silent, short, wrong = np.zeros(16_000), 0.1 * np.ones(1_000), np.full(16_000, np.nan)
    for name, samples in (("silent", silent), ("short", short), ("nan", wrong)):
        soundfile.write(audio / f"test/spoof/{name}.wav", samples, 16_000, subtype="FLOAT")
    (audio / "notes.md").touch()
    summary = render(audio, tmp_path / "images", SETTINGS, jobs=1)
    assert (summary.fresh, summary.kept) == (12, 0)
    assert summary.ignored == {".md": 1}
    reasons = {row["recording"]: row["reason"] for row in rows(tmp_path / "images/failures.csv")}
    assert reasons == {
        "test/spoof/nan.wav": "expected finite samples, got NaN or infinity",
        "test/spoof/short.wav": "expected at least 0.25 s of sound, got 0.062 s",
        "test/spoof/silent.wav": "expected sound, got silence",
        "train/Real/empty.wav": "expected audio, got an empty file",
        "train/Real/text.wav": reasons["train/Real/text.wav"],
    }
    assert "expected audio" in reasons["train/Real/text.wav"]
    told = capsys.readouterr().err
    assert all(f"render: {name}: {reason}" in told for name, reason in reasons.items())


def test_what_is_odd_about_a_file_is_said_once_and_changes_no_table(audio, tmp_path, capsys):
    path = audio / "train/Real/a.wav"
    render(audio, tmp_path / "images", SETTINGS)
    header = (tmp_path / "images/manifest.csv").read_text().splitlines()[0]
    path.write_bytes(path.read_bytes()[:-8_000])  # a quarter of a second at 16 kHz
    capsys.readouterr()
    render(audio, tmp_path / "images", SETTINGS)
    said = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert said == [
        "render: train/Real/a.wav: warning: the file ends after 0.3 s, but its header says 0.6 s"
    ]
    assert (tmp_path / "images/manifest.csv").read_text().splitlines()[0] == header


def test_files_of_one_name_do_not_collide(tmp_path, write_sound):
    for seed, folder in enumerate(("one/real", "two/real", "one/fake", "two/real/again")):
        write_sound(tmp_path / "audio/train" / folder / "a.wav", seed=seed)
    write_sound(tmp_path / "audio/val/real/a.wav", seed=9)
    summary = render(tmp_path / "audio", tmp_path / "images", SETTINGS, jobs=1)
    assert len(list((tmp_path / "images").rglob("*.png"))) == summary.fresh == 5


def test_metadata_is_carried_and_never_overrides_ours(audio, tmp_path):
    (audio / "manifest.csv").write_text(
        "path,speaker,start_s,generator\ntrain/Real/a.wav,Ann,77,-\ntest/spoof/a.wav,Bob,77,vits\n"
    )
    render(audio, tmp_path / "images", SETTINGS, jobs=1)
    manifest = rows(tmp_path / "images/manifest.csv")
    assert list(manifest[0])[15:] == ["speaker", "generator"]
    found = {(row["recording"], row["speaker"], row["generator"]) for row in manifest}
    assert ("test/spoof/a.wav", "Bob", "vits") in found
    assert ("test/Real/a.wav", "", "") in found
    assert "77" not in {row["start_s"] for row in manifest}


def test_the_manifest_says_what_each_file_was_whatever_the_source_says(tmp_path):
    # Noise of RMS 0.05 at 11025 Hz, 26.02 dB below full scale; 24 bits make 264.6 kbit/s.
    noise = np.random.default_rng(0).standard_normal(11_025 * 2)
    noise *= 0.05 / np.sqrt(np.mean(noise**2))
    (tmp_path / "audio/train/real").mkdir(parents=True)
    soundfile.write(tmp_path / "audio/train/real/a.wav", noise, 11_025, subtype="PCM_24")
    (tmp_path / "audio/manifest.csv").write_text(
        "path,codec,level_db,speaker\ntrain/real/a.wav,gsm,7,Ann\n"
    )
    render(tmp_path / "audio", tmp_path / "images", SETTINGS, jobs=1)
    what = ["11025", "1", "mix", "WAV/PCM_24", "265", "2.0", "-26.0", "0", "", "Ann"]
    for row in rows(tmp_path / "images/manifest.csv"):
        assert list(row.values())[6:] == what


def test_channels_that_cancel_are_drawn_alike_in_both_classes(tmp_path, sound, capsys):
    # The pictures of such a recording are those of its left channel alone, at the same level.
    left = sound(1.5)
    for label in ("real", "fake"):
        folder = tmp_path / "audio" / "train" / label
        folder.mkdir(parents=True)
        soundfile.write(folder / "mono.flac", left, 16_000)
        soundfile.write(folder / "both.flac", np.stack([left, left], axis=1), 16_000)
        soundfile.write(folder / "inverted.flac", np.stack([left, -left], axis=1), 16_000)
    render(tmp_path / "audio", tmp_path / "images", SETTINGS)
    pictures = {}
    for row in rows(tmp_path / "images" / "manifest.csv"):
        image = cv2.imread(str(tmp_path / "images" / row["path"]), cv2.IMREAD_GRAYSCALE)
        pictures[row["recording"]] = (row["channel"], image)
    for label in ("real", "fake"):
        mono, both, inverted = (
            pictures[f"train/{label}/{name}.flac"] for name in ("mono", "both", "inverted")
        )
        assert [mono[0], both[0], inverted[0]] == ["mix", "mix", "1"]
        np.testing.assert_array_equal(mono[1], both[1])
        np.testing.assert_array_equal(mono[1], inverted[1])
    assert capsys.readouterr().err.count("warning: its channels cancel each other") == 2


@pytest.mark.slow
def test_pictures_of_another_folder_are_not_deleted_by_mistake(audio, tmp_path, write_sound):
    images = tmp_path / "images"
    render(audio, images, SETTINGS, jobs=1)
    before = contents(images)
    for label in ("real", "fake"):
        for number in range(3):
            write_sound(tmp_path / "other" / label / f"{number}.wav", seed=number)
    with pytest.raises(ValueError, match="got 24 pictures of other recordings .* --replace"):
        render(tmp_path / "other", images, SETTINGS, jobs=1)
    assert contents(images) == before
    summary = render(tmp_path / "other", images, SETTINGS, jobs=1, replace=True)
    assert summary.removed == len([name for name in before if name.endswith(".png")])


@pytest.mark.slow
def test_pictures_of_another_version_whose_recording_is_gone_are_deleted(audio, tmp_path):
    images = tmp_path / "images"
    render(audio, images, SETTINGS, jobs=1)
    (old,) = (images / "train/real").glob("a-*.png")
    make_older(old)
    (audio / "train/Real/a.wav").unlink()
    assert render(audio, images, SETTINGS, jobs=1).removed == 1
    assert not old.exists()


def test_foreign_pictures_are_left_alone_and_said(audio, tmp_path, capsys):
    images = tmp_path / "images"
    (images / "train/real").mkdir(parents=True)
    (images / "train/real/mine.png").write_bytes(b"holiday")
    render(audio, images, SETTINGS, jobs=1)
    assert (images / "train/real/mine.png").read_bytes() == b"holiday"
    assert "left alone 1 pictures" in capsys.readouterr().err


def test_a_locked_folder_among_the_pictures_is_left_alone(audio, tmp_path, lock):
    images = tmp_path / "images"
    (images / "train/real/locked/deep").mkdir(parents=True)
    lock(images / "train/real/locked")
    render(audio, images, SETTINGS, jobs=1)
    assert (images / "manifest.csv").exists()


def test_copies_of_pictures_and_half_files_of_others_are_left_alone(audio, tmp_path, capsys):
    images = tmp_path / "images"
    render(audio, images, SETTINGS, jobs=1)
    drawn = next((images / "train/real").glob("a-*.png"))
    folder = images / "train/real"
    copies = [folder / "Stra\udcdfe.png", folder / "n\udce9/best.png"]
    copies += [folder / ".ipynb_checkpoints" / drawn.name, folder / "film.mp4.part"]
    for copy in copies:
        copy.parent.mkdir(exist_ok=True)
        shutil.copy(drawn, copy)
    assert render(audio, images, SETTINGS, jobs=1).removed == 0
    assert all(copy.exists() for copy in copies)
    assert (images / "manifest.csv").exists()
    assert "left alone 2 pictures" in capsys.readouterr().err


@pytest.mark.slow
def test_columns_that_a_person_added_to_the_manifest_are_not_dropped(audio, tmp_path):
    images = tmp_path / "images"
    render(audio, images, SETTINGS)
    table = images / "manifest.csv"
    header, *lines = table.read_text().splitlines()
    table.write_text("\n".join([f"{header},mood", *(f"{line},glad" for line in lines), ""]))
    with pytest.raises(ValueError, match="to come from .*, got mood as well: put them"):
        render(audio, images, SETTINGS)
    assert ",glad" in table.read_text()
    render(audio, images, SETTINGS, replace=True)
    assert table.read_text().splitlines() == [header, *lines]


@pytest.mark.slow
def test_without_a_manifest_rendering_was_not_finished(audio, tmp_path, monkeypatch):
    images = tmp_path / "images"
    render(audio, images, SETTINGS, jobs=1)
    monkeypatch.setattr(dataset, "run_tasks", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        render(audio, images, SETTINGS, jobs=1)
    assert not (images / "manifest.csv").exists()


def test_settings_that_cannot_be_drawn_end_before_anything_is_written(audio, tmp_path):
    crowded = Settings(feature="mel", bands=250)
    with pytest.raises(ValueError, match="bands without one"):
        render(audio, tmp_path / "images", crowded, jobs=1)
    assert not (tmp_path / "images").exists()


def test_pictures_of_other_settings_stay_where_the_new_ones_cannot_be_drawn(audio, tmp_path):
    images = tmp_path / "images"
    render(audio, images, SETTINGS)
    before = contents(images)
    with pytest.raises(ValueError, match="bands without one"):
        render(audio, images, Settings(feature="mel", bands=250))
    assert contents(images) == before


USERS = {
    "manifest.csv": "path,label,speaker\ntrain/Real/a.wav,real,Ann\n",
    "summary.csv": "speaker,hours\nAnn,3\n",
    "failures.csv": "",
    "render.json": '{"farm": "blender"}',
}


@pytest.fixture
def untouched(tmp_path):
    """Give a folder of recordings that nobody gets to read."""
    (tmp_path / "audio/train/real").mkdir(parents=True)
    (tmp_path / "audio/train/real/a.wav").touch()
    return tmp_path / "audio"


def test_a_trained_run_keeps_the_settings_of_its_pictures(untouched, tmp_path):
    (tmp_path / "run").mkdir()
    for name in ("run.json", "render.json"):
        (tmp_path / "run" / name).write_text(SETTINGS.to_json())
    before = contents(tmp_path / "run")
    with pytest.raises(ValueError, match="run, which is that of a trained run: give another --to"):
        render(untouched, tmp_path / "run", SETTINGS, replace=True)
    assert contents(tmp_path / "run") == before
    with pytest.raises(ValueError, match="render.json, which is a file: give another --to"):
        render(untouched, tmp_path / "run/render.json", SETTINGS)


@pytest.mark.parametrize("name", USERS)
@pytest.mark.parametrize("replace", [False, True])
def test_a_table_of_the_user_is_never_replaced(untouched, tmp_path, name, replace):
    images = tmp_path / "images"
    images.mkdir()
    (images / name).write_text(USERS[name])
    with pytest.raises(ValueError, match=f"images, which holds a {name} that render did not write"):
        render(untouched, images, SETTINGS, replace=replace)
    assert contents(images) == {name: USERS[name].encode()}


@pytest.mark.parametrize("way", ["itself", "table", "from inside", "link", "above", "other"])
def test_a_folder_of_recordings_is_never_one_of_pictures(untouched, tmp_path, monkeypatch, way):
    source = target = untouched
    if way == "table":
        source = untouched / "manifest.csv"
        source.write_text(USERS["manifest.csv"])
    elif way == "from inside":
        monkeypatch.chdir(untouched / "train")
        source, target = untouched, type(untouched)("..")
    elif way == "link":
        target = tmp_path / "link"
        target.symlink_to(untouched)
    elif way == "above":
        target = tmp_path
    elif way == "other":
        target = shutil.copytree(untouched, tmp_path / "other")
    before = contents(tmp_path)
    with pytest.raises(ValueError, match="^expected a folder for pictures, got .* another --to$"):
        render(source, target, SETTINGS, replace=True)
    assert contents(tmp_path) == before


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_nothing_behind(tmp_path, write_sound):
    audio, images, whole = tmp_path / "audio", tmp_path / "images", tmp_path / "whole"
    for seed in range(20):
        label = ("real", "fake")[seed % 2]
        write_sound(audio / label / f"{seed}.wav", seconds=3.5, seed=seed)
    options = "--rate 8000 --seconds 1 --window 256 --hop 16 --variants 0 --jobs".split()
    settings = Settings(rate=8_000, seconds=1, window=256, hop=16)
    render(audio, whole, settings, jobs=1)
    total = len(list(whole.rglob("*.png")))
    for share, jobs in ((0.02, "1"), (0.4, "2"), (0.7, "1")):
        shutil.rmtree(images, ignore_errors=True)
        command = [sys.executable, "-m", "render", str(audio), "--to", str(images), *options, jobs]
        process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while len(list(images.rglob("*.png"))) < share * total:
            assert time.monotonic() < deadline
            assert process.poll() is None, "finished before it could be killed"
            time.sleep(0.002)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        drawn = len(list(images.rglob("*.png")))
        assert not (images / "manifest.csv").exists()
        # What a kill can leave, should it come between writing and renaming.
        (images / "train/real").mkdir(parents=True, exist_ok=True)
        (images / "train/real/0123456789abcdef.part").write_bytes(b"half")
        summary = render(audio, images, settings, jobs=1)
        assert summary.kept > 0 or drawn < 10
        assert contents(images) == contents(whole)


def test_a_recording_is_drawn_by_itself(tmp_path, write_sound):
    path = write_sound(tmp_path / "a.wav", seconds=1.5)
    recording = Recording(path, "a.wav", "train", "real")
    plan = RenderPlan(dataset=tmp_path / "images", settings=SETTINGS)
    drawn = render_recording(recording, plan)
    assert [origin.start_s for _, origin in drawn.pictures] == [0.0, 1.0]
    assert drawn.fresh
    again = worker.up_to_date(recording, plan)
    assert (again.pictures, again.fresh) == (drawn.pictures, False)


@pytest.mark.slow
def test_the_real_corpus_keeps_its_splits_and_metadata(shared, tmp_path):
    # A slice of it; the whole is drawn by hand before a release.
    audio = tmp_path / "audio"
    wanted = []
    for row in rows(shared / "corpus/manifest.csv")[::120]:
        (audio / row["path"]).parent.mkdir(parents=True, exist_ok=True)
        os.symlink(shared / "corpus" / row["path"], audio / row["path"])
        wanted.append(row)
    with (audio / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(wanted[0]))
        writer.writeheader()
        writer.writerows(wanted)
    summary = render(audio, tmp_path / "images", Settings(), jobs=1)
    assert summary.failures == 0
    ours = {"training": "train", "validation": "validation", "testing": "test"}
    drawn = {row["recording"]: row for row in rows(tmp_path / "images/manifest.csv")}
    for row in wanted:
        mine = drawn[row["path"]]
        assert mine["split"] == ours[row["split"]]
        for column in ("label", "generator", "speaker", "source"):
            assert mine[column] == row[column]


@pytest.mark.slow
def test_all_odd_formats_render(shared, tmp_path):
    summary = render(shared / "formats", tmp_path / "images", Settings(), jobs=1)
    assert (summary.fresh, summary.failures) == (20, 0)


@pytest.mark.slow
def test_variants_are_drawn_of_training_recordings_of_both_classes_only(audio, tmp_path):
    images = tmp_path / "images"
    render(audio, images, SETTINGS, variants=2)
    manifest = rows(images / "manifest.csv")
    varied = [row for row in manifest if row["variant"] != "0"]
    assert {(row["split"], row["label"], row["variant"]) for row in varied} == {
        ("train", label, number) for label in ("real", "fake") for number in "12"
    }
    assert all(
        f"/variant-{row['variant']}/" in row["path"] and row["augmentation"] for row in varied
    )
    train = [row for row in manifest if row["split"] == "train"]
    assert len(train) == 3 * len([row for row in train if row["variant"] == "0"])
    # A variant looks otherwise than its original.
    first = varied[0]
    plain = next(
        row["path"]
        for row in train
        if (row["recording"], row["start_s"], row["variant"])
        == (first["recording"], first["start_s"], "0")
    )
    one, other = (cv2.imread(str(images / path), 0) for path in (first["path"], plain))
    assert np.abs(one.astype(int) - other).mean() > 1


@pytest.mark.slow
def test_more_variants_are_added_and_fewer_are_deleted(audio, tmp_path):
    images = tmp_path / "images"
    render(audio, images, SETTINGS, variants=1)
    one = contents(images)
    assert render(audio, images, SETTINGS, variants=1).fresh == 0
    more = render(audio, images, SETTINGS, variants=2)
    assert (more.fresh, more.kept) == (4, 8)  # two training recordings of each class
    two = contents(images)
    assert all(two[name] == data for name, data in one.items() if name.endswith(".png"))
    with pytest.raises(ValueError, match="at most 1 variants of a clip, got 2: give --variants 2"):
        render(audio, images, SETTINGS, variants=1)
    assert contents(images) == two
    assert render(audio, images, SETTINGS, variants=1, replace=True).removed == len(
        [name for name in one if "/variant-1/" in name]
    )
    assert contents(images) == one


@pytest.mark.slow
def test_shares_drawn_one_by_one_come_to_the_same_folder(audio, tmp_path):
    render(audio, tmp_path / "whole", SETTINGS)
    images = tmp_path / "images"
    shares = [render(audio, images, SETTINGS, shard=(number, 3)) for number in (1, 2, 3)]
    assert sum(share.fresh for share in shares) == 12
    assert not list(images.glob("*.csv"))
    assert render(audio, images, SETTINGS).fresh == 0
    assert contents(images) == contents(tmp_path / "whole")


@pytest.mark.slow
def test_many_recordings_and_long_ones_have_sub_folders(audio, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "FULL", 1)
    monkeypatch.setattr(paths, "FEW", 2)
    images = tmp_path / "images"
    summary = render(audio, images, SETTINGS)
    manifest = rows(images / "manifest.csv")
    assert {row["path"] for row in manifest} == {
        path.relative_to(images).as_posix() for path in images.rglob("*.png")
    }
    assert {len(row["path"].split("/")) for row in manifest} == {4, 5, 6}
    assert summary.fresh == 12
    assert render(audio, images, SETTINGS).kept == 12
    monkeypatch.undo()
    assert render(audio, images, SETTINGS).fresh == 12  # the places are others now
    assert not [path for path in images.rglob("*") if path.is_dir() and not any(path.iterdir())]


def test_counts_are_stored(audio, tmp_path):
    render(audio, tmp_path / "images", SETTINGS)
    counts = rows(tmp_path / "images/summary.csv")
    assert [(row["split"], row["class"], row["recordings"]) for row in counts] == [
        (split, label, "2")
        for split in ("train", "validation", "test")
        for label in ("real", "fake")
    ]
    assert sum(int(row["clips"]) for row in counts) == len(rows(tmp_path / "images/manifest.csv"))


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_target_that_cannot_be_written_ends_the_run_and_leaves_no_half_file(
    audio, tmp_path, jobs, write_sound
):
    for seed in range(8):
        write_sound(audio / f"train/Real/more-{seed}.wav", seconds=2, seed=50 + seed)
    # No file of the process may grow beyond 4 kB, less than a picture: as on a full disk.
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096));"
        "from render.cli import main; sys.exit(main())"
    )
    options = ["--rate", "8000", "--seconds", "1", "--window", "256", "--hop", "32"]
    command = [sys.executable, "-c", script, str(audio), "--to", str(tmp_path / "images")]
    done = subprocess.run(
        [*command, *options, "--jobs", str(jobs)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    lines = [line for line in done.stderr.splitlines() if line.startswith("render: ")]
    assert len(lines) == 2
    assert lines[0].endswith(" is read as folders")
    assert "expected to write" in lines[1]
    assert "Traceback" not in done.stderr
    files = [path.name for path in (tmp_path / "images").rglob("*") if path.is_file()]
    assert files == ["render.json"]


def test_a_recording_that_takes_too_long_is_a_failure(audio, tmp_path):
    plan = RenderPlan(dataset=tmp_path / "images", settings=SETTINGS, timeout=1e-6)
    summary = dataset.render(audio, plan, Executor(jobs=1))
    assert summary.failures == 12
    for row in rows(tmp_path / "images/failures.csv"):
        assert row["reason"].startswith("expected a recording that is ")


def test_a_pipe_among_the_recordings_is_not_waited_for(audio, tmp_path):
    os.mkfifo(audio / "train/Real/pipe.wav")
    assert render(audio, tmp_path / "images", SETTINGS).failures == 1
    (row,) = rows(tmp_path / "images/failures.csv")
    assert row == {
        "recording": "train/Real/pipe.wav",
        "reason": "expected a file, got something else",
    }


@pytest.mark.slow
def test_a_cluster_that_loses_a_worker_half_way_draws_the_same(tmp_path, write_sound, cluster):
    audio = tmp_path / "audio"
    for seed in range(160):
        write_sound(audio / ("real", "fake")[seed % 2] / f"{seed}.wav", seconds=1.4, seed=seed)
    render(audio, tmp_path / "whole", SETTINGS, jobs=1)
    images = tmp_path / "images"
    drawn = []

    def kill_half_way():
        while len(list(images.rglob("*.png"))) < 50:
            time.sleep(0.002)
        cluster.workers[0].kill()
        drawn.append(len(list(images.rglob("*.png"))))

    killer = threading.Thread(target=kill_half_way)
    killer.start()
    plan = RenderPlan(dataset=images, settings=SETTINGS)
    summary = dataset.render(audio, plan, Executor("dask", scheduler=cluster.address))
    killer.join()
    assert cluster.workers[0].wait(10) == -signal.SIGKILL
    assert drawn[0] < 320  # or it was lost too late to matter
    assert (summary.fresh, summary.failures) == (160, 0)
    assert contents(images) == contents(tmp_path / "whole")
