"""Names of the two classes: which of them is fake, told by the words in them.

The same words are understood of recordings, see ``render/recording.py``.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise

WORDS = {
    **dict.fromkeys(("real", "bonafide", "bona-fide", "bona_fide", "bona fide"), "real"),
    **dict.fromkeys(("genuine", "human"), "real"),
    **dict.fromkeys(("original", "natural", "authentic"), "real"),
    **dict.fromkeys(("fake", "spoof", "generated", "synthetic", "deepfake"), "fake"),
    **dict.fromkeys(("ai", "attack", "cloned", "spoofed", "synthesized", "synthesised"), "fake"),
}
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")  # of real_speech, RealSpeech and REAL-1
_NEGATIONS = {"no", "non", "not"}


def fake_name(names: Sequence[str]) -> str | None:
    """Tell which of two class names is fake.

    A name is understood that has words of `WORDS`, all for one class.

    Parameters
    ----------
    names : sequence of two str

    Returns
    -------
    name : str or None
        None where neither name is understood, or both say the same.

    Examples
    --------
    >>> fake_name(("real_speech", "Deep-Fake speech")), fake_name(("tts2024", "human"))
    ('Deep-Fake speech', 'tts2024')
    >>> fake_name(("cats", "dogs"))
    """
    first, second = names
    labels = label(first), label(second)
    if labels[0] == labels[1]:
        return None
    return first if labels in (("fake", "real"), ("fake", ""), ("", "real")) else second


def is_fake_known(classes: Sequence[str]) -> bool:
    """Whether the names say that the second class, the positive one, is fake."""
    return fake_name(classes) == classes[1]


def order_classes(names: Iterable[str], positive: str | None = None) -> tuple[str, str]:
    """Order two class names, the positive one last.

    Parameters
    ----------
    names : iterable of two str
    positive : str, optional
        The positive one, in any case. Default: the fake one by `fake_name`, or the last in the
        alphabet.

    Raises
    ------
    ValueError
        If `positive` is neither, or the names say otherwise.

    Examples
    --------
    >>> order_classes(("deepfake", "real")), order_classes(("a", "b"), "A")
    (('real', 'deepfake'), ('b', 'a'))
    """
    ordered = sorted(names, key=str.lower)
    fake = fake_name(ordered)
    if positive is not None:
        asked = [name for name in ordered if name.lower() == positive.lower()]
        if not asked or fake not in (None, asked[0]):
            wanted = f"{fake}, as its name says," if fake else " or ".join(ordered)
            raise ValueError(f"expected {wanted} for the positive class, got {positive}")
        fake = asked[0]
    last = fake or ordered[-1]
    return next(name for name in ordered if name != last), last


@cache
def label(name: str) -> str:
    """What a name says of its class, ``"real"`` or ``"fake"``; empty where nothing, or both.

    Examples
    --------
    >>> label("Deep-Fake speech"), label("cats")
    ('fake', '')
    """
    parts = [part.lower() for part in _PART.findall(name)]
    if whole := WORDS.get("".join(parts)):
        return whole
    if _NEGATIONS.intersection(parts):
        return ""
    singulars, pairs = (part.removesuffix("s") for part in parts), map("".join, pairwise(parts))
    labels = {WORDS[word] for word in (*parts, *singulars, *pairs) if word in WORDS}
    return labels.pop() if len(labels) == 1 else ""
