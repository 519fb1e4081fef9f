import csv
import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from classify.audit import audit as module
from classify.audit.audit import audit, one_line, text, to_json
from classify.audit.findings import SUSPECT, notes, suspect, warnings
from classify.audit.separability import Separability

SPLITS = ("train", "validation", "test")
TWO = ("train", "test")
COUNT = 24  # recordings of a class


def scene(rng):
    """A picture with patches as in speech, 48 x 64 pixels, all of one long-term spectrum."""
    patches = np.kron(rng.normal(110, 30, (12, 16)), np.ones((4, 4)))
    return patches + rng.normal(0, 4, patches.shape)


class Dataset:
    """Pictures with a manifest, in which nothing gives the class away until it is planted."""

    def __init__(self, folder, splits=SPLITS, count=COUNT, clips=2, seed=0):
        self.folder, self.rows, self.images = folder, {}, {}
        rng = np.random.default_rng(seed)
        for split in splits:
            for label in ("real", "fake"):
                for number in range(count):
                    for clip in range(clips):
                        name = f"{split}/{label}/{number:03d}-{clip}.png"
                        self.images[name] = scene(rng)
                        self.rows[name] = {
                            "path": name,
                            "recording": f"{split}-{label}-{number}.wav",
                            "duration_s": str(round(rng.uniform(1, 2), 3)),
                            "sample_rate": rng.choice(["16000", "44100"]),
                            "codec": rng.choice(["mp3", "WAV/PCM_16"]),
                            "level_db": str(round(rng.normal(-25, 4), 1)),
                            "speaker": f"{split}{number % 12}",
                            "generator": "-" if label == "real" else f"{split}-{number % 4}",
                        }

    def change(self, call, label="fake", split=""):
        """Change the pictures of a class, and perhaps of one split, by name."""
        for name in self.images:
            if f"/{label}/" in name and name.startswith(split):
                call(name)
        return self

    def write(self, manifest=True):
        for name, image in self.images.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            grey = np.clip(image, 0, 255).round().astype(np.uint8)
            cv2.imwrite(str(self.folder / name), grey)
        if manifest:
            with (self.folder / "manifest.csv").open("w", newline="") as file:
                writer = csv.DictWriter(file, list(next(iter(self.rows.values()))))
                writer.writeheader()
                writer.writerows(self.rows.values())
        return self.folder


@pytest.fixture
def dataset(tmp_path):
    """Give one of two splits, enough for most."""
    return Dataset(tmp_path / "images", splits=TWO)


@pytest.fixture
def small(tmp_path):
    """Give one of too few recordings to judge facts, which is quicker."""
    return Dataset(tmp_path / "images", count=8)


def audit_two(folder):
    return audit(folder, TWO)


def texts(folder, splits=TWO):
    return [warning.text for warning in warnings(audit(folder, splits))]


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """Give a clean dataset and its audit."""
    folder = Dataset(tmp_path_factory.mktemp("clean") / "images").write()
    return folder, audit(folder)


@pytest.mark.slow
def test_a_clean_dataset_is_met_with_silence(clean):
    _, result = clean
    assert warnings(result) == []
    assert notes(result) == []
    assert "nothing found: no fact alone tells the classes apart" in text(result)
    assert (
        one_line(result) == "train: audit: nothing a trivial fact tells apart; see spoofsight audit"
    )


def low_pass(dataset):
    def plant(name):
        dataset.images[name][:12] = 0

    return plant


def cell(dataset, column, value):
    def plant(name):
        dataset.rows[name][column] = value

    return plant


def brighten(dataset):
    def plant(name):
        dataset.images[name] += 25

    return plant


def silence(dataset):
    def plant(name):
        dataset.images[name][:, :4] = 20

    return plant


def hiss(dataset):
    def plant(name):
        dataset.images[name] = np.maximum(dataset.images[name], 95)

    return plant


def several(*plants):
    """Plant several shortcuts at once."""
    return lambda dataset: lambda name: [plant(dataset)(name) for plant in plants]


def column(name, value):
    return lambda dataset: cell(dataset, name, value)


