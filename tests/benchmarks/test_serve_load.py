"""The service under load: benchmarks/serve_load.py, shorter, with a network set by hand."""

import re

import pytest


@pytest.mark.slow
def test_every_answer_is_compared_with_that_of_the_command(bench, hand_set):
    options = ("--clients", 4, "--seconds", 2, "--workers", 1, "--count", 9)
    _, text = bench("serve_load", "--run", hand_set, *options)
    assert int(re.search(r"^200 +(\d+)$", text, re.MULTILINE)[1]) > 0
    assert "wrong answers: 0   bar 0: met\n" in text
    assert "no answer, or 500: 0   bar 0: met\n" in text
    assert re.search(r"^memory: \d+ MiB, \d+ MiB at the end, \d\.\d\d x   bar 1.1: ", text, re.M)
    assert re.search(r"^throughput: [\d.]+ recordings/s, [\d.]+ without HTTP, ", text, re.M)
