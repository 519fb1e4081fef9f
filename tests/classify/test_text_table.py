from pathlib import Path

import pytest

from classify.text_table import Header, header, read_text, rows

PATH = Path("x.csv")


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfpath,score\r\n")
    assert read_text(tmp_path / "a.csv") == "path,score\r\n"
    (tmp_path / "a.csv").write_text("\ufeffpath\na\n\ufeffb\n")
    assert read_text(tmp_path / "a.csv") == "path\na\nb\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "expected a table in .*, got an empty file"),
        (b"\r\n \n", "got an empty file"),
        (b"\x89PNG\r\n\x1a\n\0\0", "expected text in .*, got binary data"),
        ("a\tb".encode("utf-16-le"), "got binary data"),
        (b"\xff\xfea", "expected UTF-16-LE text in .* line 1, got other bytes"),
        (b"a 1\nb\x81\xe9 2\n", "expected UTF-8 text in .* line 2, got other bytes"),
    ],
)
def test_what_is_no_text_is_refused_in_one_line(tmp_path, data, message):
    (tmp_path / "a.txt").write_bytes(data)
    with pytest.raises(ValueError, match=message) as caught:
        read_text(tmp_path / "a.txt")
    assert "\n" not in str(caught.value)


def test_text_of_a_spreadsheet_is_read(tmp_path, capsys):
    path, text = tmp_path / "a.csv", "path;speaker\r\na.png;Zo\xeb\r\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path.write_bytes(text.encode(encoding))
        assert read_text(path) == text
        path.write_bytes(f"sep=;\r\n{text}".encode(encoding))
        assert list(rows(path, read_text(path), ";"))[0] == (2, ["path", "speaker"])
    assert not capsys.readouterr().err
    path.write_bytes(text.encode("cp1252"))
    assert read_text(path) == read_text(path) == text
    told = f"{path} is not UTF-8 in line 2: it is read as Windows-1252\n"
    assert capsys.readouterr().err == told


@pytest.mark.parametrize(
    ("line", "delimiter"),
    [
        ("File Name\tCM-Score", "\t"),
        ('"file_name","cm-score"', ","),
        ("file-name;cm_score", ";"),
        ("file_name | cm-score", "|"),
        ("  file_name   cm-score ", None),
    ],
)
def test_a_header_is_found_whatever_separates_it(line, delimiter):
    result = header(PATH, f"\n{line}\r\na 1\n", {"file_name"}, {"cm_score"})
    assert result == Header(delimiter, ("file_name", "cm_score"))


def test_a_first_line_without_one_of_each_kind_is_no_header():
    assert header(PATH, "path,label\n", {"path"}, {"score"}) is None
    assert header(PATH, "x" * 1_000_000, {"path"}, {"score"}) is None


def test_lines_keep_their_numbers():
    text = 'a,"two\nlines"\r\n\r\n,\r\nb,1\r\n\r\n'
    assert list(rows(PATH, text, ",")) == [(2, ["a", "two\nlines"]), (5, ["b", "1"])]
    assert list(rows(PATH, "a 1\r\n\r\n b\t 2 \r\n", None)) == [(1, ["a", "1"]), (3, ["b", "2"])]


def test_a_line_of_other_columns_is_refused():
    with pytest.raises(ValueError, match=r"expected 2 columns in x.csv line 2, got 3"):
        list(rows(PATH, "a,1\nb,2,3\n", ",", 2))


@pytest.mark.parametrize("rest", ["b,2\n" * 40_000, "b,2\n", 'b,"2"\n'])
def test_a_quote_that_swallows_lines_is_refused(rest):
    with pytest.raises(
        ValueError, match=r"expected CSV in x.csv line 3, got a quotation mark that"
    ):
        list(rows(PATH, f'z,0\n\na,"1\n{rest}c,3\n', ","))


def test_quotes_of_one_line_are_read_as_they_are():
    assert list(rows(PATH, 'a,"fine" word\nb,an "end\n', ",")) == [
        (1, ["a", "fine word"]),
        (2, ["b", 'an "end']),
    ]


def test_blank_cells_may_be_left_out_or_added():
    assert [cells for _, cells in rows(PATH, "a,b\n1\n1,2,,\n", ",", 2)][1:] == [
        ["1", ""],
        ["1", "2"],
    ]


@pytest.mark.parametrize("line", ["path,score,score", "path;score; score;x", "score path score"])
def test_two_columns_of_one_name_are_refused(line):
    with pytest.raises(ValueError, match=r"expected one column score in x.csv, got 2$"):
        header(PATH, f"{line}\n", {"path"})


def test_columns_without_name_may_be_several():
    assert header(PATH, "path,,,\n", {"path"}).columns == ("path", "", "", "")