# Brightening moves the noise floor as well, and silence the brightness: not in two splits at once.
@pytest.mark.slow
@pytest.mark.parametrize(
    "planted",
    [
        {
            "train": (low_pass, ["bandwidth (empty rows at the top)"]),
            "test": (hiss, ["the noise floor"]),
        },
        {
            "train": (silence, ["silence at the edges"]),
            "test": (
                several(column("duration_s", "0.6"), column("codec", "aac")),
                ["duration", "the codec of the file"],
            ),
        },
        {
            "train": (
                several(column("level_db", "-3.0"), column("sample_rate", "22050")),
                ["the level of the recording", "the sample rate of the file"],
            ),
            "test": (brighten, ["mean brightness (loudness)"]),
        },
    ],
    ids=["band", "silence", "brightness"],
)
def test_a_planted_shortcut_is_found_and_named_where_it_is(dataset, planted):
    for split, (plant, _) in planted.items():
        dataset.change(plant(dataset), split=split)
    by_phrase = {w.text.split(" alone")[0]: w for w in warnings(audit_two(dataset.write()))}
    for split, (_, phrases) in planted.items():
        for phrase in phrases:
            warning = by_phrase[phrase]
            assert warning.problem == f"{phrase} alone tells real from fake in 100 % of {split}"
            assert warning.text.startswith(f"{warning.problem} (95 % interval 9")


def test_a_shortcut_in_several_splits_is_one_line(dataset):
    (line,) = texts(dataset.change(cell(dataset, "codec", "aac")).write())
    assert line.count("100 % of") == 2
    assert "\n" not in line


def test_the_strongest_fact_comes_first(dataset):
    dataset.change(cell(dataset, "sample_rate", "22050"))
    dataset.change(
        lambda name: cell(dataset, "codec", "mp3" if name[-9:-6] < "003" else "aac")(name)
    )
    first, second = texts(dataset.write())
    assert first.startswith("the sample rate of the file alone tells real from fake in 100 % of")
    assert second.startswith("the codec of the file alone")


def test_fakes_neither_short_nor_long_are_found(dataset):
    for name, row in dataset.rows.items():
        short_or_long = "0.5" if int(name[-9:-6]) % 2 else "1.9"
        row["duration_s"] = "1.2" if "/fake/" in name else short_or_long
    assert texts(dataset.write())[0].startswith("duration alone tells real from fake in 100 % of")


def test_clips_of_a_recording_are_one_and_not_several_witnesses(tmp_path):
    # 240 pictures, but of 4 recordings a class: nothing can be said.
    data = Dataset(tmp_path / "images", count=4, clips=60, splits=("train",))
    result = audit(data.change(brighten(data)).write(), ["train"])
    assert result.splits["train"].separability == {}
    assert notes(result) == [
        "train: facts are not judged, for a class has fewer than 20 recordings"
    ]
    assert one_line(result).startswith("train: audit: too few recordings to judge facts")
    assert "balanced accuracy" not in text(result)
    assert "\nnothing stands on two sides, but facts were not judged\n" in text(result)


@pytest.mark.parametrize(
    ("accuracy", "low", "expected"),
    [(0.9, 0.8, True), (0.71, 0.66, True), (0.71, 0.64, False), (0.69, 0.68, False)],
)
def test_a_fact_is_suspect_above_70_percent_and_surely_above_65(accuracy, low, expected):
    assert SUSPECT == 0.7
    assert suspect(Separability(accuracy, low, 1.0)) is expected


def test_speakers_are_kept_together_where_there_are_enough(clean):
    # 12 speakers a split, each in both classes.
    assert clean[1].splits["train"].grouped_by == "speaker"


def test_without_speakers_a_recording_is_kept_together(dataset):
    for row in dataset.rows.values():
        row["speaker"] = "Ann"
    assert audit_two(dataset.write()).splits["train"].grouped_by == "recording"


def test_a_dataset_of_folders_alone(dataset):
    folder = dataset.change(low_pass(dataset)).write(manifest=False)
    for split in TWO:
        (folder / split / "real").rename(folder / split / "Cats")
        (folder / split / "fake").rename(folder / split / "dogs")
    result = audit_two(folder)
    assert result.classes == ("Cats", "dogs")
    assert result.splits["train"].grouped_by == "picture"
    assert result.splits["train"].recordings == (48, 48)
    assert "bandwidth (empty rows at the top) alone tells Cats from dogs in 100 % of" in text(
        result
    )
    assert "codec" not in result.splits["train"].separability


def test_an_exact_copy_across_splits(small):
    small.images["test/real/003-1.png"] = small.images["train/real/007-0.png"]
    (line,) = texts(small.write(), SPLITS)
    assert line.startswith(
        "1 picture of test is an exact copy of a picture of train, such as test/real/003-1.png and "
        "train/real/007-0.png: "
    )


