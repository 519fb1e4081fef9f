"""The sentences, on scores whose metrics are known.

Scores llr of N(s^2 / 2, s^2) for real and N(-s^2 / 2, s^2) for fake are log-likelihood ratios of
each other, so calibrated, with the EER Phi(-s / 2) (van Leeuwen and Brümmer, "The distribution of
calibrated likelihood-ratios in speaker recognition", 2013).
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from classify.metrics.bootstrap import rule_of_three
from classify.metrics.breakdown import Cell
from classify.metrics.report import EvaluationReport, judge_unit
from classify.metrics.trials import Trials, overconfidence
from classify.reports.summary import assess

CLASSES = ("real", "fake")


def calibrated(s, n=1000):
    """Quantiles of the scores of n real and n fake recordings."""
    quantiles = s * norm.ppf((np.arange(n) + 0.5) / n)
    return quantiles + s**2 / 2, quantiles - s**2 / 2


def scored(real, fake):
    llr = np.concatenate([real, fake])
    labels = np.repeat([0, 1], [len(real), len(fake)])
    return Trials(np.arange(len(llr)).astype(str), labels, llr)


def assessed(real, fake, unit="recording", split="test", classes=CLASSES, interval=None, by=None):
    trials = scored(np.asarray(real, float), np.asarray(fake, float))
    part = judge_unit(trials, trials.names, 0.5, (0.3, 0.7), resamples=0)
    return assess(
        EvaluationReport(
            split=split,
            classes=classes,
            threshold=0.5,
            uncertain=(0.3, 0.7),
            units={unit: replace(part, interval=interval or {})},
            bootstrap_unit="speaker",
            resamples=0,
            by=by or {},
        )
    )


def interval(**ends):
    return {"interval": ends}


CASES = {
    "good": {"real": calibrated(4)[0], "fake": calibrated(4)[1]},
    "useless": {"real": calibrated(0.1)[0], "fake": calibrated(0.1)[1], **interval(eer=[0.4, 0.6])},
    "reversed": {"real": calibrated(4)[1], "fake": calibrated(4)[0], **interval(eer=[0.9, 0.99])},
    "only fake": {"real": [], "fake": calibrated(4)[1]},
    "only real": {"real": calibrated(4)[0], "fake": []},
    "tiny": {"real": [3, 1], "fake": [-1, 0.5]},
    "one score": {"real": [1, 1], "fake": [1, 1]},
    "overconfident": {"real": 5 * calibrated(2)[0], "fake": 5 * calibrated(2)[1]},
}


def test_the_limits_are_always_told():
    for case in CASES.values():
        text = assessed(**case)
        assert "All metrics hold for data like this split only" in text
        assert "EER is an oracle metric" in text
        assert "nan" not in text
        assert "\n" not in text


def test_the_separation_is_graded_by_the_eer():
    grades = {
        6: "almost without error",
        4: "well",
        3: "fairly well",
        1.5: "only roughly",
        0.8: "poorly",
    }
    for s, words in grades.items():
        text = assessed(*calibrated(s))
        assert text.startswith("On the 1,000 real and 1,000 fake recordings of the test split, ")
        assert f"scores separate fake from real {words}:" in text
        assert f"(EER) is {100 * norm.cdf(-s / 2):.1f} %," in text


def test_what_cannot_be_told_from_guessing_is_called_so():
    text = assessed(**CASES["useless"])
    assert "cannot be told from guessing: its EER is 48.0 % (95 % interval 40.0 to 60.0 %)" in text
    assert "separate" not in text
    # The same EER is poor, and no more than that, where the data suffice to tell it from 50 %.
    firm = {**CASES["useless"], **interval(eer=[0.47, 0.49])}
    assert "separate fake from real poorly" in assessed(**firm)


def test_reversed_scores_are_not_called_guessing():
    text = assessed(**CASES["reversed"])
    assert "the wrong way round: real recordings look more fake to it than fake ones" in text
    assert "swapped labels are the likeliest cause" in text
    assert "guessing:" not in text


@pytest.mark.parametrize(("name", "only"), [("only fake", "fake"), ("only real", "real")])
def test_one_class_says_nothing_of_the_separation(name, only):
    text = assessed(**CASES[name])
    assert text.startswith(f"All 1,000 recordings of the test split are {only}, so nothing can")
    assert f"one that calls everything {only} would look perfect here" in text
    assert "calibrated" not in text
    # Phi(-2) = 2.3 % are on the wrong side of 0.
    other = "real" if only == "fake" else "fake"
    assert f"it calls 2 of 100 {only} recordings {other}." in text


def test_scores_that_are_all_alike_rank_nothing():
    assert "gives too few different scores" in assessed(**CASES["one score"])


def test_errors_are_told_of_each_class():
    real, fake = np.repeat([2.0, -1.5, 1.0], [88, 12, 100]), np.repeat([-2.0, 1.5], [397, 3])
    text = assessed(real, fake, **interval(fpr=[0.034, 0.0925]))
    assert (
        "it calls 6 of 100 real recordings fake (95 % interval 3.4 to 9.2 %) "
        "and 1 of 100 fake recordings real." in text
    )
    assert "lopsided" not in text


@pytest.mark.parametrize(("wrong", "words"), [(4, "fewer than 1 of 100"), (997, "more than 99")])
def test_a_share_is_never_rounded_to_none_or_all(wrong, words):
    real = np.repeat([-1.0, 1.0], [wrong, 1000 - wrong])
    assert f"it calls {words}" in assessed(real, calibrated(4)[1])


def test_few_are_counted_and_called_few():
    text = assessed([3, 1, -0.2], [-1, 0.5, -2], **interval(fpr=[0, 0.8]))
    assert "With so few recordings every metric here is an anecdote" in text
    assert "calls 1 of the 3 real recordings fake (95 % interval 0.0 to 80.0 %)" in text
    assert "too few recordings to say whether its P(fake) is calibrated" in text
    assert "lopsided" not in text
    assert "anecdote" not in assessed(*calibrated(4, 30))


def test_no_error_is_not_taken_for_certainty():
    # 1 - 0.05^(1/300) = 0.00994
    text = assessed(
        np.linspace(1, 2, 300), np.linspace(-2, -1, 300), **interval(eer=[0, 0], fpr=[0, 0])
    )
    assert "none of the 300 real recordings fake (which fits up to 1.0 %)" in text
    assert "(95 % interval" not in text
    assert rule_of_three(300) == pytest.approx(1 - 0.05 ** (1 / 300))


def test_lopsided_errors_and_a_threshold_that_does_not_fit_are_named():
    real, fake = (side - 6 for side in calibrated(4))
    text = assessed(real, fake)
    assert "lopsided: it says fake far too readily" in text
    # The EER is that of the scores before they were moved.
    assert "does not fit these recordings" in text
    assert "would be wrong for 2.3 % of each kind" in text
    # 50 of 100 against 31 of 100 are both many.
    both = assessed(np.repeat([-1.0, 1.0], 50), np.repeat([-1.0, 1.0], [69, 31]))
    assert "lopsided" not in both
    assert "says real far too readily" in assessed(*(side + 6 for side in calibrated(4)))


def test_a_detector_that_says_fake_to_everything_is_worth_nothing():
    text = assessed(*(side - 40 for side in calibrated(4)))
    assert "it calls all of the 1,000 real recordings fake" in text
    assert "calls nearly everything fake, and its verdicts are worth nothing here" in text


def test_a_calibrated_probability_may_be_read_as_one():
    text = assessed(*calibrated(3))
    assert "Its P(fake) may be read as a probability on data like this: it is off by 0." in text
    assert "confident, for" not in text


@pytest.mark.parametrize(
    ("scale", "words"),
    [(5, "over-confident, for it claims to be right 97"), (0.2, "under-confident")],
)
def test_wrong_confidence_is_named(scale, words):
    text = assessed(*(scale * side for side in calibrated(2)))
    assert "should not be read as a probability: it is off by" in text
    assert words in text
    assert "is so 84 times" in text  # 1 - Phi(-1), whatever the scale


def test_what_is_wrong_with_confidence_may_be_neither():
    # Real: 60 % claimed, all right; fake: 90 % claimed, half right. Both 75 % in the mean.
    real, fake = np.full(400, np.log(1.5)), np.repeat([-np.log(9), np.log(9)], 200)
    text = assessed(real, fake)
    assert "should not be read as a probability: it is off by" in text
    assert "confident, for" not in text


def test_probabilities_that_are_worse_than_none_are_called_so():
    text = assessed(*(20 * side for side in calibrated(1)))
    assert "taken at its word it is worse than no answer (Cllr" in text
    assert "no answer" not in assessed(*calibrated(1))


def test_an_honest_detector_that_knows_nothing_is_called_so():
    text = assessed(*calibrated(0.4))
    assert "is honest, off by" in text
    assert "says next to nothing (Cllr 0.97 of 1)" in text


def test_a_cost_where_fakes_are_rare_is_told_where_the_ece_hides_it():
    # Nearly all scores are sure and right; what is in doubt lies on the wrong side of
    # tau = -ln 1.9, which costs 1.9 times 7 %, though it would not have to.
    real = np.concatenate([np.full(930, 6.0), np.linspace(-0.9, -0.7, 70)])
    fake = np.concatenate([np.full(990, -6.0), np.linspace(-1.2, -1.0, 10)])
    text = assessed(real, fake)
    assert "may be read as a probability" in text
    assert "has a cost of 0.13 (actDCF) where 0.00 is possible (minDCF)" in text


def test_undecided_recordings_are_counted():
    real, fake = np.repeat([3.0, 0.0], [150, 50]), np.repeat([-3.0, 0.1, 3.0], [150, 30, 20])
    text = assessed(real, fake)
    # 80 of 400 are uncertain, 20 of the other 320 wrong.
    assert (
        "answers “uncertain” for 20 of 100 recordings, and of the rest it gets 94 of 100 right"
    ) in text
    assert "for none of the 4 recordings. " in assessed([3, 4], [-3, -4])
    assert "for all of the 4 recordings. " in assessed([0.2, 0.1], [-0.1, -0.2])


def cell(eer, n_fake=40):
    return Cell(230, n_fake, {"eer": eer, "fpr": 0.1, "fnr": 0.2}, real_from="all")


def test_the_weakest_is_named_with_what_it_may_owe_to_chance():
    by = {"generator": {"few": cell(0.9, 2), "melgan": cell(0.31), "b": cell(0.11), "c": cell(0.0)}}
    text = assessed(*calibrated(4), by=by)
    assert "By generator it does worst on melgan (EER 31.0 % with 230 real and 40 fake)" in text
    assert "partly by chance, for one of 3 must; their mean is 14.0 %, pooled 2.3 %" in text
    assert "not looked at" not in text
    assert "was not looked at" in assessed(*calibrated(4))


@pytest.mark.parametrize(
    ("split", "words"),
    [("train", "trained on this very split"), ("validation", "were chosen on this very split")],
)
def test_a_split_that_the_run_has_seen_is_no_evidence(split, words):
    assert words in assessed(*calibrated(4), split=split)
    assert "very split" not in assessed(*calibrated(4))


def test_classes_and_units_go_by_their_names():
    text = assessed(*calibrated(4), unit="picture", classes=("human", "cloned"))
    assert "1,000 human and 1,000 cloned pictures" in text
    assert "2 of 100 human pictures cloned" in text
    assert "P(cloned)" in text
    for word in ("fake", "real ", "recording"):
        assert word not in text


def test_confidence_weighs_both_classes_the_same():
    # 3 real said to be right with P = 0.9, 1 fake wrongly with 0.6.
    one = scored(np.full(3, np.log(9)), np.array([np.log(1.5)]))
    assert overconfidence(one) == pytest.approx(((0.9 + 0.6) / 2, 0.5))
