import json

import pytest

from classify.cli import main
from classify.evaluation.score_file import score
from classify.reports import text

# Of A07, 1 of 4 is above 1 of 4 real scores: 25 %; A08 is all below; codec b has 2 of each.
TRIALS = [
    *(("r1", "-", "a", "bonafide", 4.0), ("r2", "-", "a", "bonafide", 3.0)),
    *(("r3", "-", "b", "bonafide", 2.0), ("r4", "-", "b", "bonafide", 0.5)),
    *(("s1", "A07", "a", "spoof", 1.0), ("s2", "A07", "a", "spoof", -1.0)),
    *(("s3", "A07", "a", "spoof", -2.0), ("s4", "A07", "a", "spoof", -3.0)),
    *(("s5", "A08", "b", "spoof", -4.0), ("s6", "A08", "b", "spoof", -5.0)),
]
EER = {"attack": {"A07": 0.25, "A08": 0.0}, "codec": {"a": 0.0, "b": 0.0}}


@pytest.fixture
def files(tmp_path):
    """Scores, and keys in two orders of columns."""
    scores, keys, odd = (tmp_path / name for name in ("scores.txt", "keys.txt", "odd.csv"))
    scores.write_text("".join(f"flac/{name}.flac {llr}\n" for name, *_, llr in TRIALS))
    keys.write_text(
        "".join(f"LA_1 {n} {codec} {attack} {key}\n" for n, attack, codec, key, _ in TRIALS)
    )
    odd.write_text(
        "Verdict;Attack;Codec;Clip\n"
        + "".join(f"{key};{attack};{codec};{n}.wav\n" for n, attack, codec, key, _ in TRIALS)
    )
    return scores, keys, odd


def test_attacks_stand_against_all_real_trials_worst_first(files):
    scores, keys, odd = files
    report = score(scores, keys, by=["attack"], resamples=0)
    (cells,) = report.by.values()
    assert {value: cell.metrics["eer"] for value, cell in cells.items()} == EER["attack"]
    assert list(cells) == ["A07", "A08"]
    assert [(cell.n_real, cell.n_fake, cell.real_from) for cell in cells.values()] == [
        (4, 4, "all"),
        (4, 2, "all"),
    ]
    assert "by attack " in text.scores(report)
    other = score(scores, odd, by=["Attack"], resamples=0)
    assert other.by == report.by
    assert other.metrics == report.metrics
    assert "by" not in score(scores, keys, resamples=0).to_json()


def test_a_codec_stands_against_its_own_real_trials(files, capsys):
    scores, _, odd = files
    call = ["score", str(scores), "--keys", str(odd), "--by", "codec", "--by", "attack"]
    assert main([*call, "--resamples", "0", "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert list(report["by"]) == ["codec", "attack"]
    for column, values in report["by"].items():
        assert {value: cell["eer"] for value, cell in values.items()} == EER[column]
    assert {cell["real_from"] for cell in report["by"]["codec"].values()} == {"same codec"}
    assert main([*call, "--by", "gender"]) == 2
    assert "expected a column of " in capsys.readouterr().err


def test_a_score_file_with_keys_is_broken_down_alone(tmp_path):
    path = tmp_path / "aasist.txt"
    path.write_text("".join(f"{n} {attack} {key} {llr}\n" for n, attack, _, key, llr in TRIALS))
    assert list(score(path, by=["attack"], resamples=0).by["attack"]) == ["A07", "A08"]


def test_the_sources_of_a_table_are_kept_apart(tmp_path):
    (tmp_path / "s.csv").write_text("path,llr\n" + "".join(f"{n},{llr}\n" for n, *_, llr in TRIALS))
    rows = (f"{n},{key},{codec},{attack}\n" for n, attack, codec, key, _ in TRIALS)
    (tmp_path / "k.csv").write_text("path,label,source,generator\n" + "".join(rows))
    report = score(tmp_path / "s.csv", tmp_path / "k.csv", by=["generator"], resamples=0)
    assert {cell.real_from for cell in report.by["generator"].values()} == {"same source"}
    assert list(report.by) == ["generator"]
