import pytest

from classify.scorefiles.key_layouts import short_name
from classify.scorefiles.keys import read_keys

TWO = {"A": 0, "B": 1}


@pytest.fixture
def keys(tmp_path):
    """Return a function that reads keys from a text."""

    def read(text, name="keys.txt", **how):
        path = tmp_path / name
        path.write_bytes(text.encode())
        return read_keys(path, **how)

    return read


# Each with what has misled other readers of the format.
@pytest.mark.parametrize(
    ("text", "format"),
    [
        # Layouts as in the README files of the challenges.
        ("filename\tcm-label\nA\tbonafide\nB\tspoof\n", "csv"),
        ("\ufefffilename\tcm-label\r\nA\tbonafide\r\nB\tspoof\r\n\r\n", "csv"),
        # SASV: one line a speaker asked about.
        (
            "spk\tfilename\tcm-label\tasv-label\n"
            "1\tA\tbonafide\ttarget\n2\tA\tbonafide\tnontarget\n1\tB\tspoof\tspoof\n",
            "csv",
        ),
        ("T_1 A F - - - AC1 - bonafide -\nT_1 B F - - - AC3 A05 spoof -\n", "asvspoof5"),
        ("T_1 A F - - bonafide\nT_1 B M - A05 spoof\n", "asvspoof5"),
        ("LA_1 A - - bonafide\nLA_1 B - A07 spoof\n", "asvspoof2019"),
        # The attack of a bona fide trial is written bonafide as well.
        (
            "LA_9 A alaw ita_tx bonafide bonafide notrim eval\n"
            "LA_9 B alaw ita_tx A07 spoof notrim eval\n",
            "asvspoof2021",
        ),
        (
            "LA_3 A nocodec asvspoof bonafide bonafide notrim eval bonafide - - - -\n"
            "LA_3 B nocodec asvspoof A14 spoof notrim eval traditional_vocoder - - - -\n",
            "asvspoof2021",
        ),
        ("file_name,label\nA,bonafide\nB,spoof\n", "csv"),
        ("file,speaker,label\nA,Alec Guinness,bona-fide\nB,Alec Guinness,spoof\n", "csv"),
        ("file,speaker,label\nA,x,bona_fide\nB,x,spoof\n", "csv"),
        ("file, label,note\nA, bona fide\nB, Spoof,\n", "csv"),
        ("A bonafide\nB spoof\n", "trial key"),
        ('"ID";"KEY"\n"A";"Genuine"\n"B";"DeepFake"\n', "csv"),
        ("path,truth,p_fake,llr\nA,real,0.5,0.0\nB,fake,0.5,0.0\n", "csv"),
    ],
)
def test_every_format_gives_the_same_keys(keys, text, format):
    result = keys(text)
    assert (result.labels, result.format) == (TWO, format)
    assert not result.superset
    assert result.warnings == ()


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("bonafide - LA_1 A -\nspoof A07 LA_1 B -\n", "2"),
        ("A LA_1 - - bonafide\nB LA_1 - A07 spoof\n", "4"),  # not as ASVspoof 2019 has them
        ("A LA_1 F - - genuine x\nB LA_1 F - A07 fake y\n", "5"),
        ("genuine;-;x/A.wav\nspoof;A07;x/B.wav\n", "2"),
        ("Clip,System,Verdict\nA.flac,,human\nB.flac,A07,AI\n", "system"),
        ("id\tfile\tlabel\tattack\nA\t1.wav\treal\t-\nB\t2.wav\tfake\tA07\n", "Attack"),
        ("file|label|kind|attack\nA|0|real|bonafide\nB|1|cloned|A07\n", "attack"),
    ],
)
def test_columns_are_understood_by_what_is_in_them(keys, text, column):
    result = keys(text, names=["flac/A.flac", "flac/B.flac"], by=[column])
    assert [*result.labels.values()] == [0, 1]
    assert [*map(short_name, result.labels)] == ["A", "B"]
    assert result.columns == (column.lower(),)
    assert [cells[0] for cells in result.cells.values()][1] == "A07"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A real fake\nB fake real\n", "one column of only real and fake in .*, got 2 and 3$"),
        ("A - real x\nB A07 fake\n", "expected 4 columns in .* line 2, got 3$"),
        ("x real y\nz fake w\n", "a column of the names of the scores and one of words"),
        ("A 0\nB 1\n", "a column of the names of the scores and one of words"),
    ],
)
def test_columns_that_are_not_sure_are_refused(keys, text, message):
    with pytest.raises(ValueError, match=message) as caught:
        keys(text, names=["A", "B"])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "column", "value"),
    [
        ("LA_1 A - - bonafide\nLA_1 B - A07 spoof\n", "Attack", "A07"),
        ("T_1 A F - - - AC1 - bonafide -\nT_1 B F C05 1 - AC3 A05 spoof -\n", "codec", "C05"),
        (
            "LA_9 A alaw ita_tx bonafide bonafide notrim eval\n"
            "LA_9 B ulaw ita_tx A07 spoof notrim eval\n",
            "codec",
            "ulaw",
        ),
        (
            "LA_3 DF_A nocodec asvspoof - bonafide notrim eval\n"
            "LA_3 DF_B low_mp3 vcc2018 A14 spoof notrim eval\n",
            "source",
            "vcc2018",
        ),
        ("A - bonafide 1.5\nB A09 spoof -2\n", "attack", "A09"),
        ("file,Speaker Name,label\nA,x,bona-fide\nB,Obama,spoof\n", "speaker-name", "Obama"),
    ],
)
def test_columns_of_the_field_have_names(keys, text, column, value):
    result = keys(text, by=[column])
    assert [*result.cells.values()][1] == (value,)
    with pytest.raises(ValueError, match=r"expected a column of .*keys.txt \(.*, .*\), got nope$"):
        keys(text, by=["nope"])


