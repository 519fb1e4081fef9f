"""What a visitor's session remembers from one run of the page to the next, and no longer.

A session is a mapping that lives as long as the visit. Of every kind of drawing it keeps the last
one, so that memory stays bounded; verdicts, which are small, are kept as long as their uploads.
"""

from collections.abc import Callable, Hashable, Mapping, MutableMapping
from typing import Any

from detect.web.service import DetectorService
from detect.web.threshold import Outcome
from detect.web.upload import Upload

Session = MutableMapping[Any, Any]


def cached_verdicts(
    session: Session,
    inspector: DetectorService,
    uploads: Mapping[str, Upload],
    tell: Callable[[int, int], object],
) -> dict[str, Outcome]:
    """Judge uploads, each once; those that are gone are forgotten.

    Parameters
    ----------
    session : mutable mapping
    inspector : DetectorService
    uploads : mapping of str to Upload
        By an identity of their own.
    tell : callable
        Called before each that is new, with how many of the new ones are done and how many
        there are.

    Returns
    -------
    outcomes : dict of str to Detection, Verdict or Refusal
        By the same identities, in the same order.
    """
    known: dict[tuple[str, str], Outcome] = {
        (judge, key): one
        for (judge, key), one in session.get("outcomes", {}).items()
        if key in uploads
    }
    session["outcomes"] = known
    new = [key for key in uploads if (inspector.identity, key) not in known]
    for number, key in enumerate(new):
        tell(number, len(new))
        # At once, and not when all are done: a visitor who does something else ends this run.
        known[inspector.identity, key] = inspector.inspect(uploads[key])
    return {key: known[inspector.identity, key] for key in uploads}


def kept(session: Session, kind: str, what: Hashable, make: Callable[[], Any]) -> Any:
    """Give the last thing of a kind, made anew if it is of something else.

    Parameters
    ----------
    session : mutable mapping
    kind : str
    what : hashable
        All that it depends on.
    make : callable
        Makes it; its errors pass, and then nothing is kept.

    Returns
    -------
    thing : object

    Examples
    --------
    >>> session = {}
    >>> kept(session, "sheet", 1, lambda: "one"), kept(session, "sheet", 1, lambda: "two")
    ('one', 'one')
    >>> kept(session, "sheet", 2, lambda: "two"), has(session, "sheet", 1)
    ('two', False)
    """
    if not has(session, kind, what):
        session[f"kept {kind}"] = (what, make())
    return session[f"kept {kind}"][1]


def has(session: Session, kind: str, what: Hashable) -> bool:
    """Whether the last thing of a kind is of this."""
    name = f"kept {kind}"
    return name in session and bool(session[name][0] == what)
