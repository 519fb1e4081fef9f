import math
import shlex
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from classify.scorefiles.files import keys_path, read_scores, refuse_target, write_scores
from classify.scorefiles.keys import read_keys
from classify.scorefiles.matching import match

STATED = "higher = more bona fide (as the format says)"
PROBABILITIES = "all scores lie in [0, 1] and look like probabilities"


@pytest.fixture
def scores(tmp_path):
    """Return a function that reads scores from a text."""

    def read(text, higher=None, name="scores.txt"):
        path = tmp_path / name
        path.write_bytes(text.encode())
        return read_scores(path, higher)

    return read


def content(result):
    labels = None if result.labels is None else result.labels.tolist()
    return dict(zip(result.names.tolist(), result.llr.tolist(), strict=True)), labels


# A is real with 2.5, B is fake with -1.25, C is fake with -3.
THREE = {"A": 2.5, "B": -1.25, "C": -3.0}


@pytest.mark.parametrize(
    ("text", "format", "labels"),
    [
        ("filename\tcm-score\nA\t2.5\nB\t-1.25\nC\t-3\n", "asvspoof5", None),
        ("\ufefffilename\tcm-score\r\nA\t2.5\r\nB\t-1.25\r\nC\t-3\r\n\r\n\r\n", "asvspoof5", None),
        # Separated by spaces, whatever the suffix says.
        ("filename cm-score\nA 2.5\nB -1.25\nC -3\n", "asvspoof5", None),
        # SASV: one line a speaker asked about, other scores beside.
        (
            "spk\tfilename\tcm-score\tasv-score\tsasv-score\n"
            "1\tA\t2.5\t-\t9\n2\tA\t2.5\t-\t8\n1\tB\t-1.25\t-\t7\n1\tC\t-3\t-\t6\n",
            "asvspoof5",
            None,
        ),
        ("A 2.5\nB -1.25\nC -3e0\n", "asvspoof2021", None),
        ("A\t2.5\r\nB   -1.25\r\nC -3\r\n", "asvspoof2021", None),
        ("A - bonafide 2.5\nB A07 spoof -1.25\nC A08 spoof -3\n", "asvspoof2019", [0, 1, 1]),
        # The label of predict is its verdict, here wrong, and no truth.
        (
            "path,label,confidence,p_fake,llr\nA,fake,92,0.92,2.5\nB,real,78,0.22,-1.25\n"
            "C,real,95,0.05,-3.0\n",
            "csv",
            None,
        ),
        (
            "path,truth,p_fake,llr\nA,real,0.1,2.5\nB,fake,0.8,-1.25\nC,fake,0.9,-3.0\n",
            "csv",
            [0, 1, 1],
        ),
        ("File;LLR;Key\nA;2.5;Genuine\nB;-1.25;SPOOF\nC;-3;spoof\n", "csv", [0, 1, 1]),
    ],
)
def test_every_format_gives_the_same_scores(scores, text, format, labels):
    result = scores(text)
    assert content(result) == (THREE, labels)
    assert result.format == format
    assert result.warnings == ()
    assert result.direction == STATED


# The log of the baseline, among what else is printed, and the logits [fake, real] of AntiDeepfake:
# 2.5 = 1.5 - -1 and so on.
LOG = (
    "---- Loading dataset ----\nfile score 1\nOutput, A, 1, 2.500000\n"
    "Output, B, 0, -1.250000\r\nOutput, C, 0, -3.000000\nFinished, 3 files\n"
)
LOGITS = 'ID,Score,Label\nA,"[-1.0, 1.5]",1\nB,"[1.0, -0.25]",0\nC,"[1.5 -1.5]",0\n'


@pytest.mark.skipif(not shutil.which("awk"), reason="no awk")
def test_a_line_of_awk_in_the_docs_makes_scores_of_logs_and_logits(scores, tmp_path):
    docs = Path(__file__).parents[3] / "docs" / "evaluation.md"
    lines = [line for line in docs.read_text().splitlines() if line.startswith("awk ")]
    for line, text in zip(lines, (LOG, LOGITS), strict=True):
        command, file = line.rsplit(" > ", 1)[0].rsplit(None, 1)
        (tmp_path / file).write_bytes(text.encode())
        done = subprocess.run(
            [*shlex.split(command), file], cwd=tmp_path, check=True, capture_output=True
        )
        assert content(scores(done.stdout.decode())) == (THREE, None)
        with pytest.raises(ValueError, match="expected (scores|a finite number) in "):
            scores(text)


def test_a_path_may_hold_spaces_and_the_score_stands_last(scores):
    result = scores("/my data/a b 2.wav 2.5\n/my data/c.wav -1.25\nd.wav 7\n")
    assert content(result)[0] == {"/my data/a b 2.wav": 2.5, "/my data/c.wav": -1.25, "d.wav": 7}
    assert (result.format, result.direction) == ("path", STATED)


