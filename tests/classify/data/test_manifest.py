import pytest

from classify.data.manifest import columns, read, recordings, rows_of_unit, spelling, values


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
    with pytest.raises(ValueError, match=r"expected a column path in .*manifest.csv, got a,b"):
        read(tmp_path)


PLAIN = "path,recording,speaker\ntest/fake/0.png,x.wav,Zo\xeb\ntest/real/1.png,y.wav,\n"
AS_SAVED = {
    "with a mark": PLAIN.encode("utf-8-sig"),
    "semicolons": PLAIN.replace(",", ";").encode(),
    "tabs": PLAIN.replace(",", "\t").encode("utf-16"),
    "Excel's first line": f"sep=;\n{PLAIN.replace(',', ';')}".encode(),
    "capitals": PLAIN.replace("path,recording,speaker", "PATH, Recording ,SPEAKER").encode(),
    "Windows-1252": PLAIN.encode("cp1252"),
    "CR": PLAIN.replace("\n", "\r").encode(),
    "backslashes": PLAIN.replace("/", "\\").encode(),
    "a drive": PLAIN.replace("test/", "C:\\test\\pictures\\test\\").replace("/", "\\").encode(),
    "a dot": PLAIN.replace("test/", "./test/").encode(),
    "another folder": PLAIN.replace("test/", "/home/someone/test/pictures/test/").encode(),
}


@pytest.mark.parametrize("saved", AS_SAVED)
def test_a_manifest_saved_by_a_spreadsheet_says_the_same(tmp_path, saved):
    for name in ("test/fake/0.png", "test/real/1.png"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    (tmp_path / "manifest.csv").write_bytes(PLAIN.encode())
    plain = read(tmp_path)
    assert plain["test/fake/0.png"]["speaker"] == "Zo\xeb"
    (tmp_path / "manifest.csv").write_bytes(AS_SAVED[saved])
    assert read(tmp_path) == plain
    assert values(read(tmp_path), ["test/fake/0.png"], "Speaker").tolist() == ["Zo\xeb"]


def test_columns_that_differ_only_in_case_stay_apart(tmp_path):
    (tmp_path / "manifest.csv").write_text("path,Speaker,speaker\na.png,A,b\n")
    rows = read(tmp_path)
    assert columns(rows) == ["path", "Speaker", "speaker"]
    spelled = {name: spelling(rows, name) for name in ("Speaker", "SPEAKER")}
    assert spelled == {"Speaker": "Speaker", "SPEAKER": "speaker"}


def test_a_recording_has_the_row_of_its_first_picture():
    known = {
        "a.png": {"recording": "x", "start_s": "0"},
        "b.png": {"recording": "x", "start_s": "2"},
    }
    assert rows_of_unit(known, "recording") == {"x": {"recording": "x", "start_s": "0"}}
    assert rows_of_unit(known, "picture") == known