@pytest.mark.parametrize(
    "change", [lambda p, rng: p + rng.normal(0, 6, p.shape), lambda p, _: p + 20]
)
def test_nearly_the_same_across_splits(small, change):
    rng = np.random.default_rng(7)
    small.images["validation/fake/003-1.png"] = change(small.images["train/real/007-0.png"], rng)
    (line,) = texts(small.write(), SPLITS)
    assert line.startswith(
        "1 picture of validation shows nearly the same sound as a picture of train, such as "
        "validation/fake/003-1.png and train/real/007-0.png: "
    )


def test_the_same_picture_under_two_classes(small):
    small.images["train/fake/003-1.png"] = small.images["train/real/007-0.png"]
    (line,) = texts(small.write(), SPLITS)
    assert line.startswith(
        "2 pictures are the same but for their class, such as train/real/007-0.png and "
        "train/fake/003-1.png: one of the labels is wrong"
    )


def test_pixels_count_and_not_the_file(small):
    folder = small.write()
    image = cv2.imread(str(folder / "train/real/000-0.png"), cv2.IMREAD_GRAYSCALE)
    how = [cv2.IMWRITE_PNG_COMPRESSION, 9]
    cv2.imwrite(str(folder / "test/real/000-0.png"), np.repeat(image[..., np.newaxis], 3, 2), how)
    assert "an exact copy" in texts(folder)[0]


def test_a_recording_on_two_sides(small):
    small.rows["test/real/003-1.png"]["recording"] = "train-real-5.wav"
    (line,) = texts(small.write(), SPLITS)
    assert line.startswith("1 recording stands in train and in test, such as train-real-5.wav: ")


def test_several_copies_are_spoken_of_as_several(small):
    for number in (3, 4):
        small.images[f"test/real/00{number}-1.png"] = small.images["train/real/007-0.png"]
        small.images[f"test/fake/00{number}-1.png"] = small.images["train/fake/007-0.png"] + 9
        for clip in range(2):
            small.rows[f"test/real/00{number}-{clip}.png"]["recording"] = f"train-real-{number}.wav"
    exact, near, recordings = texts(small.write(), SPLITS)
    assert exact.startswith("2 pictures of test are exact copies of pictures of train, such as")
    assert near.startswith("2 pictures of test show nearly the same sound as pictures of train, ")
    assert recordings.startswith("2 recordings stand in train and in test, such as train-real-3")


def test_speakers_and_generators_on_two_sides_are_noted(dataset):
    # In test, 12 of 48 recordings are by two speakers of train, and 6 of 24 fakes by its generator.
    for number in range(COUNT):
        for label in ("real", "fake"):
            for clip in range(2):
                row = dataset.rows[f"test/{label}/{number:03d}-{clip}.png"]
                if number % 12 in (0, 1):
                    row["speaker"] = f"train{number % 12}"
                if row["generator"] == "test-0":
                    row["generator"] = "train-0"
    result = audit_two(dataset.write())
    assert warnings(result) == []
    speakers, generators = notes(result)
    assert speakers.startswith(
        "test: 2 of 12 speakers stand in train too, with 17 % of its recordings; "
    )
    assert generators.startswith(
        "test: 1 of 4 generators stand in train too, with 25 % of its recordings of fake; "
    )


def test_voices_that_training_does_not_know_are_not_noted(small):
    for label in ("real", "fake"):
        small.rows[f"test/{label}/000-0.png"]["speaker"] = "validation0"
    assert [line for line in notes(audit(small.write())) if "speaker" in line] == []


def test_what_names_nobody_is_shared_by_nobody(small):
    for name, row in small.rows.items():
        row["speaker"] = "-"
        row["generator"] = "bonafide" if "/real/" in name else ""
    lines = notes(audit(small.write()))
    assert [line for line in lines if "not judged" not in line] == []


def test_lopsided_and_missing_classes_and_splits(tmp_path):
    dataset = Dataset(tmp_path / "images")
    names = list(dataset.images)
    for name in names:
        number = int(name[-9:-6])
        lopsided = name.startswith("train/fake") and number >= 5  # 48 to 10
        if lopsided or name.startswith(("validation/real", "test/")):
            del dataset.images[name], dataset.rows[name]
    result = audit(dataset.write())
    lines = [warning.text for warning in warnings(result)]
    assert [line.split(":")[0] for line in lines] == [
        "there is no test split",
        "train has 48 pictures of real and 10 of fake",
        "validation has no pictures of real",
    ]
    assert "always saying real would be right in 83 %" in lines[1]  # 48 / 58
    assert result.splits["validation"].separability == {}


