"""The audio track of a file that players take."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import av


def audio(
    container: "av.container.InputContainer", warnings: list[str], rank: int = 0
) -> "av.AudioStream":
    """Find the audio stream of a file that players take: the default one, else the first.

    Parameters
    ----------
    container : av.container.InputContainer
    warnings : list of str
        Gets the names of the others.
    rank : int
        How many of the tracks that have a decoder are passed over, as they hold no sound.

    Returns
    -------
    stream : av.AudioStream

    Raises
    ------
    ValueError
        If there is none, or no decoder for it.
    """
    from av.stream import Disposition

    streams = container.streams.audio
    if not streams:
        raise ValueError("expected audio, got a file without an audio stream")
    ranked = sorted(streams, key=lambda each: Disposition.default not in each.disposition)
    readable = [stream for stream in ranked if stream.codec_context is not None]
    if not readable:
        raise ValueError("expected audio, got a codec that FFmpeg does not know")
    stream = readable[rank]
    if len(streams) > 1:
        names = [_track_name(number, each) for number, each in enumerate(streams, 1)]
        default = names[streams.index(ranked[0])]
        reason = "as players do" if stream is ranked[0] else f"as {default} cannot be read"
        warnings.append(choice(names, streams.index(stream), reason))
    return stream


def count_readable(container: "av.container.InputContainer") -> int:
    """Count the audio tracks of a file that have a decoder."""
    return sum(stream.codec_context is not None for stream in container.streams.audio)


def choice(names: list[str], taken: int, reason: str = "as players do") -> str:
    """Say which of several audio tracks was taken.

    Examples
    --------
    >>> choice(["track 1", "track 2 (deu)"], 0)
    'of 2 audio tracks, track 1 was taken, as players do; left out: track 2 (deu)'
    """
    others = ", ".join(names[:taken] + names[taken + 1 :])
    return f"of {len(names)} audio tracks, {names[taken]} was taken, {reason}; left out: {others}"


def _track_name(number: int, stream: "av.AudioStream") -> str:
    """Number, language and title of a track, as far as the file states them."""
    from av.stream import Disposition

    words = [stream.metadata.get(key, "") for key in ("language", "title")]
    if Disposition.comment in stream.disposition:
        words.append("commentary")
    words = [word for word in words if word not in ("", "und")]
    return f"track {number} ({', '.join(words)})" if words else f"track {number}"
