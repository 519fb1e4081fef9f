import re

import pytest

from render.layouts import registry
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


def test_a_quoted_comma_and_a_transcript_with_lines(tree, scan):
    text = 'path,label,text\n"a, b.wav",real,"one\ntwo ""three"""\nc.wav,fake,x\n'
    items = scan(tree("a, b.wav", "c.wav", tables={"l.csv": text}))
    assert items.recordings["a, b.wav"].metadata == {"text": 'one\ntwo "three"'}
    assert items.count == 2


def test_a_quotation_mark_that_is_never_closed_loses_no_rows_silently(tree):
    text = 'path,label\na.wav,real\n"b.wav,fake\nc.wav,fake\n'
    with pytest.raises(ValueError, match=r"expected a row after line 2 of .*l.csv, got unexp"):
        list(find(tree("a.wav", "b.wav", "c.wav", tables={"l.csv": text})))


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
