import re

import pytest

from render.layouts.registry import find, recognise

CM = "ASVspoof2019_LA_cm_protocols/ASVspoof2019.LA.cm"
LA19 = {
    f"{CM}.train.trn.txt": "LA_0079 LA_T_1 - - bonafide\nLA_0079 LA_T_2 - A01 spoof\n",
    f"{CM}.dev.trl.txt": "LA_0069 LA_D_1 - - bonafide\n",
    f"{CM}.eval.trl.txt": "LA_0039 LA_E_1 - A11 spoof\n",
}
LA19_AUDIO = [
    "ASVspoof2019_LA_train/flac/LA_T_1.flac",
    "ASVspoof2019_LA_train/flac/LA_T_2.flac",
    "ASVspoof2019_LA_dev/flac/LA_D_1.flac",
    "ASVspoof2019_LA_eval/flac/LA_E_1.flac",
]


@pytest.mark.parametrize("top", ["", "LA/", "LA/LA/"])
def test_asvspoof_2019(tree, scan, top):
    tables = {top + name: text for name, text in LA19.items()}
    audio = tree(*(top + name for name in LA19_AUDIO), tables=tables)
    assert recognise(audio) == "asvspoof2019-la"
    items = scan(audio)
    assert [items.placed[top + name] for name in LA19_AUDIO] == [
        ("train", "real"),
        ("train", "fake"),
        ("validation", "real"),
        ("test", "fake"),
    ]
    about = [items.recordings[top + name].metadata for name in LA19_AUDIO[:2]]
    assert about == [
        {"speaker": "LA_0079", "generator": ""},
        {"speaker": "LA_0079", "generator": "A01"},
    ]
    assert not items.failures
    assert not items.ignored


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: "SPEAKER FILE ENV SYSTEM KEY\n" + text,
        lambda text: text.replace(" ", "\t").replace("\n", " \n\n"),
        lambda text: text.upper(),
        lambda text: text.replace("LA_T_1 ", "LA_T_1.flac "),
    ],
)
def test_line_ends_marks_headings_and_case_do_not_matter(tree, scan, change):
    text = change(LA19[f"{CM}.train.trn.txt"])
    items = scan(tree(*LA19_AUDIO[:2], tables={f"{CM}.train.trn.txt": text}))
    assert list(items.placed.values()) == [("train", "real"), ("train", "fake")]
    assert not items.failures


def test_converted_copies_extra_audio_and_audio_that_is_missing(tree, scan):
    names = [*LA19_AUDIO[:1], "wav/LA_T_1.wav", "wav/LA_T_9.wav", "wav/README.md"]
    items = scan(tree(*names, tables=LA19))
    assert items.placed == {LA19_AUDIO[0]: ("train", "real")}
    assert items.ignored == {".wav that is a copy": 1, ".wav in no row": 1, ".md": 1}
    # A row is told by itself, but parts of the set that were not fetched are told in one line.
    assert items.failures == {
        "LA_T_2": f"expected its audio, got a row of {CM}.train.trn.txt without any",
        f"{CM}.dev.trl.txt": "expected the audio of its 1 rows, got none of it",
        f"{CM}.eval.trl.txt": "expected the audio of its 1 rows, got none of it",
    }


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("LA_0079 LA_T_3 - A07 bonafide", "expected no generator of a real recording, got A07"),
        ("LA_0079 LA_T_3 - bonafide spoof", "expected the generator of a fake, got bonafide"),
        ("LA_0079 LA_T_3 - - 1", "expected a class in words .* got 1, which is real in some"),
        ("LA_0079 LA_T_3 - - target", "expected a class among real, .* got target"),
        ("LA_0079 LA_T_3 - bonafide", "expected 5 columns, got 4"),
    ],
)
def test_a_row_that_contradicts_itself_is_a_failure(tree, scan, row, reason):
    table = f"{CM}.train.trn.txt"
    items = scan(tree(*LA19_AUDIO[:2], "x/LA_T_3.flac", tables={table: f"{LA19[table]}{row}\n"}))
    assert items.count == 2
    ((recording, message),) = items.failures.items()
    assert recording in ("x/LA_T_3.flac", f"{table} line 3")
    assert re.fullmatch(f"{reason}.*", message), message


