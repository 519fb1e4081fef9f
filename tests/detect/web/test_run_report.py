import base64

from classify.runs.run import load
from detect.web import run_report


def test_a_report_is_read_if_there_is_one(make_run, tmp_path):
    run = load(make_run(tmp_path / "run"))
    assert run_report.read(run) is None
    (run.folder / "report").mkdir()
    (run.folder / "report/index.html").write_bytes(b"<p>\xc3\xa9")
    assert run_report.read(run) == b"<p>\xc3\xa9"


def test_an_address_holds_the_page_and_leaves_the_origin_of_its_surroundings():
    kind, data = run_report.address(b"<p>\xc3\xa9").split(",")
    assert kind == "data:text/html;charset=utf-8;base64"
    assert base64.b64decode(data) == b"<p>\xc3\xa9"
