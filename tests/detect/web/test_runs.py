import base64

from classify.runs.run import load
from detect.web.runs import data_url, is_run, list_runs, read_report


def test_the_preferred_run_comes_first_then_the_others_sorted(tmp_path):
    for name in ("b", "a", "c"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "run.json").touch()
    (tmp_path / "runs/unfinished").mkdir()
    (tmp_path / "runs/README.md").touch()
    (tmp_path / "runs/c/0").mkdir()
    (tmp_path / "runs/c/0/run.json").touch()  # the member of an ensemble
    assert list(list_runs(tmp_path / "runs", tmp_path / "runs/b")) == ["b", "a", "c"]
    assert list_runs(tmp_path / "runs", tmp_path / "none")["a"] == tmp_path / "runs/a"


def test_a_run_from_elsewhere_is_listed_too_and_told_apart(tmp_path):
    for parent in ("runs", "other"):
        (tmp_path / parent / "x").mkdir(parents=True)
        (tmp_path / parent / "x/run.json").touch()
    runs = list_runs(tmp_path / "runs", tmp_path / "other/x")
    assert list(runs.values()) == [tmp_path / "other/x", tmp_path / "runs/x"]
    assert list(runs) == [str(path) for path in runs.values()]


def test_nothing_is_a_run_without_its_settings(tmp_path):
    assert not is_run(tmp_path)
    assert list_runs(tmp_path / "none", tmp_path) == {}


def test_a_report_is_read_if_there_is_one(make_run, tmp_path):
    run = load(make_run(tmp_path / "run"))
    assert read_report(run) is None
    (run.folder / "report").mkdir()
    (run.folder / "report/index.html").write_bytes(b"<p>\xc3\xa9")
    assert read_report(run) == b"<p>\xc3\xa9"


def test_a_data_url_holds_the_page_itself():
    kind, data = data_url(b"<p>\xc3\xa9").split(",")
    assert kind == "data:text/html;charset=utf-8;base64"
    assert base64.b64decode(data) == b"<p>\xc3\xa9"
