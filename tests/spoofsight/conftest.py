"""A run set by hand and sounds like speech, as the tests of `detect` have them."""

from tests.detect.conftest import bright, dull, hand_set, make_run, talks  # noqa: F401
