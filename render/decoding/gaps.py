"""What stands between the frames of an MP3 and is neither a frame nor a tag."""

from fractions import Fraction

import av

from render.decoding.parts import id3v2_size

_TAGS = (b"ID3", b"3DI", b"TAG", b"APETAGEX", b"LYRICSBEGIN")
_HEAD = 11  # bytes: of an ID3v2 tag down to its size, or the longest name
_FEWEST = 3  # frames that follow each other are sound; a picture in a tag may look like one
_PADDING = 1_024  # bytes behind the last frame that are not worth a word


class Mp3Gaps:
    """Watches the packets of an MP3, in order, for those that are no frames.

    FFmpeg puts everything up to the next frame into packets of their own.
    """

    def __init__(self) -> None:
        self._gaps: list[Fraction] = []
        self._gap: Fraction | None = None  # the last one, while it may be at the end
        self._frames, self._others = 0, 0
        self._run, self._skipped, self._tag_end = _FEWEST, 0, 0

    def look(self, packet: av.Packet, seconds: Fraction) -> None:
        """Take the next packet, which begins after so many s."""
        head = bytes(packet)[:_HEAD]
        if not head:  # the last packet of a stream has no data
            return
        position = packet.pos or 0
        if head[0] == 0xFF and head[1:2] >= b"\xe0" and position >= self._tag_end:
            self._frames += 1
            self._run += 1
            if self._run == _FEWEST and self._gap is not None:
                self._gaps.append(self._gap)
                self._gap = None
            return
        if tag := id3v2_size(head):
            self._tag_end = position + tag
        if self._run >= _FEWEST:
            self._gap, self._skipped = None if head.startswith(_TAGS) else seconds, 0
        self._others += position >= self._tag_end
        self._skipped += packet.size
        self._run = 0

    def oddities(self) -> list[str]:
        """Where something was skipped, as a plain clause.

        Raises
        ------
        ValueError
            If there are more packets of other things than of frames.
        """
        if self._others > self._frames:
            raise ValueError(
                "expected audio that is whole, got an MP3 that is mostly something else"
            )
        gaps = [*self._gaps]
        if self._gap is not None and (self._run or self._skipped > _PADDING):
            gaps.append(self._gap)
        if not gaps:
            return []
        places = f"in {len(gaps)} places, first " if len(gaps) > 1 else ""
        return [
            f"data that is no sound was skipped {places}after {float(gaps[0]):.1f} s, so some may "
            "be missing"
        ]
