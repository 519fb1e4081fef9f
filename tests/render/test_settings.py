import json
import math

import pytest

from render.settings import Settings


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"feature": "cepstrum"}, "expected a feature among linear, mel, log, .*, got cepstrum"),
        ({"rate": 100}, "got 100"),
        ({"rate": 16_000.0}, "expected a whole number for rate, got 16000.0"),
        ({"bands": "80"}, "expected a whole number for bands, got '80'"),
        ({"coefficients": True}, "expected a whole number for coefficients, got True"),
        ({"hop": -1}, "expected 0 < hop <= window, got -1 and 256"),
        ({"hop": 257}, "got 257 and 256"),
        ({"seconds": 0.0}, "expected clips longer than 0 s, got 0.0"),
        ({"seconds": 0.01}, r"expected a window of 32 to 160 samples \(one clip\), got 256"),
        ({"seconds": None}, "expected a finite number for seconds, got None"),
        ({"overlap": 2.0}, "got 2.0"),
        ({"overlap": -0.1}, "got -0.1"),
        ({"floor": -10.0}, "expected -300 <= floor < ceiling <= 300 dB, got -10.0 and -10.0"),
        ({"floor": -301.0}, "got -301.0 and -10.0"),
        ({"ceiling": math.inf}, "expected a finite number for ceiling, got inf"),
        ({"level": math.nan}, "expected a finite number for level, got nan"),
        ({"relative": 1}, "expected relative to be true or false, got 1"),
        ({"trim": 0.0}, "expected a trim above 0 dB, got 0.0"),
        ({"cepstrum_range": 0.0}, "expected a cepstrum-range above 0 dB, got 0.0"),
        ({"delay_range": -1.0}, "expected a delay-range above 0 ms, got -1.0"),
        ({"comb_range": 0.0}, "expected a comb-range above 0 dB, got 0.0"),
        ({"feature": "mel", "bands": 300}, r"expected 1 to 256 bands \(half a window\), got 300"),
        ({"feature": "lfcc", "bands": 0}, "got 0"),
        ({"feature": "mfcc", "coefficients": 81}, r"expected 1 to 80 .* \(one a band\), got 81"),
        ({"feature": "stack", "coefficients": 0}, "expected 1 to 80 coefficients .*, got 0"),
        ({"feature": "mfcc", "seconds": 0.15}, "expected clips of 9 frames or more .*, got 8"),
        ({"feature": "log", "bins": 0}, "expected 1 to 192 bins an octave, got 0"),
        ({"feature": "log", "lowest": 0.0}, "expected a lowest frequency of 1 to 4000 Hz"),
        ({"feature": "cqt", "lowest": 4_001.0}, "expected a lowest frequency .*, got 4001"),
        # 1 / (2^(1/24) - 1) = 34.1 periods of 62.5 Hz are 0.546 s.
        ({"feature": "cqt", "seconds": 0.5}, "wavelet .* to fit into a clip of 0.5 s, got 0.546 s"),
    ],
)
def test_a_value_out_of_range_is_refused_with_what_came(wrong, message):
    with pytest.raises(ValueError, match=message) as caught:
        Settings(**wrong)
    assert "\n" not in str(caught.value)


def test_a_wavelet_fits_into_a_clip_that_is_a_little_longer():
    assert Settings(feature="cqt", seconds=0.55).columns == 33


# 32000 samples: (32000 - 512) / 256 = 123 steps, so 124 frames; 257 bins without 0 Hz. For linear
# (32000 - 256) / 128 = 248 steps and 129 bins.
# 62.5 to 8000 Hz are 7 octaves of 24 rows. Three blocks of 20 coefficients; 80 + 60 + 12 rows.
@pytest.mark.parametrize(
    ("feature", "shape"),
    [
        ("linear", (128, 249)),
        ("mel", (80, 124)),
        ("log", (168, 124)),
        ("cqt", (168, 124)),
        ("lfcc", (60, 124)),
        ("mfcc", (60, 124)),
        ("chroma", (12, 124)),
        ("group-delay", (256, 124)),
        ("stack", (152, 124)),
        ("comb", (32, 249)),
        ("linear-comb", (160, 249)),
    ],
)
def test_every_representation_has_its_rows_and_columns(feature, shape):
    assert Settings(feature=feature).shape == shape


def test_a_frame_that_is_given_holds_for_any_representation():
    assert Settings(window=512, hop=256).shape == (256 + 32, 124)
    assert Settings(window=512).shape == (256 + 32, 247)  # (32000 - 512) / 128 = 246
    assert json.loads(Settings().to_json())["window"] == 256


def test_the_picture_has_one_row_a_bin_and_one_column_a_frame():
    assert Settings(feature="linear", seconds=4, hop=64).shape == (128, 997)
    assert Settings(feature="mfcc", coefficients=13).shape == (39, 124)


def test_the_top_row_of_an_octave_scale_leaves_room_for_its_band():
    # 11025 Hz is 7.46 octaves above 62.5 Hz, 179.1 steps of a 24th; 48000 Hz / 2, 8.58 or 206.0.
    assert Settings(feature="log", rate=22_050).shape[0] == 179
    assert Settings(feature="log", rate=48_000).shape[0] == 206


def test_no_row_of_a_whole_number_is_lost_to_rounding():
    for rows in range(24, 169):
        assert Settings(feature="log", lowest=8_000 * 2 ** (-rows / 24)).shape[0] == rows


@pytest.mark.parametrize(
    "feature", ["linear", "group-delay", "chroma", "log", "cqt", "comb", "linear-comb"]
)
def test_a_field_that_is_not_used_binds_nothing(feature):
    settings = Settings(feature=feature, window=128, hop=64, bands=80, coefficients=100)
    assert settings.columns == 499


def test_the_lowest_frequency_binds_no_linear_picture():
    assert Settings(lowest=8_000, bins=999, seconds=0.1).columns == 11


def test_equal_settings_are_equal_text():
    assert Settings(seconds=2, floor=-110, lowest=125 / 2).to_json() == Settings().to_json()


def test_json_from_before_a_field_existed_means_its_default():
    assert Settings.from_json('{"format": 1, "feature": "mel", "version": 3}') == Settings(
        feature="mel"
    )


@pytest.mark.parametrize("text", ["[]", '{"colour": 1}', "3"])
def test_json_of_something_else_is_refused(text):
    with pytest.raises(ValueError, match="expected render settings"):
        Settings.from_json(text)


@pytest.mark.parametrize("value", ['"rate": null', '"floor": "x"', '"seconds": NaN'])
def test_json_with_values_of_another_kind_is_refused(value):
    with pytest.raises(ValueError, match="expected a"):
        Settings.from_json(f'{{"format": 1, {value}}}')


@pytest.mark.parametrize(("text", "number"), [("{}", None), ('{"format": 0}', 0)])
def test_json_of_another_format_is_refused_with_the_command_that_helps(text, number):
    message = f"format 1, got format {number}: draw the pictures anew with spoofsight render"
    with pytest.raises(ValueError, match=message):
        Settings.from_json(text)
