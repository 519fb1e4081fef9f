import numpy as np
import pytest

from classify.audit.audit import text
from classify.audit.confounders import (
    BANDS,
    CONFOUNDERS,
    MEASURED,
    SLICES,
    GreyLevels,
    measure_confounders,
)
from classify.audit.findings import Audit, SplitAudit, warnings
from classify.audit.separability import Separability
from classify.audit.table import gather


def measured(name, image):
    return measure_confounders(np.asarray(image, np.uint8))[SLICES[name]].tolist()


@pytest.fixture
def speech():
    """Give grey noise of 60 to 140, 64 x 100 pixels."""
    return np.random.default_rng(0).integers(60, 141, (64, 100)).astype(np.uint8)


def test_brightness_is_the_mean_grey_level():
    # Half of it 40, half 120.
    assert measured("brightness", [[40, 120], [120, 40]]) == [80]


@pytest.mark.parametrize("empty", [0, 1, 16, 63])
def test_bandwidth_is_the_share_of_empty_rows_on_top(speech, empty):
    speech[:empty] //= 20  # 7 at most, under an eighth of some 100
    assert measured("bandwidth", speech) == [empty / 64]


def test_an_empty_row_further_down_is_no_end_of_the_band(speech):
    speech[1:30] = 0
    assert measured("bandwidth", speech) == [0]


@pytest.mark.parametrize(("left", "right"), [(0, 0), (3, 0), (0, 20), (5, 7)])
def test_silence_is_the_share_of_dark_columns_at_either_edge(speech, left, right):
    speech[:, :left] //= 3
    speech[:, 100 - right :] //= 3
    speech[:, 50:55] = 0  # a pause in the middle does not count
    assert measured("silence", speech) == pytest.approx([left / 100, right / 100])


def test_the_noise_floor_is_the_grey_level_of_the_pauses_below_the_end_of_the_band(speech):
    speech[:, 40:60] = 33  # a fifth of the time is pause
    assert measured("noise_floor", speech) == [33]
    speech[:32] = 0
    assert measured("noise_floor", speech) == [33]


def test_the_mean_picture_holds_bands_from_the_top():
    # 64 rows make 32 bands of two rows: 0.5, 2.5, 4.5, ...
    image = np.repeat(np.arange(64)[:, np.newaxis], 10, axis=1)
    assert measured("mean_picture", image) == [2 * band + 0.5 for band in range(BANDS)]


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (300, 200)])
def test_pictures_of_any_size_and_black_ones_can_be_measured(shape):
    measured = measure_confounders(np.zeros(shape, np.uint8))
    assert measured.shape == (MEASURED,)
    for name, part in SLICES.items():
        assert set(measured[part]) == {name in ("bandwidth", "silence")}, name


def row(recording, seconds, **more):
    return {"recording": recording, "duration_s": seconds, **more}


MANIFEST = {
    "a0.png": row("a", "2.0", codec="mp3", level_db="-20.5", speaker="Ann"),
    "a1.png": row("a", "1.5", codec="mp3", level_db="-20.5", speaker="Ann"),
    "b0.png": row("b", "0.5", codec="aac", level_db="-30.0", speaker="Bob"),
}
MEASURES = np.arange(3)[:, np.newaxis] * np.ones(MEASURED)


def test_a_recording_is_the_mean_of_its_clips_and_as_long_as_their_sum():
    names = ["a0.png", "b0.png", "a1.png"]
    table = gather(MEASURES, names, np.array([0, 1, 0]), MANIFEST, names)
    assert table.names.tolist() == ["a", "b"]
    assert table.labels.tolist() == [0, 1]
    assert table.values["brightness"].tolist() == [[1], [1]]  # (0 + 2) / 2 and 1
    assert table.values["mean_picture"].shape == (2, BANDS)
    assert table.values["duration"].tolist() == [[3.5], [0.5]]
    assert table.values["clips"].tolist() == [[2], [1]]
    assert table.values["codec"].tolist() == ["mp3", "aac"]


@pytest.mark.parametrize("text", ["loud", "", "inf", "nan"])
def test_what_is_no_number_is_not_known(text):
    names = ["a0.png", "b0.png"]
    manifest = {**MANIFEST, "b0.png": row("b", "0.5", level_db=text)}
    level = gather(MEASURES[:2], names, np.array([0, 1]), manifest, names).values["level_db"]
    np.testing.assert_array_equal(level, [[-20.5], [np.nan]])


def test_a_sample_of_the_clips_does_not_make_a_recording_shorter():
    table = gather(MEASURES[:1], ["a1.png"], np.array([0]), MANIFEST, list(MANIFEST))
    assert table.values["duration"].tolist() == [[3.5]]
    assert table.values["clips"].tolist() == [[2]]


def test_without_a_manifest_every_picture_stands_for_itself():
    names = ["b.png", "a.png"]
    table = gather(MEASURES[:2], names, np.array([0, 1]), {}, names)
    assert table.names.tolist() == ["a.png", "b.png"]
    assert table.labels.tolist() == [1, 0]
    assert table.values["brightness"].tolist() == [[1], [0]]
    assert set(table.values) == set(SLICES)


def test_a_recording_in_both_classes_is_two():
    names = ["a0.png", "a1.png"]
    table = gather(MEASURES[:2], names, np.array([0, 1]), MANIFEST, names)
    assert (table.names.tolist(), table.labels.tolist()) == (["a", "a"], [0, 1])


def test_every_row_is_whole_and_read_from_one_place():
    names = [row.name for row in CONFOUNDERS]
    assert len(set(names)) == len(names)
    grey = GreyLevels(*(np.arange(1.0, 65) for _ in GreyLevels._fields))
    for row in CONFOUNDERS:
        assert (row.from_pixels is None) != (row.from_manifest is None), row.name
        assert all((row.title, row.phrase, row.meaning, row.advice)), row.name
        assert not any("\n" in words or words.endswith(".") for words in (row.meaning, row.advice))
        if row.from_pixels:
            assert np.atleast_1d(row.from_pixels(grey)).shape == (row.width,), row.name
        if row.range_check:
            assert row.range_check.slack >= 0, row.name
    assert sum(row.width for row in CONFOUNDERS if row.from_pixels) == MEASURED


def test_every_row_reaches_the_table_the_report_and_the_warnings():
    columns = {"sample_rate": "8000", "channels": "1", "bit_rate_kbps": "64", "recording_s": "3"}
    manifest = {name: cells | columns for name, cells in MANIFEST.items()}
    names = list(manifest)
    table = gather(MEASURES, names, np.array([0, 0, 1]), manifest, names)
    assert list(table.values) == [row.name for row in CONFOUNDERS]
    split = SplitAudit(
        (9, 9), (9, 9), "recording", {n: Separability(1, 1, 1) for n in table.values}
    )
    audit = Audit("images", ("real", "fake"), {"train": split}, (), (), (), 0, False)
    for row, warning in zip(CONFOUNDERS, warnings(audit), strict=True):
        assert warning.problem == f"{row.phrase} alone tells real from fake in 100 % of train"
        assert warning.text.endswith(f": {row.meaning}; {row.advice}")
        assert f"\n{row.title} " in text(audit)
