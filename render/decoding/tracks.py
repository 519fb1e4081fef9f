"""The audio track of a file that players take."""

import av
from av.stream import Disposition


def audio(container: av.container.InputContainer, warnings: list[str]) -> av.AudioStream:
    """Find the audio stream of a file that players take: the default one, else the first.

    Parameters
    ----------
    container : av.container.InputContainer
    warnings : list of str
        Gets the names of the others.

    Returns
    -------
    stream : av.AudioStream

    Raises
    ------
    ValueError
        If there is none, or no decoder for it.
    """
    streams = container.streams.audio
    if not streams:
        raise ValueError("expected audio, got a file without an audio stream")
    stream = min(streams, key=lambda each: Disposition.default not in each.disposition)
    if stream.codec_context is None:
        raise ValueError("expected audio, got a codec that FFmpeg does not know")
    if len(streams) > 1:
        names = [_track_name(number, each) for number, each in enumerate(streams, 1)]
        warnings.append(choice(names, streams.index(stream)))
    return stream


def choice(names: list[str], taken: int) -> str:
    """Say which of several audio tracks was taken.

    Examples
    --------
    >>> choice(["track 1", "track 2 (deu)"], 0)
    'of 2 audio tracks, track 1 was taken, as players do; left out: track 2 (deu)'
    """
    others = ", ".join(names[:taken] + names[taken + 1 :])
    return (
        f"of {len(names)} audio tracks, {names[taken]} was taken, as players do; left out: {others}"
    )


def _track_name(number: int, stream: av.AudioStream) -> str:
    """Number, language and title of a track, as far as the file states them."""
    words = [stream.metadata.get(key, "") for key in ("language", "title")]
    if Disposition.comment in stream.disposition:
        words.append("commentary")
    words = [word for word in words if word not in ("", "und")]
    return f"track {number} ({', '.join(words)})" if words else f"track {number}"
