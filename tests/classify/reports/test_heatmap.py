from dataclasses import replace

from matplotlib import colors

from classify.metrics.breakdown import Cell
from classify.metrics.robustness import ConditionReport, RobustnessReport
from classify.reports import heatmap


def cell(eer, change=0.0, n=9, **more):
    return Cell(n, n, {"eer": eer, "change": change, "hter": eer}, **more)


def condition(group, title, eer, change=0.0, by=None, n=30, interval=(0.0, 0.0), hter=0.2):
    ends = {"eer": (eer, eer), "change": interval}
    pooled = Cell(n, n, {"eer": eer, "change": change, "hter": hter}, ends)
    mean = {"values": 2, "eer": 0.2, "change": 0.05} if by else {}
    return ConditionReport(group, title, pooled, by or {}, mean)


def sweep(**conditions):
    return RobustnessReport(
        source="audio",
        recordings=60,
        refused=0,
        column="source",
        conditions=conditions,
        bootstrap_unit="speaker",
    )


BY = {"small": cell(0.1), "wide": cell(0.3, n=20), "few": cell(0.2, n=4)}
NOISY = {"small": cell(0.25, 0.15), "wide": Cell(0, 9), "few": cell(0.5, n=4)}
CLEAN = condition("", "clean", 0.2, by=BY)
HISS = condition("noise", "hiss", 0.15, -0.05, BY, interval=(-0.1, 0.01), hter=0.5)
GSM = condition("codec", "GSM", 0.2, by=BY, n=10)
SWEEP = sweep(
    clean=CLEAN,
    noise=condition("noise", "noise, 5 dB", 0.35, 0.15, NOISY, interval=(0.1, 0.2)),
    hiss=HISS,
    gsm=GSM,
)
BARE = sweep(clean=condition("", "clean", 0.2))


def test_columns_are_the_values_with_enough_recordings_largest_first():
    assert heatmap.columns(SWEEP) == ["all", "mean", "wide", "small"]
    assert heatmap.columns(BARE) == ["all"]
    many = {f"v{n:02d}": cell(0.1) for n in range(30)}
    wide = sweep(clean=condition("", "clean", 0.2, by=many))
    assert heatmap.columns(wide)[2:] == [f"v{n:02d}" for n in range(heatmap.MOST)]
    assert heatmap.left_out(wide) == 30 - heatmap.MOST
    assert heatmap.left_out(SWEEP) == heatmap.left_out(BARE) == 0


def test_rows_are_the_conditions_in_their_groups():
    rows = heatmap.rows(SWEEP)
    assert [row.title for row in rows] == ["clean", "noise, 5 dB", "hiss", "GSM"]
    assert [row.first for row in rows] == [True, True, False, True]
    assert [row.recordings for row in rows] == [60, 60, 60, 20]
    everything, mean, big, small = rows[1].cells
    assert (everything.eer, everything.change) == (0.35, 0.15)
    assert (mean.eer, mean.change) == (0.2, 0.05)
    assert big is None
    assert (small.eer, small.change) == (0.25, 0.15)


def test_values_that_are_called_as_the_first_columns_are_themselves():
    by = {"all": cell(0.4), "mean": cell(0.3)}
    one = sweep(clean=condition("", "clean", 0.2, by=by))
    assert heatmap.columns(one) == ["all", "mean", "all", "mean"]
    assert [each.eer for each in heatmap.rows(one)[0].cells] == [0.2, 0.2, 0.4, 0.3]


def luminance(colour):
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_the_darker_the_worse_and_every_number_can_be_read():
    papers = []
    for permille in range(0, 501, 5):
        paper, ink = (luminance(colors.to_rgb(c)) for c in heatmap.colours(permille / 1000))
        light, dark = max(paper, ink), min(paper, ink)
        assert (light + 0.05) / (dark + 0.05) >= 4.5  # WCAG 2.2, level AA
        papers.append(paper)
    assert all(after <= before for before, after in zip(papers, papers[1:], strict=False))
    assert papers[0] > 0.9
    assert papers[-1] < 0.15
    assert heatmap.colours(1.0) == heatmap.colours(0.5)


def test_the_legend_goes_from_none_to_guessing():
    assert [each.eer for each in heatmap.scale()] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert len({each.paper for each in heatmap.scale()}) == 6


def test_the_worst_is_said_in_words():
    assert heatmap.sentence(SWEEP) == (
        "The EER of the recordings as they are is 20.0 %; it rises most with noise, 5 dB, by "
        "+15.0 points (95 % interval +10.0 to +20.0) to 35.0 %. In 1 of 3 conditions the interval "
        "of the change is above 0. The stored threshold errs most with hiss: HTER 50.0 %, where "
        "clean has 20.0 %."
    )


def test_without_intervals_nothing_is_sure():
    bare = {
        name: replace(one, pooled=replace(one.pooled, interval={}))
        for name, one in SWEEP.conditions.items()
    }
    assert "above 0" not in heatmap.sentence(sweep(**bare))
    assert "by +15.0 points to 35.0 %" in heatmap.sentence(sweep(**bare))


def test_where_nothing_is_worse_it_is_said():
    sentence = heatmap.sentence(sweep(clean=CLEAN, hiss=HISS, gsm=GSM))
    assert "20.0 %; it rises with none of 2 conditions. In 0 of 2" in sentence


def test_with_nothing_to_compare_there_is_no_sentence():
    silent = sweep(clean=CLEAN, silent=ConditionReport("", "x", Cell(0, 0)))
    assert heatmap.sentence(BARE) == heatmap.sentence(silent) == ""
    assert heatmap.rows(silent)[-1].cells[0] is None