def test_four_to_one_is_still_accepted(dataset):
    for name in list(dataset.images):
        if name.startswith("train/fake") and int(name[-9:-6]) >= 6:  # 48 to 12
            del dataset.images[name], dataset.rows[name]
    assert texts(dataset.write()) == []


def test_unreadable_pictures_are_named_and_left_out(small, capsys):
    folder = small.write()
    (folder / "train/real/000-0.png").write_text("no picture")
    result = audit(folder)
    assert result.left_out == 1
    assert warnings(result) == []
    line = "000-0.png: expected a picture, got something else"
    assert [texts for texts in capsys.readouterr().err.splitlines() if texts.endswith(line)]
    assert audit(folder, quick=True).left_out == 1
    assert line not in capsys.readouterr().err


def test_the_quick_audit_looks_at_a_sample_of_what_training_sees(tmp_path, monkeypatch):
    dataset = Dataset(tmp_path / "images")
    monkeypatch.setattr(module, "_SAMPLE", 50)
    dataset.change(cell(dataset, "codec", "aac"), split="train")
    dataset.images["validation/fake/000-0.png"] = dataset.images["train/real/000-0.png"] + 3
    looked = []
    scan = module.scan
    monkeypatch.setattr(
        module,
        "scan",
        lambda *of, signed: (
            looked.append((of[1], len(of[2]), of[3].sum(), signed)) or scan(*of, signed=signed)
        ),
    )
    result = audit(dataset.write(), quick=True)
    assert looked == [("train", 50, 25, False), ("validation", 50, 25, False)]
    assert result.splits["train"].pictures == (48, 48)  # counted, though not looked at
    assert one_line(result) == (
        "train: audit: the codec of the file alone tells real from fake in 100 % of train; "
        "see spoofsight audit"
    )


def test_one_line_counts_what_else_was_found(dataset):
    result = audit_two(dataset.change(cell(dataset, "codec", "aac")).write())
    two, three = replace(result, missing=("x",)), replace(result, missing=("x", "y"))
    assert "of test (and one more warning); see" in one_line(two)
    assert "of test (and 2 more warnings); see" in one_line(three)


def test_the_table_marks_what_is_too_good(dataset):
    dataset.change(cell(dataset, "codec", "aac"), split="train")
    for row in dataset.rows.values():
        row["sample_rate"] = "16000"
    lines = {
        line[:20].strip(): line[20:].split("  ")
        for line in text(audit_two(dataset.write())).splitlines()
    }
    assert [cell.strip() for cell in lines["codec"] if cell][0] == "100 (93-100)!"
    assert [cell.strip() for cell in lines["sample rate"] if cell] == 2 * ["all alike"]
    assert [cell.strip() for cell in lines["real recordings"] if cell] == 2 * ["24"]
    assert [cell.strip() for cell in lines["never in two folds"] if cell] == 2 * ["speaker"]


def test_json_holds_the_figures_and_the_words(dataset):
    dataset.images["test/real/003-1.png"] = dataset.images["train/real/007-0.png"]
    result = audit_two(dataset.change(cell(dataset, "codec", "aac"), split="train").write())
    plain = json.loads(json.dumps(to_json(result), allow_nan=False))
    assert plain["splits"]["train"]["separability"]["codec"]["accuracy"] == 1
    assert plain["splits"]["train"]["pictures"] == [48, 48]
    assert plain["copies"][0]["examples"] == [["test/real/003-1.png", "train/real/007-0.png"]]
    assert plain["warnings"] == [warning.text for warning in warnings(result)]
    assert len(plain["warnings"]) == 2


@pytest.mark.slow
def test_the_same_dataset_gives_the_same_audit(clean):
    folder, result = clean
    assert audit(folder) == result


@pytest.mark.parametrize(
    ("folders", "got"), [([], "none"), (["train/real"], "real"), (["a/x", "b/y"], "none")]
)
def test_what_is_no_dataset_of_two_classes_is_refused(tmp_path, folders, got):
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
    with pytest.raises(ValueError, match=f"expected two class folders in train, .*, got {got}$"):
        audit(tmp_path)


def test_a_dataset_without_a_readable_picture_is_refused(tmp_path):
    for label in ("real", "fake"):
        (tmp_path / "train" / label).mkdir(parents=True)
    with pytest.raises(ValueError, match="expected pictures in .*, got none that can be read"):
        audit(tmp_path)
