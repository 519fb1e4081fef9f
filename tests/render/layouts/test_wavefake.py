import pytest

from render.layouts.registry import GROUPS, recognise

PROMPTS = "common_voices_prompts_from_conformer_fastspeech2_pwg_ljspeech"


def test_wavefake_beside_the_corpora_it_was_made_from(tree, scan):
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
    items = scan(audio)
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
def test_wavefake_in_class_folders(tree, scan, real):
    names = [f"{real}/LJ001-0001.wav", "fake/ljspeech_melgan/LJ001-0001_gen.wav"]
    audio = tree(*names)
    assert recognise(audio) == "wavefake"
    assert scan(audio).placed == {names[0]: ("", "real"), names[1]: ("", "fake")}


def test_the_innermost_folder_says_what_a_file_of_wavefake_is(tree, scan):
    names = ["ljspeech/ljspeech_melgan/a.wav", "ljspeech_melgan/LJSpeech-1.1/wavs/a.wav"]
    assert scan(tree(*names)).placed == {names[0]: ("", "fake"), names[1]: ("", "real")}


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
def test_generated_files_labelled_real_are_refused(tree, scan, name, reason):
    items = scan(tree("ljspeech_melgan/a_gen.wav", name))
    assert list(items.placed) == ["ljspeech_melgan/a_gen.wav"]
    assert items.failures[name].startswith(reason)


def test_the_set_with_prompts_is_unpacked_twice_in_some_copies(tree, scan):
    folder = f"generated_audio/{PROMPTS}"
    same, other = {f"{folder}/gen_{n}.wav": "one" for n in (0, 1)}, f"{folder}/generated/gen_1.wav"
    audio = tree(tables={**same, f"{folder}/generated/gen_0.wav": "one", other: "more"})
    items = scan(audio)
    assert set(items.placed) == {*same, other}
    assert items.ignored == {".wav that is a copy": 1}
