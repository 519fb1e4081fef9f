import re

import pytest

from render.layouts.registry import GROUPS, recognise

PROMPTS = "common_voices_prompts_from_conformer_fastspeech2_pwg_ljspeech"


def test_wavefake_beside_the_corpora_it_was_made_from(tree, found):
    expected = {
        "generated_audio/ljspeech_melgan_large/LJ001-0001_gen.wav": ("fake", "melgan_large"),
        "generated_audio/ljspeech_hifiGAN/LJ001-0001_generated.wav": ("fake", "hifigan"),
        "generated_audio/ljspeech_waveglow/LJ001-0001.wav": ("fake", "waveglow"),
        "generated_audio/jsut_parallel_wavegan/BASIC5000_0001_gen.wav": (
            "fake",
            "parallel_wavegan",
        ),
        f"generated_audio/{PROMPTS}/gen_0.wav": ("fake", "conformer_fastspeech2_pwg"),
        "LJSpeech-1.1/wavs/LJ001-0001.wav": ("real", ""),
        "jsut_ver1.1/basic5000/wav/BASIC5000_0001.wav": ("real", ""),
    }
    audio = tree(*expected, "LJSpeech-1.1/metadata.csv")
    assert recognise(audio) == "wavefake"
    items = found(audio)
    about = {name: item.metadata for name, item in items.recordings.items()}
    assert {name: (items.placed[name][1], about[name]["generator"]) for name in about} == expected
    assert {split for split, _ in items.placed.values()} == {""}
    assert {about[name]["source"] for name in expected if "jsut" in name} == {"JSUT"}
    assert {about[name]["source"] for name in expected if "jsut" not in name} == {"LJSpeech"}
    # A fake and the recording that it was made from can be kept on one side.
    assert [about[name][GROUPS["wavefake"]] for name in expected] == (
        ["LJ001-0001"] * 3 + ["BASIC5000_0001", "", "LJ001-0001", "BASIC5000_0001"]
    )
    assert items.ignored == {".csv": 1}


@pytest.mark.parametrize("real", ["real/wavs", "LJSpeech/wavs", "ljspeech_real", "lj_speech"])
def test_wavefake_in_class_folders(tree, found, real):
    names = [f"{real}/LJ001-0001.wav", "fake/ljspeech_melgan/LJ001-0001_gen.wav"]
    audio = tree(*names)
    assert recognise(audio) == "wavefake"
    assert found(audio).placed == {names[0]: ("", "real"), names[1]: ("", "fake")}


def test_the_innermost_folder_says_what_a_file_of_wavefake_is(tree, found):
    names = ["ljspeech/ljspeech_melgan/a.wav", "ljspeech_melgan/LJSpeech-1.1/wavs/a.wav"]
    assert found(tree(*names)).placed == {names[0]: ("", "fake"), names[1]: ("", "real")}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (
            "real/ljspeech_melgan/a.wav",
            "expected one class, got fake in its folder's name and real",
        ),
        ("fake/LJSpeech-1.1/wavs/a.wav", "expected one class, got fake and real in its folder's n"),
        ("LJSpeech-1.1/wavs/LJ1_gen.wav", "expected a real recording, got the name of a generated"),
        ("speech/a.wav", "expected a class folder"),
        ("ljspeech_wavs/a.wav", "expected a class folder"),  # LJSpeech's, but whose?
    ],
)
def test_generated_files_labelled_real_are_refused(tree, found, name, reason):
    items = found(tree("ljspeech_melgan/a_gen.wav", name))
    assert list(items.placed) == ["ljspeech_melgan/a_gen.wav"]
    assert items.failures[name].startswith(reason)


def test_the_set_with_prompts_is_unpacked_twice_in_some_copies(tree, found):
    folder = f"generated_audio/{PROMPTS}"
    same, other = {f"{folder}/gen_{n}.wav": "one" for n in (0, 1)}, f"{folder}/generated/gen_1.wav"
    audio = tree(tables={**same, f"{folder}/generated/gen_0.wav": "one", other: "more"})
    items = found(audio)
    assert set(items.placed) == {*same, other}
    assert items.ignored == {".wav that is a copy": 1}


