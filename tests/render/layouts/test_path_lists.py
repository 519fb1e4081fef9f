import re

import pytest

from render.dataset import take_in
from render.index import Index
from render.layouts import path_lists, registry
from render.layouts.registry import find, recognise

ROWS = "a.wav,bonafide\nsub/b.wav,SPOOF\ngone.wav,real\n"


@pytest.mark.parametrize(("name", "column"), [("csv", "path"), ("df-arena", "file_name")])
def test_a_table_of_paths_in_a_folder(tree, scan, name, column):
    audio = tree("a.wav", "sub/b.wav", "c.wav", "x.md", tables={"l.csv": f"{column},label\n{ROWS}"})
    assert recognise(audio) == name
    items = scan(audio)
    assert items.placed == {"a.wav": ("", "real"), "sub/b.wav": ("", "fake")}
    assert items.failures == {"gone.wav": "expected a file, got a row of l.csv without one"}
    assert items.ignored == {".wav in no row": 1, ".md": 1}


@pytest.mark.parametrize(("name", "column"), [("csv", "path"), ("df-arena", "file_name")])
def test_a_table_may_be_given_itself_and_hold_absolute_paths(tree, scan, tmp_path, name, column):
    other = tmp_path / "other" / "real" / "x.wav"  # what lies above a table says nothing of it
    other.parent.mkdir(parents=True)
    other.touch()
    audio = tree("a.wav", "c.wav")
    text = f"{column},label,split,speaker\n{audio}/a.wav,real,train,p1\n{other},fake,eval,p2\n"
    table = audio / "list.csv"
    table.write_text(text)
    assert recognise(table) == name
    items = scan(table)
    assert items.placed == {"a.wav": ("train", "real"), str(other): ("test", "fake")}
    assert [item.metadata for item in items.recordings.values()] == [
        {"speaker": "p1"},
        {"speaker": "p2"},
    ]
    assert items.recordings[str(other)].path == other
    assert not items.ignored


def test_a_table_is_read_from_where_the_process_stands(tree, scan, monkeypatch):
    audio = tree("real/a.wav", tables={"l.csv": "path,label\n./real/a.wav,\n"})
    monkeypatch.chdir(audio)
    for relative in ("l.csv", "."):
        assert scan(registry.Path(relative)).placed == {"real/a.wav": ("", "real")}


def test_an_accent_may_be_written_in_two_ways(tree, scan):
    audio = tree("cafe\u0301.wav", tables={"l.csv": "path,label\ncaf\u00e9.wav,real\n"})
    assert scan(audio).placed == {"cafe\u0301.wav": ("", "real")}
    assert not scan(audio).ignored


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a.wav,0,", "expected a class in words .* got 0, which is real in some datasets and fake"),
        ("a.wav,maybe,", "expected a class among real, .* got maybe"),
        ("a.wav,,", "expected a class folder .* got none"),
        ("real/c.wav,fake,", "expected one class, got fake in l.csv and real"),
        ("a.wav,real,later", "expected a split among train, .* got later"),
        ("real/c_gen.wav,real,", "got the name of a generated one: c_gen.wav"),
        (",real,", "expected a path under path, got none"),
    ],
)
def test_a_row_that_says_nothing_usable_is_a_failure(tree, scan, row, reason):
    text = f"path,label,split\nok.wav,real,train\n{row}\n"
    names = ("ok.wav", "a.wav", "real/c.wav", "real/c_gen.wav")
    ((_, message),) = scan(tree(*names, tables={"l.csv": text})).failures.items()
    assert re.search(reason, message), message


ACCENTS = "Path;LABEL;Speaker\r\ncaf\xe9.wav;real;Zo\xeb\r\n"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("first", ["", "sep=;\r\n", '"sep=;"\r\n'])
def test_a_table_that_a_spreadsheet_saved(tree, scan, capsys, encoding, first):
    audio = tree("caf\xe9.wav", tables={"l.csv": f"{first}{ACCENTS}".encode(encoding)})
    for items in (scan(audio), scan(audio / "l.csv")):
        assert items.placed == {"caf\xe9.wav": ("", "real")}
        assert items.recordings["caf\xe9.wav"].metadata == {"speaker": "Zo\xeb"}
        assert not items.failures
    told = f"{audio / 'l.csv'} is not UTF-8: it is read as Windows-1252\n"
    assert capsys.readouterr().err == (told if encoding == "cp1252" else "")


def test_bytes_that_name_a_file_stay_as_they_are(tree, scan):
    audio = tree("x.wav", tables={"l.csv": b"path,label\nm\xe4d\\a.wav,real\nm\x81d,fake\n"})
    (audio / "m\udce4d").mkdir()
    (audio / "m\udce4d/a.wav").touch()
    items = scan(audio / "l.csv")
    assert items.placed == {"m\\udce4d/a.wav": ("", "real")}
    assert list(items.failures) == ["m\\udc81d"]  # no letter in Windows-1252


def test_lines_are_counted_from_the_first_of_the_file(tree, scan):
    audio = tree("a.wav", tables={"l.csv": "sep=,\npath,label\na.wav,real\n,real\n"})
    assert list(scan(audio).failures) == ["l.csv line 4"]


def test_columns_that_differ_only_in_case_stay_apart(tree, scan):
    audio = tree("a.wav", tables={"l.csv": "path,label,Speaker,speaker\na.wav,real,A,b\n"})
    metadata = scan(audio).recordings["a.wav"].metadata
    assert metadata == {"Speaker": "A", "speaker": "b"}


