import shlex
from dataclasses import asdict, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.arguments import parser
from render.command import command
from render.representations import REPRESENTATIONS
from render.settings import Settings

NAMES = {field.name for field in fields(Settings)}


def parsed(line):
    """Settings that a command asks for, as the command line of `render` reads it."""
    shell, verb, *arguments = shlex.split(line)
    assert (shell, verb, arguments[0]) == ("./run.sh", "render", "AUDIO")
    options = vars(parser().parse_args(arguments))
    return Settings(**{name: value for name, value in options.items() if name in NAMES})


@pytest.mark.parametrize(
    ("changes", "options"),
    [
        ({}, Settings.feature),  # for the default may be another one by the time it is read
        ({"feature": "linear"}, "linear"),
        ({"feature": "linear", "window": 256, "hop": 128}, "linear"),  # what it has by default
        ({"feature": "linear", "window": 512}, "linear --window=512"),
        ({"feature": "mel", "window": 512, "hop": 256}, "mel"),
        ({"feature": "mel", "window": 256}, "mel --window=256"),
        ({"feature": "cqt", "level": None, "relative": True}, "cqt --relative --no-level"),
    ],
)
def test_the_feature_and_what_differs_from_its_defaults_is_given(changes, options):
    assert command(Settings(**changes)) == f"./run.sh render AUDIO --to IMAGES --feature={options}"


@pytest.mark.parametrize("name", sorted(NAMES - {"version"}))
def test_every_setting_has_its_option(name):
    usual = asdict(Settings())[name]
    changed = Settings(**{name: {"feature": "cqt", "relative": True}.get(name) or usual + 1})
    assert command(changed) != command(Settings())
    assert parsed(command(changed)) == changed


@given(
    feature=st.sampled_from(list(REPRESENTATIONS)),
    seconds=st.floats(1.0, 60.0),
    overlap=st.floats(0.0, 0.99),
    rate=st.integers(16_000, 48_000),
    window=st.sampled_from((0, 400, 1024)),
    floor=st.floats(-300.0, -1e-9, exclude_min=True),
    level=st.none() | st.floats(-60.0, 0.0),
    trim=st.none() | st.floats(1e-9, 90.0),
    relative=st.booleans(),
)
def test_the_command_draws_with_the_very_settings(**changes):
    settings = Settings(**changes, ceiling=0.0, bins=12, lowest=100.0)
    assert asdict(parsed(command(settings))) == asdict(settings)
