import pytest

from render.layouts.registry import recognise

HEADER = (
    "path|original_file|language|is_original_language|duration|training_data|model_name|"
    "architecture|transcript\n"
)
ORIGINAL = "en_US/by_book/female/judy_bieber/book/wavs/book_01_f000001.wav"


def mlaad(name, original=ORIGINAL, said='He said "no'):
    return f"./fake/en/vits x/{name}|{original}|en|True|2.1|LJSpeech|vits x|VITS|{said}\n"


@pytest.mark.parametrize("top", ["", "MLAAD/", "data/MLAAD/"])
def test_mlaad_with_its_originals(tree, scan, top):
    rows = HEADER + mlaad("a.wav") + mlaad("gone.wav") + mlaad("b.wav", "./x.wav")
    fakes = [f"{top}fake/en/vits x/{name}.wav" for name in "abc"]
    real = f"mailabs/{ORIGINAL}"
    mixed = "mailabs/en_UK/by_book/mix/book/wavs/x.wav"
    audio = tree(*fakes, real, mixed, "y.wav", tables={f"{top}fake/en/vits x/meta.csv": rows})
    assert recognise(audio) == "mlaad"
    items = scan(audio)
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


def test_an_unpaired_quotation_mark_in_a_transcript_swallows_no_row(tree, scan):
    rows = HEADER + mlaad("a.wav", said='"open') + mlaad("b.wav")
    items = scan(tree("fake/en/m/a.wav", "fake/en/m/b.wav", tables={"fake/en/m/meta.csv": rows}))
    assert items.count == 2


def test_a_fake_of_mlaad_in_a_real_folder_is_refused(tree, scan):
    tables = {f"{label}/en/m/meta.csv": HEADER + mlaad("a.wav") for label in ("real", "fake")}
    items = scan(tree("real/en/m/a.wav", "fake/en/m/a.wav", tables=tables))
    assert items.failures == {
        "real/en/m/a.wav": "expected one class, got fake in meta.csv and real"
    }
