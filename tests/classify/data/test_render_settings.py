import pytest

from classify.data.render_settings import (
    load_axes,
    load_command,
    load_render_settings,
    require_same_rendering,
)


def test_the_advice_is_said_where_it_helps():
    with pytest.raises(ValueError, match="drawn with hop 128, got hop 256: try that$"):
        require_same_rendering({"hop": 128, "version": 1}, {"hop": 256, "version": 1}, "try that")
    with pytest.raises(ValueError, match="hop 128, version 2, got hop 256, version 1$"):
        require_same_rendering({"hop": 128, "version": 2}, {"hop": 256, "version": 1}, "try that")


def test_a_setting_that_one_side_does_not_know_is_not_compared():
    require_same_rendering({"hop": 256}, {"hop": 256, "line": 6.0})
    require_same_rendering({"hop": 256, "line": 6.0}, {"hop": 256})
    with pytest.raises(ValueError, match="drawn with hop 128, got hop 256$"):
        require_same_rendering({"hop": 128, "line": 6.0}, {"hop": 256, "rate": 16_000})


@pytest.mark.parametrize("text", ["{", "[1]"])
def test_a_broken_render_json_is_named(tmp_path, text):
    (tmp_path / "render.json").write_text(text)
    with pytest.raises(ValueError, match="expected drawing settings as .*render.json"):
        load_render_settings(tmp_path / "render.json")
    assert load_render_settings(tmp_path / "none.json") is None


def test_the_axes_stand_beside_the_drawing_settings_and_are_none(tmp_path):
    path = tmp_path / "render.json"
    path.write_text('{"hop": 256, "axes": {"rows": {"unit": "Hz", "ticks": [[0.0, 8000]]}}}')
    assert load_render_settings(path) == {"hop": 256}
    assert load_axes(path) == {"rows": {"unit": "Hz", "ticks": [[0.0, 8000]]}}


def test_the_command_stands_beside_the_drawing_settings_as_well(tmp_path):
    path = tmp_path / "render.json"
    path.write_text('{"hop": 256, "command": "./run.sh render AUDIO --to IMAGES --hop=256"}')
    assert load_render_settings(path) == {"hop": 256}
    assert load_command(path) == "spoofsight render AUDIO --to IMAGES --hop=256"


def test_pictures_of_unknown_axes(tmp_path):
    assert load_axes(tmp_path / "none.json") is None
    (tmp_path / "render.json").write_text('{"hop": 256}')
    assert load_axes(tmp_path / "render.json") is None
    assert load_command(tmp_path / "render.json") == ""
    (tmp_path / "render.json").write_text("{}")
    assert load_render_settings(tmp_path / "render.json") == {}


def test_a_render_json_of_another_format_is_refused_with_the_command(tmp_path):
    path = tmp_path / "render.json"
    path.write_text('{"hop": 128, "version": 3, "command": "./run.sh render AUDIO --to IMAGES"}')
    message = r"format 1 in .*render.json, got no number: draw .* with spoofsight render AUDIO --to"
    with pytest.raises(ValueError, match=message):
        load_render_settings(path)
    path.write_text('{"format": 1, "hop": 128, "version": 3}')
    assert load_render_settings(path) == {"format": 1, "hop": 128, "version": 3}


def test_pictures_from_before_there_was_a_format_are_refused_with_the_remedy():
    drawing = {"format": 1, "hop": 128}
    require_same_rendering(drawing, drawing)
    for expected, got in ((drawing, {"hop": 128}), ({"hop": 128}, drawing)):
        with pytest.raises(ValueError, match=r"with format [01], got format [01]: draw anew"):
            require_same_rendering(expected, got, "draw anew")
