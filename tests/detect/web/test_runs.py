from detect.web.runs import is_run, runs


def test_the_wanted_run_comes_first_then_the_others_sorted(tmp_path):
    for name in ("b", "a", "c"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "run.json").touch()
    (tmp_path / "runs/unfinished").mkdir()
    (tmp_path / "runs/README.md").touch()
    (tmp_path / "runs/c/0").mkdir()
    (tmp_path / "runs/c/0/run.json").touch()  # the member of an ensemble
    assert list(runs(tmp_path / "runs", tmp_path / "runs/b")) == ["b", "a", "c"]
    assert runs(tmp_path / "runs", tmp_path / "none")["a"] == tmp_path / "runs/a"


def test_a_run_from_elsewhere_is_listed_too_and_told_apart(tmp_path):
    for place in ("runs", "other"):
        (tmp_path / place / "x").mkdir(parents=True)
        (tmp_path / place / "x/run.json").touch()
    found = runs(tmp_path / "runs", tmp_path / "other/x")
    assert list(found.values()) == [tmp_path / "other/x", tmp_path / "runs/x"]
    assert list(found) == [str(path) for path in found.values()]


def test_nothing_is_a_run_without_its_settings(tmp_path):
    assert not is_run(tmp_path)
    assert runs(tmp_path / "none", tmp_path) == {}