def test_groups_are_of_a_column_in_any_case(tree):
    table = "path,label,SPEAKER\na.wav,real,s\nb.wav,fake,s\n"
    audio = tree("a.wav", "b.wav", tables={"l.csv": table})
    with Index() as index:
        take_in(index, audio, group="Speaker")
        assert [recording.metadata["speaker"] for recording in index.recordings()] == ["s", "s"]
        assert len({recording.split for recording in index.recordings()}) == 1
    with Index() as index, pytest.raises(ValueError, match=r"group by \(speaker\), got talker$"):
        take_in(index, audio, group="talker")


def test_a_quoted_comma_and_a_transcript_with_lines(tree, scan):
    text = 'path,label,text\n"a, b.wav",real,"one\ntwo ""three"""\nc.wav,fake,x\n'
    items = scan(tree("a, b.wav", "c.wav", tables={"l.csv": text}))
    assert items.recordings["a, b.wav"].metadata == {"text": 'one\ntwo "three"'}
    assert items.count == 2


def test_a_quotation_mark_that_is_never_closed_loses_no_rows_silently(tree):
    text = 'path,label\na.wav,real\n"b.wav,fake\nc.wav,fake\n'
    with pytest.raises(ValueError, match=r"expected a row after line 2 of .*l.csv, got unexp"):
        list(find(tree("a.wav", "b.wav", "c.wav", tables={"l.csv": text})))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('path,label,text\na.wav,real,"quoted" word\n', 1),
        (f"path,label,text\na.wav,real,{'x' * 200_000}\n", 1),
        (f"path,label,{'x' * 200_000}\na.wav,real,x\n", 0),
        ('# list\n\npath,label,text\n\na.wav,real,x\na.wav,fake,"\n', 5),
    ],
)
def test_what_is_no_csv_is_refused_in_its_line(tree, text, line):
    audio = tree("a.wav", tables={"l.csv": text})
    with pytest.raises(ValueError, match=rf"expected a row after line {line} of .*l.csv, got "):
        list(path_lists.find_recordings(audio, ["l.csv"], "path"))


@pytest.mark.parametrize("header", ["path,label,speaker,label", "path;label;Speaker; Speaker"])
def test_two_columns_of_one_name_are_refused(tree, scan, header):
    audio = tree("a.wav", tables={"l.csv": f"{header}\n"})
    with pytest.raises(ValueError, match=r"expected one column (label|Speaker) in .*l.csv, got 2$"):
        scan(audio / "l.csv")


@pytest.mark.parametrize(
    "first", ["\ufeff\n\n", "# made by hand, see path\n", " \n# a 'list\n#\n", 'sep=;\n# "\n']
)
def test_blank_lines_and_comments_may_stand_before_the_header(tree, scan, first):
    audio = tree("a.wav", tables={"l.csv": f"{first}#;path;label;a,b,c,d\n1;a.wav;Bona fide;x\n"})
    items = scan(audio)
    assert items.placed == {"a.wav": ("", "real")}
    assert items.recordings["a.wav"].metadata == {"#": "1", "a,b,c,d": "x"}


def test_blanks_and_marks_around_cells_say_nothing(tree, scan):
    text = "path,label,speaker\n a.wav ,real, anna\t\n\ufeffb.wav,bona_fide,anna\n c .wav,fake,  \n"
    items = scan(tree("a.wav", "b.wav", " c .wav", tables={"l.csv": text}))
    assert items.placed == {"a.wav": ("", "real"), "b.wav": ("", "real"), " c .wav": ("", "fake")}
    speakers = [item.metadata["speaker"] for item in items.recordings.values()]
    assert speakers == ["anna", "anna", ""]
    assert not items.ignored


def test_several_tables_are_not_guessed_between(tree, scan):
    tables = {"a.csv": "path,label\nx.wav,real\n", "b.csv": "path,label\nx.wav,fake\n"}
    audio = tree("x.wav", tables=tables)
    with pytest.raises(ValueError, match=r"expected one table with path and label .* a.csv and b"):
        recognise(audio)
    assert scan(audio / "b.csv").placed == {"x.wav": ("", "fake")}


META = "file,speaker,label\n0.wav,Alec Guinness,spoof\n1.wav,Alan Watts,bona-fide\n2.wav,X,spoof\n"


@pytest.mark.parametrize("folder", ["", "release_in_the_wild/", "itw/release_in_the_wild/"])
def test_in_the_wild(tree, scan, folder):
    names = [f"{folder}{number}.wav" for number in (0, 1, 3)]
    audio = tree(*names, tables={f"{folder}meta.csv": META})
    assert recognise(audio) == "in-the-wild"
    items = scan(audio)
    assert items.placed == {f"{folder}0.wav": ("", "fake"), f"{folder}1.wav": ("", "real")}
    assert items.recordings[f"{folder}1.wav"].metadata == {"speaker": "Alan Watts"}
    assert list(items.failures) == [f"{folder}2.wav"]
    assert items.ignored == {".wav in no row": 1}


def test_in_the_wild_is_known_among_more_files_than_are_looked_at(tree, scan, monkeypatch):
    monkeypatch.setattr("render.layouts.probe._ENTRIES", 3)
    names = [f"{number}.wav" for number in range(20)]
    assert recognise(tree(*names, tables={"meta.csv": META})) == "in-the-wild"
