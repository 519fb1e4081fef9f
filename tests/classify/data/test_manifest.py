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


@pytest.fixture
def dataset(tmp_path):
    """Return a function that writes a manifest beside four pictures."""
    for name in ("train/real/a.png", "train/fake/b.png", "test/real/c.png", "test/fake/d.png"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()

    def write(text):
        (tmp_path / "manifest.csv").write_text(text)
        return tmp_path

    return write


def test_blanks_around_cells_say_nothing(dataset):
    text = "path,speaker,recording\ntrain/real/a.png,anna,  \ntest/real/c.png, anna\t, \ufeff\n"
    known = read(dataset(text))
    names = ["train/real/a.png", "test/real/c.png"]
    assert values(known, names, "speaker").tolist() == ["anna", "anna"]
    assert recordings(known, names).tolist() == names


@pytest.mark.parametrize("name", ["a.png", "b.png", "train/real/a", "TRAIN/REAL/A.PNG"])
def test_a_manifest_of_no_picture_is_told(dataset, capsys, name):
    folder = dataset(f"path,speaker\n{name},anna\nb.png,bob\n")
    read(folder)
    told = f"none of the 2 rows of {folder / 'manifest.csv'} is of a picture, such as {name}\n"
    assert capsys.readouterr().err == told
    read(dataset(f"path\n{name}\ntest/fake/d.png\n"))
    assert not capsys.readouterr().err


def test_two_rows_of_a_picture_have_to_agree(dataset):
    text = "path,speaker\ntrain/real/a.png,anna\n./train/real/a.png, anna\n"
    assert len(read(dataset(text))) == 1
    with pytest.raises(ValueError, match=r"one row of train/real/a.png in .*, got another in line"):
        read(dataset(f"{text}train/real/a.png,bob\n"))


def test_labels_against_the_class_folders_are_told(dataset, capsys):
    rows = "test/real/c.png,Bona fide\ntrain/fake/x/b.png,spoof\ntest/fake/d.png,\n"
    read(dataset(f"path,label\ntrain/real/a.png,human\n{rows}"))
    assert not capsys.readouterr().err
    folder = dataset(f"path,label\ntrain/real/a.png,deepfake\n{rows}")
    read(folder)
    assert capsys.readouterr().err == (
        f"1 of 4 rows of {folder / 'manifest.csv'} contradict the class folder, such as "
        "train/real/a.png: the folder counts\n"
    )
