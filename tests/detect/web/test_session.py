import pytest

from classify.prediction.verdicts import Refusal
from detect.web.session import cached_verdicts
from detect.web.upload import Upload


class Service:
    """Stands for a DetectorService, and remembers what it was asked."""

    def __init__(self, identity):
        self.identity, self.asked = identity, []

    def judge(self, upload):
        self.asked.append(upload.name)
        return Refusal(upload.name, self.identity)


def uploads(*names):
    return {name: Upload(name, b"x") for name in names}


def test_each_upload_is_judged_once_and_the_order_stays():
    session, service, progress = {}, Service("one"), []
    cached_verdicts(session, service, uploads("b", "a"), lambda *counts: progress.append(counts))
    outcomes = cached_verdicts(
        session, service, uploads("a", "b", "c"), lambda *counts: progress.append(counts)
    )
    assert service.asked == ["b", "a", "c"]
    assert progress == [(0, 2), (1, 2), (0, 1)]
    assert list(outcomes) == ["a", "b", "c"]
    assert outcomes["c"].path == "c"


def test_what_is_gone_is_forgotten():
    session, service = {}, Service("one")
    cached_verdicts(session, service, uploads("a", "b"), print)
    cached_verdicts(session, service, uploads("b"), print)
    cached_verdicts(session, service, uploads("a", "b"), print)
    assert service.asked == ["a", "b", "a"]


def test_another_run_judges_anew_and_the_first_is_remembered():
    session, first, second = {}, Service("first"), Service("second")
    cached_verdicts(session, first, uploads("a"), lambda *_: None)
    assert cached_verdicts(session, second, uploads("a"), lambda *_: None)["a"].reason == "second"
    assert cached_verdicts(session, first, uploads("a"), lambda *_: None)["a"].reason == "first"
    assert first.asked == ["a"]


def test_what_was_judged_before_an_interruption_stays():
    session, service = {}, Service("one")

    def stop(done, _):
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cached_verdicts(session, service, uploads("a", "b"), stop)
    cached_verdicts(session, service, uploads("a", "b"), lambda *_: None)
    assert service.asked == ["a", "b"]
