"""Verdicts that a visitor's session keeps from one run of the page to the next."""

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

from detect.web.service import DetectorService
from detect.web.threshold import Outcome
from detect.web.upload import Upload

Session = MutableMapping[Any, Any]


def cached_verdicts(
    session: Session,
    service: DetectorService,
    uploads: Mapping[str, Upload],
    on_progress: Callable[[int, int], object],
) -> dict[str, Outcome]:
    """Judge uploads, each once; verdicts on removed uploads are dropped.

    Parameters
    ----------
    session : mutable mapping
        Lives as long as the visit.
    service : DetectorService
    uploads : mapping of str to Upload
        By an identity of their own.
    on_progress : callable
        Called before each new upload with the number of new ones that are done, and of all.

    Returns
    -------
    outcomes : dict of str to Detection, Verdict or Refusal
        By the same identities, in the same order.
    """
    outcomes: dict[tuple[str, str], Outcome] = {
        (identity, key): outcome
        for (identity, key), outcome in session.get("outcomes", {}).items()
        if key in uploads
    }
    session["outcomes"] = outcomes
    new = [key for key in uploads if (service.identity, key) not in outcomes]
    for number, key in enumerate(new):
        on_progress(number, len(new))
        # Stored at once, because a visitor who does something else ends this run of the page.
        outcomes[service.identity, key] = service.judge(uploads[key])
    return {key: outcomes[service.identity, key] for key in uploads}
