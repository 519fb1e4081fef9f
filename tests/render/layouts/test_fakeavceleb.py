import re

import pytest

from render.layouts.registry import recognise

COLUMNS = "source,target1,target2,method,category,type,race,gender"
WHERE = "RealVideo-RealAudio/African/men/id1", "FakeVideo-FakeAudio/African/men/id1"
KINDS = (
    "id1,-,-,real,A,RealVideo-RealAudio,African,men",
    "id1,id2,3,fsgan-wav2lip,D,FakeVideo-FakeAudio,African,men",
)


IN_COLUMNS = ("1.mp4,FakeAVCeleb/{}", "2_wavtolip.mp4,FakeAVCeleb/{}")


@pytest.mark.parametrize(
    ("header", "cells", "top", "suffix"),
    [
        # As published: the last column has no name.
        (f"{COLUMNS},path,", IN_COLUMNS, "FakeAVCeleb_v1.2/FakeAVCeleb", ".mp4"),
        (f"{COLUMNS},path", IN_COLUMNS, "FakeAVCeleb-audio", ".mp3"),
        (f"{COLUMNS},filename,path", IN_COLUMNS, ".", ".mp4"),
        (f"{COLUMNS},filename,path,", ("1.mp4,{},", "2_wavtolip.mp4,{},"), ".", ".mp3"),
        (f"{COLUMNS},path", ("1.mp4", "2_wavtolip.mp4"), "FakeAVCeleb-audio", ".mp4"),
        (
            f"{COLUMNS},path",
            ("FakeAVCeleb/{}/1.mp4", "FakeAVCeleb/{}/2_wavtolip.mp4"),
            *("FakeAVCeleb_v1.2/FakeAVCeleb", ".mp3"),
        ),
    ],
)
def test_fakeavceleb(tree, scan, header, cells, top, suffix):
    names = [f"{top}/{WHERE[0]}/1{suffix}", f"{top}/{WHERE[1]}/2_wavtolip{suffix}"]
    names = [name.removeprefix("./") for name in names]
    lines = [
        f"{kind},{cell.format(where)}"
        for kind, cell, where in zip(KINDS, cells, WHERE, strict=True)
    ]
    audio = tree(*names, tables={f"{top}/meta_data.csv": "\n".join([header, *lines])})
    assert recognise(audio) == "fakeavceleb"
    items = scan(audio)
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


def test_a_fake_video_with_its_real_sound_is_real(tree, scan):
    row = "id1,id2,-,fsgan,C,FakeVideo-RealAudio,African,men,1.mp4,x/FakeVideo-RealAudio/id1"
    name = "FakeVideo-RealAudio/id1/1.wav"
    audio = tree(name, tables={"meta_data.csv": f"{COLUMNS},path,\n{row}\n"})
    items = scan(audio)
    assert items.placed == {name: ("", "real")}
    assert items.recordings[name].metadata["method"] == "fsgan"
    assert items.recordings[name].metadata["generator"] == ""


def test_sound_taken_from_a_video_goes_before_the_video(tree, scan):
    names = [
        f"FakeAVCeleb{part}/{WHERE[0]}/1.{kind}" for part, kind in (("-audio", "mp3"), ("", "mp4"))
    ]
    audio = tree(*names, tables={"meta_data.csv": f"{COLUMNS},path\n{KINDS[0]},1.mp4\n"})
    items = scan(audio)
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
def test_a_row_of_fakeavceleb_that_contradicts_itself_is_a_failure(tree, scan, row, where, reason):
    name = f"{where}/id1/1.wav"
    lines = f"id1,-,-,{row},African,men,1.mp4,x/{where}/id1\n{KINDS[0]},2.mp4\n"
    tables = {"meta_data.csv": f"{COLUMNS},path,\n{lines}"}
    items = scan(tree(name, f"{WHERE[0]}/2.wav", tables=tables))
    assert list(items.placed) == [f"{WHERE[0]}/2.wav"]
    assert re.match(reason, items.failures[name])
