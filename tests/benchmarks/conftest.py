"""Benchmarks run in this process, on all its cores."""

import importlib

import pytest

from benchmarks.support import timing
from tests.detect.conftest import bright, dull, hand_set, make_run  # noqa: F401


@pytest.fixture(autouse=True)
def _all_cores(monkeypatch):
    """Leave this process its cores: the tests after this one need them."""
    monkeypatch.setattr(timing, "pin", lambda cores: cores)


@pytest.fixture
def bench(capsys):
    """Return a function that runs a benchmark; its exit status, and what it prints."""

    def run(name, *arguments):
        module = importlib.import_module(f"benchmarks.{name}")
        try:
            status = module.main([str(argument) for argument in arguments])
        except SystemExit as ended:
            status = ended.code
        return status, capsys.readouterr().out

    return run
