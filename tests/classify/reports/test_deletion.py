import pytest

from classify.reports.deletion import curves, sentences


def found(low=0.1, high=0.3, beats=True, **more):
    own = {"curve": [0.9, 0.5, 0.5], "area": 0.6, "gain": 0.2}
    own |= {"interval": [low, high], "beats_random": beats}
    return {
        "pictures": 60,
        "groups": 50,
        "share": [0, 0.5, 1],
        "random": {"curve": [0.9, 0.85, 0.6], "area": 0.8},
        "methods": {"occlusion": own},
        **more,
    }


@pytest.mark.parametrize(
    ("low", "high", "beats", "words"),
    [
        (0.1, 0.3, True, "Occlusion beats random"),
        (-0.1, 0.3, False, "Occlusion does not beat random"),
        (-0.3, -0.1, False, "Occlusion is worse than random"),
    ],
)
def test_it_is_said_whether_a_method_beats_random(low, high, beats, words):
    sentence = sentences(found(low, high, beats))["occlusion"]
    assert sentence.startswith(f"{words} (area under the curve 0.600 against 0.800; ")
    assert f"difference 0.200, 95 % interval {low:.3f} to {high:.3f}" in sentence
    assert ("say nothing" in sentence) != beats


def test_too_few_pictures_are_said_to_be_too_few():
    few = found(groups=3)
    few["methods"] = {"gradcam": {"curve": [1, 1, 1], "area": 1.0, "beats_random": None}}
    assert sentences(few) == {
        "gradcam": "Grad-CAM: area under the curve 1.000 against 0.800, but 3 independent groups "
        "of pictures are too few to tell."
    }


def test_the_figure_has_a_line_for_random_and_one_a_method():
    both = found()
    both["methods"]["gradcam"] = both["methods"]["occlusion"] | {"curve": [0.9, 0.7, 0.6]}
    figure = curves(both)
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    assert list(lines) == ["random order", "Occlusion first", "Grad-CAM first"]
    assert lines["Occlusion first"].get_xydata().tolist() == [[0, 90], [50, 50], [100, 50]]
    assert lines["Grad-CAM first"].get_ydata().tolist() == pytest.approx([90, 70, 60])
