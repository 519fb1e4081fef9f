import csv
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile

from detect.batch import fill, index, worker
from detect.batch.journal import Journal
from detect.cli import main
from detect.detection import Detector
from render import parallel

ROOT = Path(__file__).resolve().parents[3]
RATE = 16_000


@pytest.fixture
def here(monkeypatch):
    """Judge in this process, and do not let its thread wait for the end of its parent."""
    monkeypatch.setattr(worker, "_end_with", lambda parent: None)
    worker._detector.cache_clear()

    def run_tasks(function, tasks, executor, on_crash, *, isolated):
        assert isolated
        return map(function, tasks)

    monkeypatch.setattr(fill, "run_tasks", run_tasks)


@pytest.fixture
def to(here, hand_set, tmp_path, capsys):
    """Return a function that calls `detect --to`; status, number judged, lines of errors."""

    def run(*names, table=tmp_path / "results.csv", run=hand_set):
        options = ["--to", table, "--run", run]
        status = main([*map(str, [*names, *options])])
        *lines, last = capsys.readouterr().err.splitlines()
        judged = last.rpartition("; ")[2].removesuffix(" judged now")
        return status, int(judged) if judged.isdecimal() else last, lines

    return run


def read(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def stopped(monkeypatch):
    """Return a function that has the third recording interrupt the command, until undone."""
    whole, judged = Detector.detect, []

    def detect(self, path, name, channel):
        judged.append(name)
        if len(judged) == 3:
            raise KeyboardInterrupt
        return whole(self, path, name, channel)

    monkeypatch.setattr(Detector, "detect", detect)
    return judged


@pytest.mark.slow
def test_a_table_has_the_rows_of_csv_by_path_and_the_state_of_each_file(
    to, talks, hand_set, tmp_path, capsys
):
    assert to(talks / "tone.wav", talks) == (0, 3, [])
    rows = read(tmp_path / "results.csv")
    paths = [talks / "bright.wav", talks / "sub/dull.flac", talks / "tone.wav"]
    assert [row["path"] for row in rows] == list(map(str, paths))
    assert main([*map(str, paths), "--run", str(hand_set), "--format", "csv"]) == 0
    printed = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    state = [{name: row.pop(name) for name in fill.table.STATE} for row in rows]
    assert rows == printed
    assert [int(one["size"]) for one in state] == [path.stat().st_size for path in paths]
    assert {one["error"] for one in state} == {""}
    assert len({one["detector"] for one in state}) == 1
    (talks / "tone.wav").touch()
    os.utime(talks / "tone.wav", ns=(0, 1_700_000_000_000_000_001))
    to(talks)
    assert read(tmp_path / "results.csv")[2]["modified"] == "2023-11-14T22:13:20.000000001Z"


def test_called_again_it_judges_what_is_new_changed_or_failed_and_no_more(to, talks, tmp_path):
    table = tmp_path / "results.csv"
    (talks / "bad.wav").write_text("hello")
    status, judged, (line,) = to(talks)
    assert (status, judged) == (1, 4)
    assert line.startswith(f"detect: {talks / 'bad.wav'}: expected audio or video, got some")
    failed, *rest = read(table)
    assert (failed["path"], failed["label"]) == (str(talks / "bad.wav"), "not judged")
    assert failed["error"].startswith("expected audio or video, got some")
    assert [row["error"] for row in rest] == [""] * 3
    assert to(talks)[:2] == (1, 1)
    shutil.copy(talks / "tone.wav", talks / "bad.wav")
    assert to(talks) == (0, 1, [])
    before = table.read_bytes()
    assert to(talks) == (0, 0, [])
    assert table.read_bytes() == before
    shutil.copy(talks / "bright.wav", talks / "tone.wav")
    assert to(talks) == (0, 1, [])
    assert read(table)[3]["label"] == "fake"
    os.utime(talks / "tone.wav", ns=(0, 1))
    assert to(talks) == (0, 1, [])
    assert [*tmp_path.glob("results*")] == [table]


@pytest.mark.parametrize("torn", [b"", b'[["', b"\0\0\0\n[[]]\n"])
def test_interrupted_it_goes_on_with_what_is_whole(to, talks, stopped, tmp_path, torn):
    table, journal = tmp_path / "results.csv", tmp_path / "results.csv.part"
    assert to(talks)[:2] == (130, "detect: interrupted; run it again to go on")
    assert not table.exists()
    assert len(journal.read_bytes().splitlines()) == 3  # with its first
    with journal.open("ab") as file:
        file.write(torn)
    assert to(talks) == (0, 1, [])
    assert not journal.exists()
    assert stopped[2:] == [str(talks / "tone.wav")] * 2
    assert to(talks, table=tmp_path / "whole.csv") == (0, 3, [])
    assert table.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_what_follows_a_torn_line_is_read_after_another_interruption(tmp_path):
    table = tmp_path / "results.csv"
    for results in ([], [[["a"]]], [[["a"]], [["b"]]]):
        with Journal(table, "abc", ["path"]) as journal:
            assert [*journal.results()] == results
            journal.add([["ab"[len(results) % 2]]])
        with (tmp_path / "results.csv.part").open("ab") as file:
            file.write(b'[["')


def test_interrupted_before_anything_is_written_it_begins(to, talks, tmp_path):
    (tmp_path / "results.csv.part").write_text('{"dete')
    assert to(talks) == (0, 3, [])


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_results_of_another_run_are_refused_unless_they_may_be_overwritten(
    to, talks, make_run, tmp_path, suffix
):
    table = tmp_path / f"results.{suffix}"
    assert to(talks, table=table) == (0, 3, [])
    before = table.read_bytes()
    other = make_run(tmp_path / "run", threshold=0.6)
    message = (
        "detect: expected results of this run with the same --step and --channels in "
        f"{table}, got others: choose another file, or --overwrite"
    )
    assert to(talks, table=table, run=other) == (2, message, [])
    assert to(talks, "--step", "0.25", table=table) == (2, message, [])
    assert to(talks, "--channels", "each", table=table) == (2, message, [])
    assert (table.read_bytes(), [*tmp_path.glob("*.part")]) == (before, [])
    assert to(talks, "--overwrite", table=table, run=other) == (0, 3, [])
    assert to(talks, table=table) == (2, message, [])


def test_a_journal_of_another_run_is_refused_and_one_that_overwrites_goes_on(
    to, talks, stopped, make_run, tmp_path
):
    other = make_run(tmp_path / "run", threshold=0.6)
    assert to(talks / "tone.wav") == (0, 1, [])
    del stopped[:]
    assert to(talks, "--overwrite", run=other)[0] == 130
    status, message, _ = to(talks)
    assert status == 2
    assert "expected results of this run" in message
    assert to(talks, run=other) == (0, 1, [])
    assert len(read(tmp_path / "results.csv")) == 3


@pytest.mark.parametrize("name", ["results.csv", "results.csv.part", "results.parquet"])
@pytest.mark.parametrize("content", [b"path,label\na.wav,real\n", b"", b"PAR1\n\xff"])
def test_a_file_that_is_not_ours_is_never_overwritten(to, talks, tmp_path, name, content):
    if (name, content) == ("results.csv.part", b""):
        pytest.skip("an empty journal holds nothing")
    (tmp_path / name).write_bytes(content)
    table = tmp_path / name.removesuffix(".part")
    for options in ([], ["--overwrite"]):
        status, message, _ = to(talks, *options, table=table)
        assert (status, (tmp_path / name).read_bytes()) == (2, content)
        assert message == (
            "detect: expected a new file or a table of detect --to, got another file: "
            f"{tmp_path / name}"
        )


def test_a_table_with_a_broken_row_is_not_ours(to, talks, tmp_path):
    to(talks)
    with (tmp_path / "results.csv").open("a") as file:
        file.write("x,y\n")
    assert to(talks)[0] == 2


def test_two_calls_do_not_write_one_table(to, talks, tmp_path):
    with Journal(tmp_path / "results.csv", "abc", ["path"]):
        assert to(talks)[1] == (
            f"detect: expected to be alone at {tmp_path / 'results.csv'}, got another detect --to "
            "that writes it"
        )


def test_parquet_holds_the_same_with_numbers_and_goes_on(to, talks, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    (talks / "bad.wav").write_text("hello")
    table = tmp_path / "results.parquet"
    assert to(talks, table=table)[:2] == to(talks)[:2] == (1, 4)
    values = parquet.read_table(table).to_pylist()
    texts = [
        {name: "" if cell is None else str(cell) for name, cell in row.items()} for row in values
    ]
    assert texts == read(tmp_path / "results.csv")
    assert isinstance(values[1]["p_fake"], float)
    assert isinstance(values[1]["size"], int)
    assert values[0]["llr"] is values[1]["error"] is None
    (talks / "bad.wav").unlink()
    assert to(talks, table=table) == (0, 0, [])
    assert parquet.read_table(table).to_pylist() == values[1:]


def test_without_pyarrow_its_extra_is_named_before_any_work(to, talks, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setattr("render.console.extra_with", lambda module, verb: "parquet")
    assert to(talks, table=tmp_path / "r.parquet")[1] == (
        "detect: expected the package of pyarrow, got none; "
        "detect needs: pip install 'spoofsight[parquet]'"
    )


def test_verdicts_of_recordings_that_are_not_named_stay(to, talks, tmp_path):
    (talks / "sub/bad.wav").write_text("hello")
    assert to(talks)[0] == 1
    (talks / "tone.wav").unlink()
    shutil.rmtree(talks / "sub")
    assert to(talks) == (0, 0, [])
    names = [Path(row["path"]).name for row in read(tmp_path / "results.csv")]
    assert names == ["bright.wav", "dull.flac", "tone.wav"]


def test_channels_are_rows_that_stand_together(to, talks, bright, dull, tmp_path):
    import numpy as np

    soundfile.write(talks / "both.wav", np.column_stack([bright, dull]), RATE)
    assert to(talks, "--channels", "each") == (0, 4, [])
    rows = [(Path(row["path"]).name, row["channel"], row["label"]) for row in read_all(tmp_path)]
    assert rows == [
        ("both.wav", "1", "fake"),
        ("both.wav", "2", "real"),
        ("bright.wav", "mix", "fake"),
        ("dull.flac", "mix", "real"),
        ("tone.wav", "mix", "no speech"),
    ]
    assert to(talks, "--channels", "each") == (0, 0, [])
    assert len(read_all(tmp_path)) == 5


def read_all(folder):
    return read(folder / "results.csv")


def test_what_names_no_recording_is_a_failure_like_others(to, talks, tmp_path):
    (tmp_path / "empty").mkdir()
    names = [talks, tmp_path / "empty", talks / "gone.wav"]
    status, judged, lines = to(*names)
    assert (status, judged) == (1, 4)
    assert lines == [
        f"detect: {tmp_path / 'empty'}: expected recordings, got a folder without any",
        f"detect: {talks / 'gone.wav'}: expected a recording, got no such file",
    ]
    assert [row["error"] for row in read_all(tmp_path)] == [
        "expected recordings, got a folder without any",
        *("", "expected a recording, got no such file", "", ""),
    ]
    assert to(tmp_path / "empty")[0] == 2


def test_of_names_that_look_alike_one_is_refused(to, talks, tmp_path):
    folder = tmp_path / "alike"
    folder.mkdir()
    shutil.copy(talks / "tone.wav", folder / "a\n.wav")
    shutil.copy(talks / "tone.wav", folder / "a\\n.wav")
    status, judged, (line,) = to(folder)
    assert (status, judged) == (1, 1)
    assert "expected names that differ when printed" in line


def test_a_recording_that_needs_too_much_memory_is_named(to, talks, monkeypatch, tmp_path):
    def detect(self, path, name, channel):
        raise MemoryError

    monkeypatch.setattr(Detector, "detect", detect)
    assert to(talks / "tone.wav")[0] == 2
    assert read_all(tmp_path)[0]["error"] == (
        "expected a recording that fits into memory, got one that does not"
    )


def test_a_deadly_recording_is_named(to, talks, monkeypatch, tmp_path):
    monkeypatch.setattr(
        fill,
        "run_tasks",
        lambda function, tasks, executor, on_crash, isolated: map(on_crash, tasks),
    )
    assert to(talks)[0] == 2
    assert {row["error"] for row in read_all(tmp_path)} == {
        "expected a recording that can be read, got one that ends the process"
    }


def test_a_worker_that_has_another_run_ends_the_work(to, talks, monkeypatch):
    monkeypatch.setattr(worker, "fingerprint", lambda detector, channels: "another")
    assert "as the command has it on every machine" in to(talks)[1]


def test_a_worker_ends_with_its_parent(monkeypatch):
    codes, parents = [], iter([7, 7, 1])
    monkeypatch.setattr(worker.os, "getppid", lambda: next(parents))
    monkeypatch.setattr(worker.os, "_exit", codes.append)
    monkeypatch.setattr(worker.time, "sleep", lambda seconds: None)
    worker._end_with(7)
    assert (codes, list(parents)) == ([1], [])


def test_progress_is_said_where_there_is_no_terminal(to, talks, monkeypatch, tmp_path):
    monkeypatch.setattr(fill, "_EVERY", 0.0)
    (tmp_path / "note.txt").touch()
    to(talks / "bright.wav")
    lines = to(talks)[2]
    assert [line.rpartition(",")[0] for line in lines] == [
        "detect: 2 of 3 recordings",
        "detect: 3 of 3 recordings",
    ]
    assert lines[-1].endswith(" 00:00 left")
    assert to(tmp_path)[2][0] == "detect: not looked at: .csv 1, .part 1, .txt 1"


def test_recordings_are_read_a_few_at_a_time(to, talks, monkeypatch, tmp_path):
    monkeypatch.setattr(index, "_BATCH", 2)
    for number in range(4):
        shutil.copy(talks / "tone.wav", talks / f"{number}.wav")
    assert to(talks)[:2] == (0, 7)
    assert len(read_all(tmp_path)) == 7


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--jobs", "2"], "expected --to beside --jobs, got none"),
        (["--overwrite"], "expected --to beside --overwrite, got none"),
        (["--to", "x.csv", "--jobs", "0"], "expected 1 job or more, or -1 for one a core, got 0"),
        (["--to", "x.csv", "--engine", "dask"], "expected the address of a scheduler with the en"),
        (["--to", "x.txt"], "expected a file that ends in .csv or .parquet for --to, got x.txt"),
        (["--to", "x.csv", "--timeline", "y"], "expected --to without --timeline, got both"),
        (["--to", "x.csv", "--format", "json"], "expected --to without --format, got both"),
        (["-", "--to", "x.csv"], "expected files to judge with --to, got - for standard input"),
    ],
)
def test_a_wrong_call_is_one_line(talks, hand_set, capsys, monkeypatch, options, message):
    monkeypatch.chdir(talks)
    assert main(["bright.wav", *options, "--run", str(hand_set)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"detect: {message}")
    assert not [*talks.glob("x*")]


@pytest.fixture
def pieces(tmp_path, bright):
    """Give a folder of forty recordings of a second."""
    folder = tmp_path / "pieces"
    folder.mkdir()
    for number in range(40):
        sound = bright[number * 500 : number * 500 + RATE]
        soundfile.write(folder / f"{number:02d}.wav", sound, RATE)
    return folder


@pytest.mark.slow
def test_killed_and_called_again_with_more_processes_it_comes_to_the_same(
    to, pieces, hand_set, tmp_path
):
    table, journal = tmp_path / "killed.csv", tmp_path / "killed.csv.part"
    command = [sys.executable, "-m", "detect", str(pieces), "--to", str(table)]
    command += ["--run", str(hand_set), "--jobs"]
    process = subprocess.Popen([*command, "1"], cwd=ROOT)
    deadline = time.monotonic() + 600
    while not journal.exists() or journal.read_bytes().count(b"\n") < 4:
        assert time.monotonic() < deadline
        time.sleep(0.001)
    process.kill()
    process.wait()
    done = journal.read_bytes().splitlines()
    assert not table.exists()
    assert 4 <= len(done) <= 40
    ended = subprocess.run([*command, "2"], cwd=ROOT, capture_output=True, text=True)
    assert ended.stderr.endswith(f"0 failed; {41 - len(done)} judged now\n"), ended.stderr
    assert to(pieces)[:2] == (0, 40)
    assert table.read_bytes() == (tmp_path / "results.csv").read_bytes()


@pytest.mark.slow
def test_a_cluster_that_loses_a_worker_comes_to_the_same(
    to, pieces, hand_set, tmp_path, cluster, monkeypatch, capsys
):
    assert to(pieces)[:2] == (0, 40)
    monkeypatch.undo()
    monkeypatch.setattr(parallel, "_PATIENCE", 120)  # two workers start beside other tests
    add, table = Journal.add, tmp_path / "dask.csv"

    def kill(self, rows):
        cluster.workers[0].kill()
        add(self, rows)

    monkeypatch.setattr(Journal, "add", kill)
    options = ["--to", str(table), "--run", str(hand_set)]
    assert main([str(pieces), *options, "--engine", "dask", "--scheduler", cluster.address]) == 0
    assert table.read_bytes() == (tmp_path / "results.csv").read_bytes()
