import pytest

from classify.explanations.axis_labels import describe_range, interpolate_ticks

# A mel scale: 2595 log10(1 + f / 700), 0 to 4000 Hz over 100 rows.
MEL = [[100, 0], [71.6, 500], [53.4, 1000], [29.1, 2000], [0, 4000]]


@pytest.mark.parametrize(("row", "hertz"), [(85, 231), (62, 743), (40, 1494), (14, 2900)])
def test_a_mel_scale_is_read_between_its_ticks_well_enough_for_a_sentence(row, hertz):
    # 85 of 100 rows is 0.15 * 2146 mel = 322 mel, which is 700 (10 ** (322 / 2595) - 1) = 231 Hz.
    assert interpolate_ticks(MEL, [row])[0] == pytest.approx(
        hertz, abs=40 if hertz < 500 else 0.04 * hertz
    )


def test_a_scale_ends_at_nothing():
    assert interpolate_ticks([[10, 0], [0, 1000]], [11]).tolist() == [0]


def test_ticks_may_come_in_any_order():
    ticks = [[0, 0], [10, 1], [20, 2]]
    assert (
        interpolate_ticks(ticks[::-1], [5, 15]).tolist()
        == interpolate_ticks(ticks, [5, 15]).tolist()
        == [0.5, 1.5]
    )


def test_an_extent_reaches_to_the_edges_of_its_rows_and_columns():
    axes = {
        "rows": {"unit": "Hz", "ticks": [[8, 0], [0, 8000]]},
        "columns": {"unit": "s", "ticks": [[-0.5, 0], [9.5, 1]]},
    }
    # Row 2 lies around 6000 Hz and is 1000 Hz high; columns are 0.1 s wide.
    assert describe_range(axes, "rows", 2, 2) == "5.5-6.5 kHz"
    assert describe_range(axes, "columns", 3, 4) == "0.30-0.50 s"


@pytest.mark.parametrize("unit", ["coefficient", "pitch class, 0 = C"])
def test_what_is_no_frequency_is_named_by_its_rows(unit):
    axes = {"rows": {"unit": unit, "ticks": [[0, 10], [10, 0]]}}
    assert describe_range(axes, "rows", 2, 5) == "rows 2-5"


def test_a_scale_of_one_tick_says_nothing():
    assert describe_range({"rows": {"unit": "Hz", "ticks": [[0, 10]]}}, "rows", 2, 5) == "rows 2-5"


def test_rows_past_the_end_of_the_axis_are_named_by_their_numbers():
    axes = {"rows": {"unit": "Hz", "ticks": [[8, 0], [0, 8000]], "count": 8}}
    assert describe_range(axes, "rows", 6, 7) == "0.5-2.5 kHz"
    assert describe_range(axes, "rows", 6, 8) == "rows 6-8"