@pytest.mark.parametrize("column", ["p_fake", "Probability Fake", "prob-spoof", "P(fake)"])
def test_a_probability_of_fake_is_turned_into_an_llr(scores, column):
    # ln(0.2 / 0.8) = -ln 4, ln(0.5 / 0.5) = 0, ln(0.9 / 0.1) = ln 9.
    result = scores(f"file,{column}\na,0.8\nb,0.5\nc,0.1\n")
    assert result.llr == pytest.approx([-math.log(4), 0, math.log(9)])
    assert result.direction == "P(fake), turned into ln p(real) - ln p(fake)"
    assert result.warnings == ()


def test_a_probability_of_real_keeps_its_direction(scores):
    result = scores("file,p_bonafide\na,0.8\nb,0.5\nc,0.1\n")
    assert result.llr == pytest.approx([math.log(4), 0, -math.log(9)])
    assert result.direction == "P(real), turned into ln p(real) - ln p(fake)"


def test_an_llr_goes_before_a_probability_and_that_before_a_score(scores):
    assert scores("path,score,p_fake,llr\na,1,0.5,7\n").llr.tolist() == [7]
    assert scores("path,score,p_fake\na,1,0.5\n").llr.tolist() == [0]


def test_certain_probabilities_stay_finite_and_outermost(scores):
    result = scores("file,p_fake\na,1\nb,0.9999999999\nc,0.5\nd,1e-12\ne,0\n")
    assert np.isfinite(result.llr).all()
    assert (np.diff(result.llr) > 0).all()
    assert result.warnings == ("2 probabilities are 0 or 1, which is no finite llr: bounded",)
    # 24 ln 2 = 16.6: as far as a probability in single precision can be.
    assert scores("file,p_fake\na,1\nb,0.5\nc,0\n").llr[0] == pytest.approx(-24 * math.log(2))


@pytest.mark.parametrize(
    ("text", "higher", "llr", "direction"),
    [
        ("a 1\nb 3\nc 0\n", "fake", [-1, -3, 0], "higher = more fake (as told), so negated"),
        ("a 1\nb 3\nc 0\n", "real", [1, 3, 0], "higher = more bona fide (as told)"),
        ("file,score\na,1\nb,3\nc,0\n", "fake", [-1, -3, 0], "(as told), so negated"),
        ("file,p_fake\na,0.5\nb,0.2\nc,0.8\n", "fake", [0, math.log(4), -math.log(4)], "P(fake)"),
        ("file,p_fake\na,0.5\nb,0.2\nc,0.8\n", "real", [0, -math.log(4), math.log(4)], "P(real)"),
    ],
)
def test_whoever_reads_may_say_which_way_a_file_counts(scores, text, higher, llr, direction):
    result = scores(text, higher)
    assert result.llr == pytest.approx(llr)
    assert direction in result.direction
    assert not np.signbit(result.llr[result.llr == 0]).any()
    assert result.warnings == ()


def test_a_direction_that_nobody_said_is_a_warning(scores):
    result = scores("file,score\na,1\nb,3\nc,0\n")
    assert result.direction == "higher = more bona fide (assumed: the file does not say)"
    assert result.warnings == (
        "the file does not say which way its scores count: higher taken as bona fide",
    )


def test_scores_that_look_like_probabilities_or_decisions_are_a_warning(scores):
    assert scores("a 0\nb 0.5\nc 1\n").warnings[0].startswith(PROBABILITIES)
    assert scores("a 0\nb 0.5\nc 1\n", "fake").warnings[0].startswith(PROBABILITIES)
    assert scores("a 0\nb 0.5\nc 1.1\n").warnings == ()
    warning = "fewer than 3 different scores: they look like decisions, not scores"
    assert scores("a 1\nb -1\nc 1\n").warnings == (warning,)
    assert scores("file,p_fake\na,0.2\nb,0.3\nc,0.2\n").warnings == (warning,)


def test_labels_that_are_not_sure_are_left_out_with_a_warning(scores):
    result = scores("file,llr,label\na,1,0\nb,3,1\nc,-1,1\n")
    assert result.labels is None
    assert "line 2, got '0', which does not say which is fake" in result.warnings[0]


