import csv
import io
import json

from classify.prediction.verdicts import Refusal, Verdict
from detect.detection import Detection
from detect.web import results_table

CLASSES = ("real", "fake")
FAKE = Detection("talk.wav", "fake", 97.3, 0.973, -3.6, 75.0, (), (61.0, 63.0), ("loud", "short"))
REAL = Verdict("0001.png", "real", 90.0, 0.1, 2.2)
SILENT = Detection("tone.wav", "no speech", None, None, None, 3.0)
REFUSED = Refusal("x.wav", "expected sound, got silence")


def read(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_the_most_suspicious_come_first_and_refusals_last():
    assert results_table.by_suspicion([REFUSED, SILENT, REAL, FAKE]) == [3, 2, 1, 0]


def test_equals_keep_their_order():
    assert results_table.by_suspicion([REAL, REAL, REFUSED, REFUSED]) == [0, 1, 2, 3]


def test_a_row_says_what_and_where():
    fake, real, silent, refused = results_table.rows([FAKE, REAL, SILENT, REFUSED], "fake")
    assert fake == {
        "verdict": "fake",
        "P(fake), %": 97.3,
        "file": "talk.wav",
        "most suspicious": "1:01.0 to 1:03.0",
        "remarks": "loud; short",
    }
    assert (real["P(fake), %"], real["most suspicious"], real["remarks"]) == (10.0, "", "")
    assert (silent["verdict"], silent["P(fake), %"]) == ("no speech", None)
    assert (refused["verdict"], refused["remarks"]) == ("not judged", REFUSED.reason)


def test_rows_of_one_name_have_labels_of_their_own():
    labels = results_table.labels(results_table.rows([REAL, REAL], "fake"))
    assert labels == ["1. real: 0001.png", "2. real: 0001.png"]


def test_csv_holds_everything_under_one_header():
    fake, real, silent, refused = read(results_table.to_csv([FAKE, REAL, SILENT, REFUSED], CLASSES))
    assert (fake["path"], fake["p_fake"], fake["suspicious_start_s"]) == (
        "talk.wav",
        "0.973",
        "61.0",
    )
    assert fake["warnings"] == "loud; short"
    assert (real["label"], real["llr"], real["duration_s"]) == ("real", "2.2", "")
    assert (silent["label"], silent["p_fake"]) == ("no speech", "")
    assert (refused["path"], refused["label"], refused["reason"]) == ("x.wav", "", REFUSED.reason)


def test_a_name_that_a_spreadsheet_would_run_is_defused():
    for name in ("=1+1", "+1", "-1", "@sum"):
        (row,) = read(results_table.to_csv([Refusal(f'{name},"x".wav', "no")], CLASSES))
        assert row["path"] == f'\'{name},"x".wav'
    # Numbers stay numbers, negative ones too.
    assert read(results_table.to_csv([FAKE], CLASSES))[0]["llr"] == "-3.6"


def test_json_is_what_the_commands_print():
    fake, real, refused = json.loads(results_table.to_json([FAKE, REAL, REFUSED], CLASSES))
    assert fake == FAKE.to_dict()
    assert real == {**vars(REAL)}
    assert refused == {"path": "x.wav", "reason": REFUSED.reason}


def test_classes_that_say_nothing_are_not_called_fake():
    (spoken,) = json.loads(results_table.to_json([FAKE], ("cats", "dogs")))
    assert (spoken["p_positive"], spoken["clip_p_positive"]) == (0.973, [])
    (row,) = read(results_table.to_csv([FAKE], ("cats", "dogs")))
    assert row["p_positive"] == "0.973"
    assert not any("fake" in name for name in (*spoken, *row))