LA21 = (
    "LA_0009 LA_E_1 alaw ita_tx A07 spoof notrim eval\n"
    "LA_0010 LA_E_2 none - - bonafide notrim progress\n"
    "LA_0011 LA_E_3 opus loc_tx - bonafide trim hidden\n"
    "LA_0011 LA_E_4 opus loc_tx - bonafide trim surplus\n"
)
ASV = (
    "LA_0007-alaw-ita_tx LA_E_1 alaw ita_tx A07 spoof notrim progress\n"
    "LA_0007-alaw-ita_tx LA_E_2 alaw ita_tx bonafide nontarget notrim progress\n"
)


def test_asvspoof_2021_logical_access(tree, scan):
    names = [f"ASVspoof2021_LA_eval/flac/LA_E_{number}.flac" for number in (1, 2, 3, 4)]
    keys = {"keys/LA/CM/trial_metadata.txt": LA21, "keys/LA/ASV/trial_metadata.txt": ASV}
    audio = tree(*names, tables=keys)
    assert recognise(audio) == "asvspoof2021-la"
    items = scan(audio)
    # The subset that published figures are on is the test, the one to tune on the validation.
    assert items.placed == {names[0]: ("test", "fake"), names[1]: ("validation", "real")}
    assert items.recordings[names[0]].metadata == {
        "speaker": "LA_0009",
        "transmission_codec": "alaw",
        "transmission": "ita_tx",
        "generator": "A07",
        "trim": "notrim",
        "subset": "eval",
    }
    assert items.ignored == {".flac of the hidden subset": 1, ".txt": 1}
    assert items.failures == {
        names[3]: "expected a subset among progress, eval, got surplus",
    }


DF8 = "LA_0023 DF_E_1 nocodec asvspoof A14 spoof notrim eval"
DF13 = "TEF2 DF_E_2 low_m4a vcc2020 Task1-team20 spoof notrim eval neural_vocoder Task1 team20 FF E"


@pytest.mark.parametrize("rows", [(DF8,), (DF13,), (DF8, DF13)])
def test_asvspoof_2021_deepfake_in_parts_and_both_forms_of_its_keys(tree, scan, rows):
    names = [
        "ASVspoof2021_DF_eval_part00/ASVspoof2021_DF_eval/flac/DF_E_1.flac",
        "ASVspoof2021_DF_eval_part03/ASVspoof2021_DF_eval/flac/DF_E_2.flac",
    ]
    keys = {"DF-keys-full/keys/DF/CM/trial_metadata.txt": "\n".join(rows)}
    audio = tree(*names, tables=keys)
    assert recognise(audio) == "asvspoof2021-df"
    items = scan(audio)
    assert len(items.placed) == len(rows)
    assert set(items.placed.values()) == {("test", "fake")}
    if DF13 in rows:
        assert items.recordings[names[1]].metadata == {
            "speaker": "TEF2",
            "compression": "low_m4a",
            "source": "vcc2020",
            "generator": "Task1-team20",
            "trim": "notrim",
            "subset": "eval",
            "vocoder": "neural_vocoder",
            "task": "Task1",
            "team": "team20",
            "gender_pair": "FF",
            "language": "E",
        }


TRAIN5 = (
    "T_4850 T_0000000000 F - - - AC3 A05 spoof -\n"
    "T_1607 T_0000000001 M - - - - bonafide bonafide -\n"
)
EVAL5 = "E_1607 E_0009538969 F C05 3 E_0001 AC1 A17 spoof -\n"


