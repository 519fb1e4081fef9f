import pytest

from classify.prediction.verdicts import Refusal, Verdict
from classify.runs.run import load
from detect.detection import Detection
from detect.web.error_rates import Rates
from detect.web.wording import NBSP, error_rates, of_threshold, words


@pytest.fixture
def run(make_run, tmp_path):
    return load(make_run(tmp_path / "run"))


def plain(text):
    return text.replace(NBSP, " ")


@pytest.mark.parametrize(
    ("label", "p", "headline", "means", "means_not", "tone"),
    [
        (
            "fake",
            0.973,
            "Fake, 97.3 %",
            "P(fake) is 97.3 %",
            "not prove that it is fake",
            "positive",
        ),
        ("real", 0.09, "Real, 91.0 %", "P(fake) is 9.0 %", "not prove that it is real", "negative"),
        ("uncertain", 0.55, "Uncertain", "between 40.0 % and 60.0 %", "half and half", "uncertain"),
    ],
)
def test_a_verdict_says_what_it_means_and_what_it_does_not(
    run, label, p, headline, means, means_not, tone
):
    said = words(Verdict("a", label, 100 * max(p, 1 - p), p, 0.0), run)
    assert plain(said.headline) == headline
    assert means in plain(said.means)
    assert means_not in said.means_not
    assert said.tone == tone
    for sentence in (said.means, said.means_not):
        assert sentence.endswith(".")


def test_certainty_is_never_complete(run):
    said = words(Verdict("a", "fake", 100.0, 1.0, -50.0), run)
    assert plain(said.headline) == "Fake, over 99.9 %"


def test_no_speech_and_a_refusal_are_no_verdict(run):
    silent = words(Detection("a", "no speech", None, None, None, 1.0), run)
    assert (silent.headline, silent.tone) == ("No speech found", "nothing")
    refused = words(Refusal("a", "expected sound, got silence"), run)
    assert (refused.headline, refused.means) == ("Not judged", "expected sound, got silence.")


def test_other_classes_have_their_own_names(make_run, tmp_path):
    run = load(make_run(tmp_path / "cats", classes=["cat", "dog"]))
    said = words(Verdict("a", "dog", 90.0, 0.9, -2.2), run)
    assert said.headline.startswith("Dog")
    assert "cat and dog equally frequent" in said.means
    assert "fake" not in said.means + said.means_not


def test_error_rates_are_said_for_the_classes_that_are_there():
    fpr, fnr = error_rates(Rates(2, 80, 8, 40), ("real", "fake"), 0.5)
    assert plain(fpr) == "At 0.5, 2.5 % of the real are called fake (FPR): 2 of 80."
    assert plain(fnr) == "At 0.5, 20.0 % of the fake are called real (FNR): 8 of 40."
    assert len(error_rates(Rates(0, 0, 8, 40), ("real", "fake"), 0.5)) == 1


def test_the_rates_of_a_threshold_come_from_the_scores_of_the_evaluation(run):
    assert of_threshold(run, 0.5) == [
        "How often it errs is not known: ./run.sh evaluate measures it."
    ]
    report = run.folder / "report"
    report.mkdir()
    (report / "metrics.json").write_text('{"confusion": {"recording": [[9, 1], [2, 8]]}}')
    known = of_threshold(run, 0.5)
    assert "1 of 10" in known[0]
    assert "For" not in "".join(known)
    other = "".join(of_threshold(run, 0.9))
    assert "At 0.9" not in other  # the figures of 0.5 are not passed off as those of 0.9
    assert "For 0.9 they are not known" in other
    (report / "scores.csv").write_text("name,label,llr\na,real,1\nb,fake,-1\n")
    # P(fake) 0.27 and 0.73.
    assert "At 0.9, 100.0 %" in plain(of_threshold(run, 0.9)[1])
    assert "At 0.2, 100.0 %" in plain(of_threshold(run, 0.2)[0])