def test_a_column_label_is_taken_for_the_truth_with_a_warning(scores):
    result = scores("file,llr,label\na,1,real\nb,3,fake\nc,-1,fake\n")
    assert result.labels.tolist() == [0, 1, 1]
    assert result.warnings == (
        "the score file's column label is taken for the truth, not for a verdict",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a 1\nb x\n", "expected a finite number in .*scores.txt line 2, got 'x'"),
        ("a 1\n\nb nan\n", "expected a finite number in .* line 3, got 'nan'"),
        ("a -inf\n", "expected a finite number in .* line 1, got '-inf'"),
        ("a 1_0\n", "expected a finite number in .* line 1, got '1_0'"),
        ("a 0,5\n", "expected a finite number in .* line 1, got '0,5', which has a comma"),
        ("path;score\na;1,4\n", "in .* line 2, got '1,4', which has a comma where a point is read"),
        ("a \u22121\n", "expected scores in"),
        ("path,score\na,\u22121\n", "which has a minus sign that is no hyphen"),
        ("path,p_fake\na,12.3%\n", "got '12.3%', which has a percent sign"),
        ('path,score\na,="1.5"\n', "which has a formula of a spreadsheet"),
        ("a 1\nb 2\na 1\n", "expected one score for a in .*, got two, in line 3"),
        ("a 1\n2\n", "expected 2 columns in .* line 2, got 1"),
        ("filename\tcm-score\na\t1\nb\t\n", "expected a finite number in .* line 3, got ''"),
        ("filename\tcm-score\na\t1\nb\n", "expected a finite number in .* line 3, got ''"),
        ("filename\tcm-score\n\t1\n", "expected a name in .* line 2, got none"),
        ("filename\tcm-score\n", "expected scores in .*, got a header alone"),
        ("spk\tfilename\tcm-score\n1\tA\t-\n", "expected a finite number in .* line 2, got '-'"),
        ("spk\tfilename\tcm-score\n1\tA\t1\n2\tA\t2\n", "expected one score for A in .* line 3"),
        ("file,p_fake\na,0.5\nb,97\n", "expected a probability in .* line 3, got '97'"),
        ("file,p_fake\na,-0.1\n", "expected a probability in .* line 2, got '-0.1'"),
        ("u A07 spoof 1\nu2 2\n", "expected 4 columns in .* line 2, got 2"),
        ("a.wav,0.5\n", "expected scores in .*: lines NAME SCORE, or .* got 'a.wav,0.5' in line 1"),
        ("\nLA_1 A - - bonafide\n", "got 'LA_1 A - - bonafide' in line 2"),
        ('{"a": 1}\n', "expected scores in .* in line 1"),
        ("file,label\na,real\n", "expected scores in .* got 'file,label' in line 1"),
        ("", "got an empty file"),
    ],
)
def test_what_is_no_score_is_refused_in_one_line_with_its_place(scores, text, message):
    with pytest.raises(ValueError, match=message) as caught:
        scores(text)
    assert "\n" not in str(caught.value)


def test_an_unknown_direction_and_a_missing_file_are_errors(scores, tmp_path):
    with pytest.raises(ValueError, match="expected higher to be real or fake, got up"):
        scores("a 1\n", "up")
    with pytest.raises(FileNotFoundError):
        read_scores(tmp_path / "none.tsv")


ODD = (
    "a",
    "b,c.wav",
    "d e.wav",
    "f  g/h.png",
    "über/日本 1",
    "'i'",
    "j;k|l",
    "#m",
    "-1.5",
    "n\u00a0o",
    "path score",
    "p q spoof",
    "x = 3",
)
PLAIN = ("LA_E_1", "b,c.wav", "flac/d.flac", "über", "#m", "-1.5", "spoof", "0")


@pytest.mark.parametrize(
    ("suffix", "names", "format"),
    [
        ("tsv", ODD, "asvspoof5"),
        ("txt", PLAIN, "path"),  # flac/d.flac
        ("csv", (*ODD, '"r"', "tab\there", " s "), "csv"),
    ],
)
def test_a_round_trip_is_exact(tmp_path, suffix, names, format):
    rng = np.random.default_rng(3)
    llr = rng.standard_normal(len(names)) * 10.0 ** rng.integers(-12, 12, len(names))
    labels = rng.integers(0, 2, len(names))
    path = tmp_path / f"out.scores.{suffix}"
    write_scores(path, np.array(names), labels, llr)
    result = read_scores(path)
    assert result.names.tolist() == list(names)
    assert result.llr.tolist() == llr.tolist()
    if format == "csv":
        assert result.labels.tolist() == labels.tolist()
    else:
        assert result.labels is None
    assert result.direction == STATED
    assert result.format == format


