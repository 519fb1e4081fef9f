import contextlib
import itertools
import shutil
from pathlib import Path

import pytest

from classify.training.resume import (
    install,
    locked,
    prepare_folder,
    refuse_among_pictures,
    require_same_run,
)

OLD = (
    *("run.json", "model.keras", "model.onnx", "render.json", "history.csv"),
    *("report/index.html", "report/metrics.json", "report/scores.csv"),
    *("seed-0/run.json", "seed-0/model.keras", "seed-2/run.json"),
)
SEEDS = ["seed-0", "seed-1"]
MINE = ("notes.txt", "training/diary.txt", "report/notes.txt", "seed-0/notes.txt")
NEW = ("run.json", "seed-0/run.json", "seed-0/model.keras", "seed-1/run.json", "render.json")
AFTER = {**dict.fromkeys(NEW, "new"), **dict.fromkeys(MINE, "mine")}


def write(folder, names, text):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def run(tmp_path):
    """Give a finished run, with files of the user's in it."""
    return write(write(tmp_path / "run", OLD, "old"), MINE, "mine")


def test_a_finished_run_is_whole_until_its_replacement_is_complete(run):
    before = contents(run)
    target = prepare_folder(run, SEEDS, resume=False, overwrite=True)
    assert target == run / "replacement"
    write(target, ["seed-0/training/start.json", "seed-0/training/epoch-0001.keras"], "new")
    assert {name: text for name, text in contents(run).items() if name in before} == before
    with pytest.raises(ValueError, match="which holds a training: give another --to, --resume"):
        prepare_folder(run, SEEDS, resume=False, overwrite=False)
    # A resumed training goes on with the replacement, and another begins a new one.
    assert prepare_folder(run, SEEDS, resume=True, overwrite=False) == target
    assert prepare_folder(run, SEEDS, resume=False, overwrite=True) == target
    assert not list(target.iterdir())
    install(write(target, NEW, "new"), run)
    assert contents(run) == AFTER


def test_a_kill_at_any_moment_leaves_the_old_run_or_the_new_one(run, tmp_path, monkeypatch):
    def dying_after(moves, original):
        def move(*arguments, **options):
            if not next(moves):
                raise KeyboardInterrupt
            return original(*arguments, **options)

        return move

    for survived in itertools.count():
        folder = shutil.copytree(run, tmp_path / str(survived))
        new = write(folder / "replacement", [*NEW, "training/start.json"], "new")
        moves = itertools.chain(itertools.repeat(True, survived), itertools.repeat(False))
        with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
            for name in ("unlink", "replace", "rmdir"):
                patch.setattr(Path, name, dying_after(moves, getattr(Path, name)))
            install(new, folder)
            break
        assert prepare_folder(folder, SEEDS, resume=True, overwrite=False) == folder
        assert contents(folder) == AFTER
    assert survived > 10


def test_an_unfinished_training_is_begun_anew_or_gone_on_with(tmp_path):
    files = ["training/start.json", "training/epoch-0001.keras", "history.csv"]
    folder = write(tmp_path / "run", files, "half")
    assert prepare_folder(folder, [], resume=True, overwrite=False) == folder
    assert len(contents(folder)) == 3
    with pytest.raises(ValueError, match="with one network in .* of several seeds$"):
        prepare_folder(folder, SEEDS, resume=True, overwrite=False)
    assert prepare_folder(folder, SEEDS, resume=False, overwrite=True) == folder
    assert not contents(folder)


@pytest.mark.parametrize(
    "name", ["training/real/a.wav", "render.json", "report/thesis.tex", "seed-1/model.keras"]
)
def test_what_no_training_wrote_is_never_deleted(tmp_path, name):
    folder = write(tmp_path / "mine", [name], "mine")
    for choice in ({"resume": True}, {"overwrite": True}, {}):
        with pytest.raises(ValueError, match="mine.* that train did not write: give another --to"):
            prepare_folder(folder, [], **{"resume": False, "overwrite": False, **choice})
    assert contents(folder) == {name: "mine"}


def test_a_run_among_the_pictures_is_refused(tmp_path):
    (tmp_path / "images/Dev/real").mkdir(parents=True)
    for name in ("train/real", "Dev/real/deep", "test"):
        with pytest.raises(ValueError, match="among the pictures in .*: give another --to"):
            refuse_among_pictures(tmp_path / "images", tmp_path / "images" / name)
    for name in ("images", "images/run", "run"):
        refuse_among_pictures(tmp_path / "images", tmp_path / name)


def test_a_second_training_in_the_folder_is_refused_while_the_first_lives(tmp_path):
    with locked(tmp_path / "run"):
        with (
            pytest.raises(ValueError, match="no other training in .*run, got one"),
            locked(tmp_path / "run"),
        ):
            pass
        with locked(tmp_path / "other"):
            pass
    with locked(tmp_path / "run"):
        assert not list((tmp_path / "run").iterdir())


def test_pictures_of_other_bytes_are_refused_but_for_a_finished_network(capsys):
    before = {
        "format": 1,
        "training": {"epochs": 3},
        "group": "source",
        "fold": "1/2",
        "fingerprint": "a",
        "names_fingerprint": "n",
    }
    require_same_run(before, before)
    drawn_elsewhere = {**before, "fingerprint": "b"}
    with pytest.raises(ValueError, match="^expected to go on with the same pictures, got others$"):
        require_same_run(before, drawn_elsewhere)
    assert not capsys.readouterr().err
    require_same_run(before, drawn_elsewhere, is_finished=True)
    assert "fold 1/2 learned from pictures of the same names with other" in capsys.readouterr().err
    with pytest.raises(ValueError, match="the same pictures"):
        require_same_run(before, {**drawn_elsewhere, "names_fingerprint": "m"}, is_finished=True)
