from types import SimpleNamespace

import pytest

from classify.prediction.verdicts import Refusal
from detect.web import session as cached
from detect.web.upload import Upload


class Judge:
    """Stands for an inspector, and remembers what it was asked."""

    def __init__(self, identity):
        self.identity, self.asked = identity, []

    def inspect(self, upload):
        self.asked.append(upload.name)
        return Refusal(upload.name, self.identity)


def uploads(*names):
    return {name: Upload(name, b"x") for name in names}


def test_each_upload_is_judged_once_and_the_order_stays():
    session, judge, told = {}, Judge("one"), []
    cached.cached_verdicts(session, judge, uploads("b", "a"), lambda *said: told.append(said))
    found = cached.cached_verdicts(
        session, judge, uploads("a", "b", "c"), lambda *said: told.append(said)
    )
    assert judge.asked == ["b", "a", "c"]
    assert told == [(0, 2), (1, 2), (0, 1)]
    assert list(found) == ["a", "b", "c"]
    assert found["c"].path == "c"


def test_what_is_gone_is_forgotten():
    session, judge = {}, Judge("one")
    cached.cached_verdicts(session, judge, uploads("a", "b"), print)
    cached.cached_verdicts(session, judge, uploads("b"), print)
    cached.cached_verdicts(session, judge, uploads("a", "b"), print)
    assert judge.asked == ["a", "b", "a"]


def test_another_run_judges_anew_and_the_first_is_remembered():
    session, one, other = {}, Judge("one"), Judge("other")
    cached.cached_verdicts(session, one, uploads("a"), lambda *_: None)
    assert (
        cached.cached_verdicts(session, other, uploads("a"), lambda *_: None)["a"].reason == "other"
    )
    assert cached.cached_verdicts(session, one, uploads("a"), lambda *_: None)["a"].reason == "one"
    assert one.asked == ["a"]


def test_what_was_judged_before_an_interruption_stays():
    session, judge = {}, Judge("one")

    def stop(done, _):
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cached.cached_verdicts(session, judge, uploads("a", "b"), stop)
    cached.cached_verdicts(session, judge, uploads("a", "b"), lambda *_: None)
    assert judge.asked == ["a", "b"]


def test_of_each_kind_the_last_thing_is_kept():
    session, made = {}, []

    def make():
        made.append(len(made))
        return SimpleNamespace(number=made[-1])

    assert cached.kept(session, "sheet", ("a", 1), make).number == 0
    assert cached.kept(session, "sheet", ("a", 1), make).number == 0
    assert cached.kept(session, "sound", ("a", 1), make).number == 1
    assert cached.kept(session, "sheet", ("a", 2), make).number == 2
    assert cached.kept(session, "sheet", ("a", 1), make).number == 3
    assert len(session) == 2


def test_what_cannot_be_made_is_not_kept():
    session = {}
    with pytest.raises(ValueError, match="broken"):
        cached.kept(session, "sheet", 1, lambda: (_ for _ in ()).throw(ValueError("broken")))
    assert not cached.has(session, "sheet", 1)
    assert cached.kept(session, "sheet", 1, lambda: None) is None  # nothing can be kept as well
    assert cached.has(session, "sheet", 1)