def test_single_precision_is_kept_as_it_is(tmp_path):
    llr = np.array([0.1, -1 / 3, 2.0], dtype=np.float32)
    write_scores(tmp_path / "a.txt", np.array(["a", "b", "c"]), np.array([0, 1, 1]), llr)
    assert (read_scores(tmp_path / "a.txt").llr == llr).all()


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        (
            "m.scores.tsv",
            {
                "m.scores.tsv": "filename\tcm-score\na\t2.5\nb\t-0.1\n",
                "m.keys.tsv": "filename\tcm-label\na\tbonafide\nb\tspoof\n",
            },
        ),
        ("m.TXT", {"m.TXT": "a 2.5\nb -0.1\n"}),
        (
            "m.csv",
            # 1 / (1 + e^2.5) and 1 / (1 + e^-0.1)
            {
                "m.csv": "path,truth,p_fake,llr\na,real,0.07585818002124355,2.5\n"
                "b,fake,0.52497918747894,-0.1\n"
            },
        ),
    ],
)
def test_a_written_file_is_what_the_format_wants(tmp_path, name, texts):
    path = tmp_path / name
    written = write_scores(path, np.array(["a", "b"]), np.array([0, 1]), np.array([2.5, -0.1]))
    assert {place.name: place.read_bytes().decode() for place in written} == texts
    assert {place.name for place in tmp_path.iterdir()} == set(texts)


def test_the_pair_for_the_reference_package_fits_together(tmp_path):
    names, labels = np.array(["a", "b", "c"]), np.array([1, 0, 1])
    path = tmp_path / "mine.tsv"
    write_scores(path, names, labels, np.array([1.0, 2.0, 3.0]))
    result = match(read_scores(path), read_keys(keys_path(path)))
    assert result.labels.tolist() == labels.tolist()
    assert result.warnings == ()


@pytest.mark.parametrize(
    ("name", "suffix", "message"),
    [
        ("a b", "txt", "that asvspoof2021 can take, got 'a b': asvspoof5, csv can take it"),
        ("a\tb", "tsv", r"that asvspoof5 can take, got 'a\\tb': csv can take it"),
        ('a"b', "tsv", "got 'a\"b'"),
        ("a\nb", "csv", r"got 'a\\nb': no format can take it"),
        ("", "csv", "got '': no format"),
        ("a\ud800", "csv", "no format can take it"),
    ],
)
def test_a_name_that_would_not_come_back_is_refused(tmp_path, name, suffix, message):
    with pytest.raises(ValueError, match=message):
        write_scores(tmp_path / f"x.{suffix}", np.array([name]), np.array([0]), np.array([1.0]))
    assert not list(tmp_path.iterdir())


def test_names_that_look_like_another_format_are_refused(tmp_path):
    names, message = np.array(["file,llr,x", "a,1,b"]), "that asvspoof2021 can .* look like csv"
    with pytest.raises(ValueError, match=message):
        write_scores(tmp_path / "x.txt", names, np.array([0, 1]), np.array([1.0, 2.0]))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("names", "labels", "llr", "message"),
    [
        (["a"], [0], [math.nan], "expected finite scores, got others"),
        ([], [], [], "expected finite scores, got none"),
        (["a", "b", "a"], [0, 0, 0], [1.0, 2.0, 3.0], "score for every name, got several for a"),
        (["a", "b"], [0], [1.0, 2.0], "shorter"),
    ],
)
def test_what_is_no_list_of_scores_is_not_written(tmp_path, names, labels, llr, message):
    with pytest.raises(ValueError, match=message):
        write_scores(
            tmp_path / "x.txt", np.array(names, dtype=str), np.array(labels), np.array(llr)
        )
    assert not list(tmp_path.iterdir())


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"expected a score file ending in .*, got .*\.x"):
        write_scores(tmp_path / "a.x", np.array(["a"]), np.array([0]), np.array([1.0]))


def test_only_scores_and_keys_of_ours_are_replaced(tmp_path):
    names, labels, llr = np.array(["a", "b"]), np.array([0, 1]), np.array([1.5, -2.5])
    for name in ("m.tsv", "m.csv", "m.txt", "new.csv"):
        refuse_target(tmp_path / name)
        write_scores(tmp_path / name, names, labels, llr)
        refuse_target(tmp_path / name)
    for name, text in (
        ("manifest.csv", "path,label\na.wav,real\n"),
        ("notes.txt", "do not lose this"),
        ("empty.csv", ""),
        ("m.keys.tsv", "speaker\tfile\tlabel\n"),
    ):
        (tmp_path / name).write_text(text)
        path = tmp_path / name.replace(".keys", "")
        with pytest.raises(ValueError, match=f"earlier scores to replace, got {path}: give anoth"):
            refuse_target(path)


def test_a_place_that_cannot_be_written_is_refused_before_the_work(tmp_path, monkeypatch):
    (tmp_path / "folder.csv").mkdir()
    for name, message in (
        ("gone/x.csv", "expected .*x.csv in a folder, got .*gone, which is none"),
        ("folder.csv", "expected a score file, got .*folder.csv, which is a folder"),
    ):
        with pytest.raises(ValueError, match=message):
            refuse_target(tmp_path / name)
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(ValueError, match="folder to write in, got .*, which is read-only"):
        refuse_target(tmp_path / "x.csv")