def test_antideepfake_protocols_go_by_id(keys):
    protocol = (
        "ID,Label,Duration,SampleRate,Path,Attack,Speaker,Proportion\n"
        "A,real,1.5,16000,$ROOT/a.flac,-,s1,test\nB,fake,1.5,16000,$ROOT/b.flac,A07,s1,test\n"
    )
    assert keys(protocol).labels == TWO
    assert keys(protocol).superset


def test_both_the_pictures_and_the_recordings_of_a_manifest_are_keys(keys):
    result = keys(
        "path,split,label,recording,start_s,duration_s,speaker\n"
        "test/real/a-0.png,test,real,a.wav,0,2,s1\ntest/real/a-1.png,test,real,a.wav,2,2,s1\n"
        "train/fake/b-0.png,train,fake,b.wav,0,2,s1\ntrain/fake/c.png,train,fake,,0,2,s1\n",
        "manifest.csv",
    )
    assert result.labels == {
        "test/real/a-0.png": 0,
        "test/real/a-1.png": 0,
        "a.wav": 0,
        "train/fake/b-0.png": 1,
        "b.wav": 1,
        "train/fake/c.png": 1,
    }
    assert result.superset


def test_metadata_of_several_subsets_says_so(keys):
    line = "LA_9 {} alaw ita_tx A07 spoof notrim {}\n"
    result = keys(line.format("A", "progress") + line.format("B", "eval"))
    assert result.superset
    assert result.warnings == ("the keys hold eval, progress: official figures are of one of them",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,label\na,0\nb,1\n", "line 2, got '0', which does not say which is fake"),
        (
            "file,label\na,real\nb,maybe\n",
            "such as real, bonafide, fake or spoof in .* line 3, got",
        ),
        ("file,label\na,real\na,fake\n", "expected one label for a in .*, got two, in line 3"),
        ("file,label\n,real\n", "expected a name in .* line 2, got none"),
        ("file,label\n", "expected keys in .*, got a header alone"),
        ("file,label\na,real,x\n", "expected 2 columns in .* line 2, got 3"),
        ("path,label,confidence,p_fake,llr\na,fake,90,0.9,-2\n", "got verdicts: labels with"),
        ("A B - - bonafide\nA C - spoof\n", "the 5 columns of asvspoof2019 in .* line 2, got 4"),
        ("A B - - bonafide\nA C - - target\n", "line 2, got 'target'"),
        ("what is this\n", "expected keys in .*: a protocol of ASVspoof.* got 'what is this' in"),
        ("a 0.5\n", "got 'a 0.5' in line 1"),
    ],
)
def test_what_is_not_sure_is_refused_in_one_line(keys, text, message):
    with pytest.raises(ValueError, match=message) as caught:
        keys(text)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_keys(tmp_path / "none.tsv")
