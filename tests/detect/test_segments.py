"""What stands out of a recording, from scores that are set by hand."""

from pathlib import Path

import numpy as np
import pytest

from classify.prediction.verdicts import probability
from classify.runs.run import Run
from detect.segments import (
    Scores,
    Segment,
    best_stretch,
    find_segments,
    label_with_segments,
    limit,
)


def run(**changes):
    return Run(
        folder=Path(),
        training={},
        classes=("real", "fake"),
        shape=(8, 8),
        prior=0.5,
        fingerprint="",
        **{"uncertain": (0.3, 0.7), "segments": {"threshold": 3.0, "scale": 0.5}, **changes},
    )


def scores(llr, step=1.0, window=2.0):
    llr = np.asarray(llr, float)
    start = step * np.arange(len(llr))
    return Scores(start, llr, window, step, start[-1] + window)


def spliced(start, end, seconds=60, fake=-2.0, real=3.0, noise=0.0, seed=0):
    """Scores of a real recording with a fake stretch: a window counts by what it holds of it."""
    begin = np.arange(seconds - 1)
    share = np.clip(np.minimum(begin + 2, end) - np.maximum(begin, start), 0, None) / 2
    chance = np.random.default_rng(seed).normal(0, noise, len(begin))
    return scores(real + (fake - real) * share + chance)


@pytest.mark.parametrize(("start", "end"), [(0, 4), (10, 12), (20.5, 29.5), (30, 50), (52, 60)])
def test_a_stretch_is_found_where_it_is(start, end):
    (segment,) = find_segments(spliced(start, end), run())
    assert segment.stands_out
    assert (segment.start_s, segment.end_s) == pytest.approx((start, end), abs=0.5)
    assert -2.0 <= segment.llr < 0  # windows that lie there by half count by half
    assert segment.p_fake == pytest.approx(probability(segment.llr))


def test_noise_moves_the_ends_little():
    for seed in range(20):
        (segment,) = find_segments(spliced(20, 30, noise=1.0, seed=seed), run())
        assert (segment.start_s, segment.end_s) == pytest.approx((20, 30), abs=2.0)


def test_what_is_suspicious_throughout_does_not_stand_out():
    # The same contrast on a channel on which all is suspicious, and in one where nothing is.
    assert best_stretch(spliced(20, 30, fake=-6.0, real=-1.0)) is None
    assert best_stretch(spliced(20, 30, fake=1.0, real=6.0)) is None
    assert best_stretch(spliced(20, 30, fake=-2.0, real=3.0)) is not None


def test_a_short_recording_has_too_little_to_stand_out_of():
    assert best_stretch(spliced(8, 12, seconds=20)) is not None
    assert best_stretch(spliced(8, 12, seconds=19)) is None


def test_two_stretches_are_both_found_and_a_long_one_is_one():
    two = scores(np.repeat([3.0, -3.0, 3.0, -3.0, 3.0], [20, 8, 20, 6, 20]))
    segments = find_segments(two, run())
    assert [round(segment.start_s) for segment in segments] == [20, 48]
    long = scores(np.repeat([3.0, -3.0, 3.0], [100, 50, 100]))
    (segment,) = find_segments(long, run())
    assert (segment.start_s, segment.end_s) == pytest.approx((100.5, 150.5), abs=1.0)


def test_pauses_have_no_windows_and_change_nothing():
    whole = spliced(20, 30)
    there = np.r_[0:5, 8:24, 27:59]
    gappy = whole._replace(start=whole.start[there], llr=whole.llr[there])
    (segment,) = find_segments(gappy, run())
    assert (segment.start_s, segment.end_s) == pytest.approx((20, 30), abs=0.5)


def test_windows_that_overlap_more_say_hardly_more():
    def statistic(step):
        llr = np.interp(step * np.arange(round(59 / step)), [19, 20, 28, 29], [3, -2, -2, 3])
        return best_stretch(scores(llr, step)).statistic

    assert statistic(0.25) == pytest.approx(statistic(1.0), rel=0.1)


def test_the_limit_grows_with_the_length():
    calibration = {"threshold": 3.0, "scale": 0.5}
    lengths = (30, 60, 3600)
    limits = [limit(calibration, seconds) for seconds in lengths]
    assert limits == pytest.approx([3 - 0.5 * np.log(2), 3.0, 3 + 0.5 * np.log(60)])


def test_without_calibration_windows_above_the_threshold_are_joined():
    llr = [3, -2, -3, 3, 3, 3, -0.5, 3, 3, -1, -1, 3, -4]  # one a second, of 2 s each
    segments = find_segments(scores(llr), run(segments={}))
    # P(fake) at -0.5 lies in the uncertain band. Windows at 10 s and 12 s touch.
    assert [(one.start_s, one.end_s, one.llr) for one in segments] == [
        (1.0, 4.0, -2.5),
        (9.0, 14.0, -2.0),
    ]
    assert not any(one.stands_out for one in segments)


def test_a_recording_without_suspicious_windows_has_no_segments():
    assert find_segments(scores([2.0] * 40), run()) == ()
    assert find_segments(scores([2.0] * 40), run(segments={})) == ()


def test_a_part_that_stands_out_is_the_verdict_unless_the_whole_is_fake():
    part = Segment(1.0, 5.0, 0.9, -2.2, stands_out=True)
    joined = Segment(1.0, 5.0, 0.9, -2.2)
    assert label_with_segments(0.1, (part,), run()) == "fake in part"
    assert label_with_segments(0.5, (part,), run()) == "fake in part"
    assert label_with_segments(0.9, (part,), run()) == "fake"
    assert label_with_segments(0.1, (joined,), run()) == "real"
    assert label_with_segments(0.5, (), run()) == "uncertain"


def test_the_threshold_decides_what_is_suspicious():
    weak = spliced(20, 30, fake=-1.0)
    assert find_segments(weak, run())[0].stands_out
    assert find_segments(weak, run(threshold=0.9, uncertain=(0.8, 0.95))) == ()