HEADER = (
    "path|original_file|language|is_original_language|duration|training_data|model_name|"
    "architecture|transcript\n"
)
ORIGINAL = "en_US/by_book/female/judy_bieber/book/wavs/book_01_f000001.wav"


def mlaad(name, original=ORIGINAL, said='He said "no'):
    return f"./fake/en/vits x/{name}|{original}|en|True|2.1|LJSpeech|vits x|VITS|{said}\n"


@pytest.mark.parametrize("top", ["", "MLAAD/", "data/MLAAD/"])
def test_mlaad_with_its_originals(tree, found, top):
    rows = HEADER + mlaad("a.wav") + mlaad("gone.wav") + mlaad("b.wav", "./x.wav")
    fakes = [f"{top}fake/en/vits x/{name}.wav" for name in "abc"]
    real = f"mailabs/{ORIGINAL}"
    mixed = "mailabs/en_UK/by_book/mix/book/wavs/x.wav"
    audio = tree(*fakes, real, mixed, "y.wav", tables={f"{top}fake/en/vits x/meta.csv": rows})
    assert recognise(audio) == "mlaad"
    items = found(audio)
    assert items.placed == {
        fakes[0]: ("", "fake"),
        fakes[1]: ("", "fake"),
        real: ("", "real"),
        mixed: ("", "real"),
    }
    assert items.recordings[fakes[0]].metadata == {
        "original_file": ORIGINAL,
        "language": "en",
        "is_original_language": "True",
        "training_data": "LJSpeech",
        "architecture": "VITS",
        "generator": "vits x",
    }
    # A fake and its original have the same value there.
    assert items.recordings[real].metadata == {
        "original_file": ORIGINAL,
        "language": "en",
        "gender": "female",
        "speaker": "judy_bieber",
    }
    assert items.recordings[mixed].metadata["speaker"] == ""
    assert items.recordings[fakes[1]].metadata["original_file"] == "x.wav"
    assert list(items.failures) == [f"{top}fake/en/vits x/gone.wav"]
    assert items.ignored == {".wav in no row": 2}


def test_an_unpaired_quotation_mark_in_a_transcript_swallows_no_row(tree, found):
    rows = HEADER + mlaad("a.wav", said='"open') + mlaad("b.wav")
    items = found(tree("fake/en/m/a.wav", "fake/en/m/b.wav", tables={"fake/en/m/meta.csv": rows}))
    assert items.count == 2


def test_a_fake_of_mlaad_in_a_real_folder_is_refused(tree, found):
    tables = {f"{label}/en/m/meta.csv": HEADER + mlaad("a.wav") for label in ("real", "fake")}
    items = found(tree("real/en/m/a.wav", "fake/en/m/a.wav", tables=tables))
    assert items.failures == {
        "real/en/m/a.wav": "expected one class, got fake in meta.csv and real"
    }


