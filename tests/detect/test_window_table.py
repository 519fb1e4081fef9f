import csv

import pytest

from detect.detection import Detection, Window
from detect.window_table import window_table

WINDOWS = (Window(0.0, 2.0, 0.25, 1.1), Window(1.0, 1.5, 0.75, -1.1))
ROWS = [("a.wav", "2", 0.0, 2.0, 0.25, 1.1), ("a.wav", "2", 1.0, 2.5, 0.75, -1.1)]


def detection(windows=WINDOWS):
    return Detection("a.wav", "real", 90.0, 0.1, 2.2, 2.5, windows, channel="2")


def read(path):
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return list(csv.reader(file))
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(path)
    return [table.column_names, *zip(*table.to_pydict().values(), strict=True)]


@pytest.mark.parametrize("rows_in_memory", [1, 3, 100])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_every_window_is_a_row(suffix, rows_in_memory, tmp_path, monkeypatch):
    monkeypatch.setattr("detect.window_table._BATCH", rows_in_memory)
    path = tmp_path / f"windows.{suffix}"
    path.write_text("an older one")
    with window_table(path, ("real", "fake")) as add:
        add(detection())
        add(detection(()))  # no speech
        add(detection())
    names, *rows = read(path)
    assert names == ["path", "channel", "start_s", "end_s", "p_fake", "llr"]
    texts = [(path, channel, *map(float, numbers)) for path, channel, *numbers in rows]
    assert texts == ROWS * 2
    assert list(tmp_path.iterdir()) == [path]


def test_the_probability_is_called_by_the_class(tmp_path):
    with window_table(tmp_path / "w.csv", ("cats", "dogs")) as add:
        add(detection())
    assert read(tmp_path / "w.csv")[0][4] == "p_positive"


def test_an_interrupted_table_leaves_the_older_one(tmp_path):
    path = tmp_path / "windows.csv"
    path.write_text("an older one")

    def interrupted():
        with window_table(path, ("real", "fake")) as add:
            add(detection())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "an older one"
    assert list(tmp_path.iterdir()) == [path]


def test_another_kind_of_file_is_refused(tmp_path):
    with (
        pytest.raises(ValueError, match=r"ends in \.csv or \.parquet for windows, got .*w\.txt"),
        window_table(tmp_path / "w.txt", ("real", "fake")),
    ):
        pass
