import csv
import json

import cv2
import numpy as np
import pytest

from classify.audit import confounders, ood
from classify.audit.ood import describe, measure_ranges, ood_warnings
from classify.data.manifest import read
from classify.data.pictures import decode, files


def manifest(images, **columns):
    """Write a manifest in which each picture of the training is a recording."""
    with (images / "manifest.csv").open("w", newline="") as file:
        rows = csv.DictWriter(file, ["path", "recording", *columns])
        rows.writeheader()
        for number, path in enumerate(files(images / "train")):
            name = path.relative_to(images).as_posix()
            values = {column: make(number) for column, make in columns.items()}
            rows.writerow({"path": name, "recording": f"{number}.wav", **values})


@pytest.fixture
def images(make_pictures, tmp_path):
    return make_pictures(tmp_path / "images", splits=("train",), count=50)


def ranges_of(images):
    paths = files(images / "train")
    labels = np.array([path.parent.name == "fake" for path in paths]).astype(int)
    return measure_ranges(images, paths, labels, read(images))


def test_what_98_of_100_recordings_have_is_kept(images):
    manifest(images, recording_s=str, level_db=lambda number: -number, sample_rate=lambda _: 8_000)
    result = ranges_of(images)
    assert json.loads(json.dumps(result)) == result
    # Of 0 to 99, the 1st percentile is 0.99 and the 99th 98.01.
    assert result["recording_s"] == pytest.approx([0.99, 98.01])
    assert result["level_db"] == pytest.approx([-98.01, -0.99])
    assert result["sample_rate"] == [8_000, 8_000]
    means = [decode(path.read_bytes()).image.mean() for path in files(images / "train")]
    assert result["brightness"] == pytest.approx(np.percentile(means, [1, 99]), abs=1e-3)
    assert set(result) == set(ood.CHECKS)


def test_a_recordings_pictures_are_averaged(images):
    manifest(images)
    rows = (images / "manifest.csv").read_text().splitlines()
    (images / "manifest.csv").write_text(
        "\n".join([rows[0], *(f"{row.partition(',')[0]},one.wav" for row in rows[1:])])
    )
    low, high = ranges_of(images)["brightness"]
    means = [decode(path.read_bytes()).image.mean() for path in files(images / "train")]
    # One recording a class: the second is brighter on top by 100, half of the picture.
    assert high - low == pytest.approx(0.98 * (np.mean(means[:50]) - np.mean(means[50:])), abs=0.01)


def test_without_a_manifest_the_pixels_tell(images):
    assert set(ranges_of(images)) == {"bandwidth", "silence", "noise_floor", "brightness"}


def test_what_is_unknown_of_some_does_not_count(images):
    manifest(images, recording_s=lambda number: "?" if number % 2 else 5, level_db=lambda _: "")
    result = ranges_of(images)
    assert result["recording_s"] == [5.0, 5.0]
    assert "level_db" not in result


def test_of_many_pictures_a_sample_is_looked_at(images, monkeypatch):
    manifest(images, recording_s=lambda number: number**2)
    monkeypatch.setattr(ood, "SAMPLE", 3)
    # The pictures 0, 50 and 99: 2 % of the way to 2500, and 98 % of the way from there to 9801.
    assert ranges_of(images)["recording_s"] == pytest.approx([50, 9654.98])


def test_silence_is_the_mean_of_both_edges(images):
    for number, path in enumerate(files(images / "train")):
        image = np.full((32, 32), 200, np.uint8)
        image[:, : number % 10] = 0
        image[:, 30:] = 0
        cv2.imwrite(str(path), image)
    # 0 to 9 columns of 32 at the left, 2 at the right.
    assert ranges_of(images)["silence"] == pytest.approx([1 / 32, 5.5 / 32])


def test_a_recording_is_described_by_the_same_facts():
    image = np.zeros((40, 100), np.uint8)
    image[10:, 10:80] = 200
    result = describe(
        confounders.measure_confounders(image),
        {"sample_rate": 8_000, "codec": "mp3", "level_db": -20.5},
    )
    assert result == {
        "sample_rate": 8_000.0,
        "level_db": -20.5,
        "bandwidth": 0.25,
        "silence": pytest.approx(0.15),  # 10 of 100 columns at the left, 20 at the right
        "noise_floor": 0.0,
        "brightness": 105.0,  # 30 / 40 of the rows, 70 / 100 of the columns, times 200
    }


LIKE = {
    "sample_rate": [16_000.0, 16_000.0],
    "recording_s": [1.0, 4.0],
    "level_db": [-30.0, -15.0],
    "bandwidth": [0.0, 0.1],
    "silence": [0.0, 0.1],
    "noise_floor": [10.0, 50.0],
    "brightness": [60.0, 90.0],
}


@pytest.mark.parametrize(
    ("fact", "value", "message"),
    [
        ("sample_rate", 8_000, "sample rate 8000 Hz, theirs 16000 Hz"),
        ("recording_s", 0.4, "length 0.4 s, theirs 1 to 4 s"),
        ("level_db", -45.04, "level -45 dB, theirs -30 to -15 dB"),
        ("bandwidth", 0.5, "empty rows at the top 50 %, theirs 0 to 10 %"),
        ("silence", 0.3, "silence at the edges of its clips 30 %, theirs 0 to 10 %"),
        ("noise_floor", 1.25, "brightness of its pauses 1.25 of 255, theirs 10 to 50 of 255"),
        ("brightness", 120, "brightness 120 of 255, theirs 60 to 90 of 255"),
    ],
)
def test_what_the_training_has_not_met_is_told(fact, value, message):
    assert ood_warnings(LIKE, {fact: value}) == [f"unlike the training recordings: {message}"]


@pytest.mark.parametrize("fact", LIKE)
def test_what_it_has_met_is_not_told_nor_what_is_a_hair_outside(fact):
    slack = 0.99 * ood.CHECKS[fact].slack
    for value in (LIKE[fact][0] - slack, np.mean(LIKE[fact]), LIKE[fact][1] + slack):
        assert ood_warnings(LIKE, {fact: value}) == []


def test_more_of_what_is_cut_or_resampled_anyway_is_not_told():
    assert ood_warnings(LIKE, {"recording_s": 3_600, "sample_rate": 48_000}) == []


def test_every_check_is_tried_above():
    assert set(LIKE) == set(ood.CHECKS)


def test_what_is_not_known_is_not_compared():
    assert ood_warnings({}, {"sample_rate": 8_000, "brightness": 255}) == []
    assert ood_warnings(LIKE, {}) == []
    assert ood_warnings(LIKE, {"level_db": float("nan")}) == []
