"""The cost of an adaptation is counted on sources that did not hold it."""

import numpy as np

from benchmarks.adapt_strength import judge, main
from benchmarks.support.command import ROOT
from classify.training.adaptation import Sample


def test_a_move_is_judged_by_recordings_it_was_not_fitted_on():
    # Eight sources of fakes, each with a direction of its own; the new recordings lie in all.
    fakes = np.repeat(np.arange(8), 3)
    values = np.concatenate([10 * np.eye(8)[fakes], np.ones((24, 8))])
    labels = np.repeat([1, 0], 24)
    groups = np.concatenate([np.char.add("page", fakes.astype(str)), np.full(24, "phone")])
    reals = Sample(np.zeros((8, 8)), np.full(8, 5.0), np.zeros(8, int), np.unique(groups)[:8])
    llr = np.where(labels == 1, -0.1, -0.5)
    sample = Sample(
        np.concatenate([values, reals.values]),
        np.concatenate([llr, reals.llr]),
        np.concatenate([labels, reals.labels]),
        np.concatenate([groups, reals.groups]),
    )
    before, after, cost = judge(sample, "phone", 0.1)
    assert (before, after) == (1.0, 0.0)
    assert cost > 0.9
    # New recordings that are each wrong in a direction of their own gain nothing from others.
    alone = np.concatenate([np.zeros((24, 24)), np.eye(24), np.zeros((8, 24))])
    _, after, cost = judge(Sample(alone, sample.llr, sample.labels, sample.groups), "phone", 0.1)
    assert cost == 0.0
    assert after == 1.0


def test_a_run_that_left_no_source_out_is_refused(capsys):
    run = ROOT / "checkpoints/pretrained"
    assert main([str(run)]) == 2
    assert capsys.readouterr().err == (
        "bench adapt_strength: expected a run that left sources out, got a refit on all of them: "
        f"{run}\n"
    )
