from collections import Counter
from pathlib import Path

import pytest

from render.paths import files, picture_path, possible_first_paths
from render.recording import Recording


def recording(number=0):
    return Recording(Path(f"{number}.wav"), f"{number}.wav", "train", "fake")


def test_a_recording_of_few_clips_lies_in_its_class_folder():
    sound = recording()
    assert picture_path(sound, 3, 4) == f"train/fake/{sound.stem}-0003.png"


@pytest.mark.parametrize(("clips", "fullest"), [(4, 4), (5, 5), (1_000, 1_000), (5_400, 1_000)])
def test_no_folder_holds_more_than_a_thousand_clips_of_a_recording(clips, fullest):
    places = [picture_path(recording(), clip, clips) for clip in range(clips)]
    assert len(set(places)) == clips
    assert max(Counter(place.rsplit("/", 1)[0] for place in places).values()) == fullest


def test_many_recordings_are_spread_over_sub_folders_of_their_class():
    places = [picture_path(recording(number), 0, 1, digits=1) for number in range(3_200)]
    counts = Counter(place.rsplit("/", 1)[0] for place in places)
    assert len(counts) == 16
    assert max(counts.values()) < 260  # 200 expected, standard deviation 14
    assert all(place.startswith("train/fake/") for place in counts)


def test_variants_have_folders_of_their_own():
    assert picture_path(recording(), 0, 1, variant=2).startswith("train/fake/variant-2/")


@pytest.mark.parametrize("clips", [1, 4, 5, 1_000, 1_001, 70_000])
@pytest.mark.parametrize("variant", [0, 1])
def test_the_first_picture_is_at_one_of_the_guesses(clips, variant):
    first = picture_path(recording(), 0, clips, variant=variant, digits=2)
    assert first in set(possible_first_paths(recording(), variant=variant, digits=2))


def test_pictures_are_found_at_any_depth_and_only_in_class_folders(tmp_path):
    wanted = [tmp_path / picture_path(recording(), 0, clips, digits=1) for clips in (1, 5, 1_001)]
    for each in [*wanted, tmp_path / "other/x.png"]:
        each.parent.mkdir(parents=True, exist_ok=True)
        each.touch()
    assert sorted(files(tmp_path, "*.png")) == sorted(wanted)
