import pytest

from render.settings import Settings


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"feature": "cepstrum"}, "expected a feature among linear, mel, got cepstrum"),
        ({"rate": 100}, "got 100"),
        ({"hop": 0}, "expected 0 < hop <= window, got 0 and 512"),
        ({"hop": 513}, "got 513 and 512"),
        ({"seconds": 0.01}, r"expected a window of 32 to 160 samples \(one clip\), got 512"),
        ({"overlap": 2.0}, "got 2.0"),
        ({"overlap": -0.1}, "got -0.1"),
        ({"floor": -10.0}, "expected floor < ceiling"),
        ({"trim": 0.0}, "expected a trim above 0 dB, got 0.0"),
        ({"feature": "mel", "bands": 300}, "expected 1 to 256 mel bands, got 300"),
    ],
)
def test_a_value_out_of_range_is_refused_with_what_came(wrong, message):
    with pytest.raises(ValueError, match=message):
        Settings(**wrong)


def test_the_picture_has_one_row_a_bin_and_one_column_a_frame():
    # 32000 samples: (32000 - 512) / 256 = 123 steps, so 124 frames; 257 bins without 0 Hz.
    assert Settings().shape == (256, 124)
    assert Settings(feature="mel").shape == (80, 124)
    assert Settings(seconds=4, hop=128).shape == (256, 497)


def test_the_number_of_mel_bands_binds_nothing_else():
    assert Settings(window=128, hop=64).shape == (64, 499)


def test_equal_settings_are_equal_text():
    assert Settings(seconds=2, floor=-110).to_json() == Settings().to_json()


def test_json_goes_there_and_back():
    settings = Settings(seconds=3, level=None, trim=None, feature="mel")
    assert Settings.from_json(settings.to_json()) == settings


@pytest.mark.parametrize("text", ["[]", '{"colour": 1}', "3"])
def test_json_of_something_else_is_refused(text):
    with pytest.raises(ValueError, match="expected render settings"):
        Settings.from_json(text)