def test_asvspoof_5_is_parted_by_spaces_despite_its_suffix(tree, scan):
    names = [
        "flac_T/T_0000000000.flac",
        "flac_T/T_0000000001.flac",
        "flac_E_eval/E_0009538969.flac",
    ]
    tables = {
        "ASVspoof5_protocols/ASVspoof5.train.tsv": TRAIN5,
        "ASVspoof5_protocols/ASVspoof5.eval.track_1.tsv": EVAL5,
        "ASVspoof5_protocols/ASVspoof5.eval.track_2.trial.tsv": "E_1 E_2 F A17 spoof\n",
    }
    audio = tree(*names, tables=tables)
    assert recognise(audio) == "asvspoof5"
    items = scan(audio)
    assert [items.placed[name] for name in names] == [
        ("train", "fake"),
        ("train", "real"),
        ("test", "fake"),
    ]
    assert items.recordings[names[1]].metadata["generator"] == ""
    assert items.recordings[names[2]].metadata == {
        "speaker": "E_1607",
        "gender": "F",
        "transmission_codec": "C05",
        "codec_quality": "3",
        "codec_seed": "E_0001",
        "attack_tag": "AC1",
        "generator": "A17",
    }
    assert items.ignored == {".tsv": 1}


def test_asvspoof_5_with_the_protocols_of_the_challenge(tree, scan):
    names = ["flac_T/flac_T/T_1.flac", "flac_D/D_1.flac"]
    tables = {
        "ASVspoof5.train.metadata.txt": "T_1 T_1 F - A05 spoof\n",
        "ASVspoof5.dev.metadata.txt": "D_1 D_1 M - bonafide bonafide\n",
    }
    items = scan(tree(*names, tables=tables))
    assert items.placed == {names[0]: ("train", "fake"), names[1]: ("validation", "real")}
    assert items.recordings[names[0]].metadata == {
        "speaker": "T_1",
        "gender": "F",
        "transmission_codec": "",
        "generator": "A05",
    }


def test_the_full_protocol_goes_before_that_of_the_challenge(tree, scan):
    tables = {
        "ASVspoof5.train.metadata.txt": "T_1 T_0000000001 F - A05 spoof\n",
        "ASVspoof5.train.tsv": TRAIN5,
    }
    items = scan(tree("flac_T/T_0000000001.flac", tables=tables))
    assert items.placed == {"flac_T/T_0000000001.flac": ("train", "real")}


def test_sets_in_one_folder_are_told_apart_though_their_recordings_share_names(tree, scan):
    names = ["ASVspoof2019_LA_eval/flac/LA_E_1.flac", "ASVspoof2021_LA_eval/flac/LA_E_1.flac"]
    table = f"{CM}.eval.trl.txt"
    audio = tree(*names, tables={table: LA19[table], "keys/LA/CM/trial_metadata.txt": LA21})
    with pytest.raises(
        ValueError, match="one dataset .* asvspoof2019-la and asvspoof2021-la: name"
    ):
        recognise(audio)
    assert scan(audio, "asvspoof2019-la").placed == {names[0]: ("test", "fake")}
    assert scan(audio, "asvspoof2021-la").placed == {names[1]: ("test", "fake")}
    assert scan(audio, "asvspoof2019-la").ignored[".flac of another ASVspoof set"] == 1


def test_keys_of_speaker_verification_are_not_taken_for_those_of_detection(tree):
    keys = {"keys/trial_metadata.txt": ASV.partition("\n")[2]}
    assert recognise(tree("flac/LA_E_2.flac", tables=keys)) == "folders"


def test_a_protocol_is_not_given_in_place_of_its_folder(tree):
    table = tree("T_1.flac", tables={"ASVspoof5.train.tsv": TRAIN5}) / "ASVspoof5.train.tsv"
    with pytest.raises(
        ValueError, match="expected a folder of recordings or a CSV that lists them"
    ):
        recognise(table)
    with pytest.raises(ValueError, match="expected ASVspoof5.train.tsv, .* got none"):
        find(table, "asvspoof5")


def test_keys_are_needed_not_the_list_of_trials(tree):
    audio = tree("flac/LA_E_1.flac", tables={"ASVspoof2021.LA.cm.eval.trl.txt": "LA_E_1\n"})
    assert recognise(audio) == "folders"
    with pytest.raises(ValueError, match="expected LA/CM/trial_metadata.txt .from LA-keys-full"):
        find(audio, "asvspoof2021-la")


def test_a_protocol_without_any_audio_is_refused(tree):
    with pytest.raises(ValueError, match="got 3 failures, the first is .*: expected the audio of"):
        list(find(tree("a.flac", tables=LA19)))
