import numpy as np
import pytest

from classify.metrics.false_alarms import false_alarms
from classify.metrics.trials import Trials


def trials(**sources):
    """Real recordings by source, of which so many have a low score, and fakes of each source."""
    rows = [
        (source, label, -1.0 if number < called else 1.0)
        for source, (called, count) in sources.items()
        for label, total in ((0, count), (1, 3))
        for number in range(total)
    ]
    names, labels, llr = zip(*rows, strict=True)
    columns = {"source": np.array(names)}
    return Trials(np.arange(len(rows)).astype(str), np.array(labels), np.array(llr), columns)


def test_the_worst_source_comes_first_and_of_equal_ones_the_larger():
    alarms = false_alarms(trials(radio=(1, 4), phone=(10, 20), studio=(2, 4), quiet=(0, 7)), 0.5)
    assert list(alarms) == ["phone", "studio", "radio", "quiet"]
    assert [its.called_fake for its in alarms.values()] == [10, 2, 1, 0]
    assert [its.n_real for its in alarms.values()] == [20, 4, 4, 7]
    assert alarms["radio"].rate == 0.25


def test_the_interval_is_that_of_clopper_and_pearson():
    # 1 - 0.025^(1/10), and for 5 of 10 the table of Clopper and Pearson.
    alarms = false_alarms(trials(none=(0, 10), half=(5, 10)), 0.5)
    assert alarms["none"].interval == pytest.approx((0, 1 - 0.025 ** (1 / 10)))
    assert alarms["half"].interval == pytest.approx((0.187, 0.813), abs=5e-4)
    json = alarms["half"].to_json()
    assert (json["n_real"], json["called_fake"], json["rate"]) == (10, 5, 0.5)


def test_the_threshold_decides_and_what_has_no_source_is_left_out():
    scored = trials(radio=(1, 4))
    assert false_alarms(scored, 0.2)["radio"].called_fake == 4
    assert not false_alarms(Trials(scored.names, scored.labels, scored.llr), 0.5)
