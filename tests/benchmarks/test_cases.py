import pytest


@pytest.mark.slow
def test_a_case_is_right_or_wrong_and_a_wrong_one_is_the_exit_status(bench, tmp_path):
    for name in ("02-mp3-chunks", "18-cdpath", "19-symlinked-run.sh"):
        (tmp_path / "cases" / name).mkdir(parents=True)
    (tmp_path / "clips").mkdir()
    folders = (tmp_path / "cases", tmp_path / "clips", "--run", tmp_path / "none")
    status, text = bench("cases", *folders, "--only", "18", "19")
    assert (status, text.splitlines()[-1]) == (0, "2 of 2 right")
    status, text = bench("cases", *folders, "--only", "02", "18")
    assert (status, text.splitlines()[-1]) == (1, "1 of 2 right")
    assert text.startswith("02-mp3-chunks                   WRONG  exit status 2: detect: ")
