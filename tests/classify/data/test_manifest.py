import pytest

from classify.data.manifest import columns, read, recordings, rows_of_unit, values


def test_a_dataset_without_a_manifest_has_an_empty_one(tmp_path):
    assert read(tmp_path) == {}
    assert columns({}) == []


def test_rows_are_found_by_the_path_of_the_picture(tmp_path):
    (tmp_path / "manifest.csv").write_text(
        'path,recording,speaker\na.png,x.wav,"p1, female"\nb.png,x.wav\n'
    )
    known = read(tmp_path)
    assert columns(known) == ["path", "recording", "speaker"]
    assert values(known, ["b.png", "a.png", "c.png"], "speaker").tolist() == ["", "p1, female", ""]
    assert values(known, ["a.png"], "generator").tolist() == [""]
    assert recordings(known, ["a.png", "c.png"]).tolist() == ["x.wav", "c.png"]


def test_a_manifest_without_paths_is_refused(tmp_path):
    (tmp_path / "manifest.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match=r"expected a column path in .*manifest.csv, got a, b"):
        read(tmp_path)


def test_a_recording_has_the_row_of_its_first_picture():
    known = {
        "a.png": {"recording": "x", "start_s": "0"},
        "b.png": {"recording": "x", "start_s": "2"},
    }
    assert rows_of_unit(known, "recording") == {"x": {"recording": "x", "start_s": "0"}}
    assert rows_of_unit(known, "picture") == known