COLUMNS = "source,target1,target2,method,category,type,race,gender"
WHERE = "RealVideo-RealAudio/African/men/id1", "FakeVideo-FakeAudio/African/men/id1"
KINDS = (
    "id1,-,-,real,A,RealVideo-RealAudio,African,men",
    "id1,id2,3,fsgan-wav2lip,D,FakeVideo-FakeAudio,African,men",
)


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        # As published: the last column has no name.
        (f"{COLUMNS},path,", ("1.mp4,FakeAVCeleb/{}", "2_wavtolip.mp4,FakeAVCeleb/{}")),
        (f"{COLUMNS},path", ("1.mp4,FakeAVCeleb/{}", "2_wavtolip.mp4,FakeAVCeleb/{}")),
        (f"{COLUMNS},filename,path", ("1.mp4,FakeAVCeleb/{}", "2_wavtolip.mp4,FakeAVCeleb/{}")),
        (f"{COLUMNS},filename,path,", ("1.mp4,{},", "2_wavtolip.mp4,{},")),
        (f"{COLUMNS},path", ("1.mp4", "2_wavtolip.mp4")),
        (f"{COLUMNS},path", ("FakeAVCeleb/{}/1.mp4", "FakeAVCeleb/{}/2_wavtolip.mp4")),
    ],
)
@pytest.mark.parametrize("top", ["FakeAVCeleb-audio", "FakeAVCeleb_v1.2/FakeAVCeleb", "."])
@pytest.mark.parametrize("suffix", [".mp3", ".mp4"])
def test_fakeavceleb(tree, found, header, cells, top, suffix):
    names = [f"{top}/{WHERE[0]}/1{suffix}", f"{top}/{WHERE[1]}/2_wavtolip{suffix}"]
    names = [name.removeprefix("./") for name in names]
    lines = [
        f"{kind},{cell.format(where)}"
        for kind, cell, where in zip(KINDS, cells, WHERE, strict=True)
    ]
    audio = tree(*names, tables={f"{top}/meta_data.csv": "\n".join([header, *lines])})
    assert recognise(audio) == "fakeavceleb"
    items = found(audio)
    assert items.placed == {names[0]: ("", "real"), names[1]: ("", "fake")}
    assert items.recordings[names[1]].metadata == {
        "target1": "id2",
        "target2": "3",
        "category": "D",
        "type": "FakeVideo-FakeAudio",
        "race": "African",
        "gender": "men",
        "speaker": "id1",
        "method": "fsgan-wav2lip",
        "generator": "fsgan-wav2lip",
    }
    assert items.recordings[names[0]].metadata["generator"] == ""
    assert not items.failures


def test_a_fake_video_with_its_real_sound_is_real(tree, found):
    row = "id1,id2,-,fsgan,C,FakeVideo-RealAudio,African,men,1.mp4,x/FakeVideo-RealAudio/id1"
    name = "FakeVideo-RealAudio/id1/1.wav"
    audio = tree(name, tables={"meta_data.csv": f"{COLUMNS},path,\n{row}\n"})
    items = found(audio)
    assert items.placed == {name: ("", "real")}
    assert items.recordings[name].metadata["method"] == "fsgan"
    assert items.recordings[name].metadata["generator"] == ""


def test_sound_taken_from_a_video_goes_before_the_video(tree, found):
    names = [
        f"FakeAVCeleb{part}/{WHERE[0]}/1.{kind}" for part, kind in (("-audio", "mp3"), ("", "mp4"))
    ]
    audio = tree(*names, tables={"meta_data.csv": f"{COLUMNS},path\n{KINDS[0]},1.mp4\n"})
    items = found(audio)
    assert list(items.placed) == names[:1]
    assert items.ignored == {".mp4 that is a copy": 1}


@pytest.mark.parametrize(
    ("row", "where", "reason"),
    [
        (
            "real,A,RealVideo-FakeAudio",
            "RealVideo-FakeAudio",
            "expected the generator of a fake, got real",
        ),
        (
            "rtvc,C,FakeVideo-RealAudio",
            "FakeVideo-RealAudio",
            "expected no generator of a real .*got rtvc",
        ),
        (
            "rtvc,B,RealVideo-FakeAudio",
            "RealVideo-RealAudio",
            "expected a row of RealVideo-RealAudio, got",
        ),
    ],
)
def test_a_row_of_fakeavceleb_that_contradicts_itself_is_a_failure(tree, found, row, where, reason):
    name = f"{where}/id1/1.wav"
    lines = f"id1,-,-,{row},African,men,1.mp4,x/{where}/id1\n{KINDS[0]},2.mp4\n"
    tables = {"meta_data.csv": f"{COLUMNS},path,\n{lines}"}
    items = found(tree(name, f"{WHERE[0]}/2.wav", tables=tables))
    assert list(items.placed) == [f"{WHERE[0]}/2.wav"]
    assert re.match(reason, items.failures[name])
