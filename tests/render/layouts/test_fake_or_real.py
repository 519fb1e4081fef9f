import pytest

from render.layouts.registry import find, recognise

FORMS = ("for-original", "for-norm", "for-2sec", "for-rerec")


@pytest.mark.parametrize("form", FORMS)
def test_each_form_of_fake_or_real(tree, scan, form):
    inner = {"for-2sec": "for-2seconds", "for-rerec": "for-rerecorded"}.get(form, form)
    audio = tree(
        f"{form}/{inner}/training/real/file1.wav_16k.wav_norm.wav",
        f"{form}/{inner}/validation/fake/file2.mp3.wav_16k.wav",
        f"{form}/{inner}/testing/real/c.MP3",
        "notes.wav",
    )
    assert recognise(audio) == form
    items = scan(audio)
    assert list(items.placed.values()) == [
        ("test", "real"),
        ("train", "real"),
        ("validation", "fake"),
    ]
    assert items.count == 3
    assert [item.metadata for item in items.recordings.values()] == [
        {"form": form, "history": ""},
        {"form": form, "history": ""},
        {"form": form, "history": "mp3"},
    ]
    assert list(scan(audio / form).placed.values()) == list(items.placed.values())
    assert recognise(audio / form) == recognise(audio / form / inner) == form


def test_two_forms_are_two_datasets(tree, scan):
    audio = tree(
        "for-norm/training/real/a.wav",
        "for-2sec/for-2seconds/training/real/a.wav",
        "for-2sec/for-2seconds/testing/fake/b.wav",
    )
    with pytest.raises(ValueError, match=r"one form of Fake-or-Real .* got for-norm and for-2sec"):
        recognise(audio)
    assert scan(audio, "for-norm").placed == {"for-norm/training/real/a.wav": ("train", "real")}
    assert len(scan(audio, "for-2sec").placed) == 2
    with pytest.raises(ValueError, match="expected a folder for-rerec with training, .* got none"):
        find(audio, "for-rerec")


def test_a_folder_is_a_form_only_with_its_splits(tree):
    assert recognise(tree("for-norm/real/a.wav", "for-norm-more/training/real/b.wav")) == "folders"


def test_a_form_may_be_said_of_a_folder_of_another_name(tree, scan):
    audio = tree("training/real/a.wav", "testing/fake/b.wav")
    assert recognise(audio) == "folders"
    assert (
        scan(audio, "for-rerec").recordings["training/real/a.wav"].metadata["form"] == "for-rerec"
    )
