"""How far FFmpeg has decoded a stream, and what is odd about it: damage, gaps, start and end.

Samples follow each other without a gap, whatever their timestamps say, so that a place is told in s
of the samples before it.
"""

import av

from render.decoding import endings
from render.decoding.gaps import Mp3Gaps

_LEAST = 0.5  # s of a gap or a late start, where it is worth a warning
_NAMED = 3  # places that a warning names


class Progress:
    """What packets say, and what has become of them; times are in s.

    Parameters
    ----------
    mp3 : Mp3Gaps, optional
        Of a bare MP3, where it names what is damaged.

    Attributes
    ----------
    size : int
        Bytes of the packets.
    samples, rate : int
        Number of the samples, and their rate in Hz.
    first, last : float
        When the first packet begins and the last one ends, as they say.
    error : av.FFmpegError or None
        Reason why the last packet could not be decoded.
    """

    def __init__(self, mp3: Mp3Gaps | None) -> None:
        self.mp3, self.size = mp3, 0
        self.samples, self.rate = 0, 1
        self.first: float | None = None
        self.last = 0.0
        self._unit: float | None = None  # of timestamps
        self.error: av.FFmpegError | None = None
        self._reason: av.FFmpegError | None = None
        self._good = self._bad = self._run = 0  # packets: decoded, damaged, damaged one by one
        self._damages: list[float] = []
        self._gaps: list[tuple[float, float]] = []  # place and length
        self._lead: float | None = None  # of the timestamps over the samples

    @property
    def decoded(self) -> float:
        """Length of the samples."""
        return self.samples / self.rate

    def note(self, packet: av.Packet) -> None:
        """Take a packet that was decoded, before its samples count."""
        self.size += packet.size
        if packet.size:
            self.error, self._run = None, 0
            self._good += 1
        begin = self._begin(packet)
        if begin is not None:
            self.last = max(self.last, begin + (packet.duration or 0) * (self._unit or 0))
            lead = begin - self.decoded
            if self._lead is not None and lead - self._lead >= _LEAST:
                self._gaps.append((self.decoded, lead - self._lead))
            self._lead = lead

    def _begin(self, packet: av.Packet) -> float | None:
        if self._unit is None and packet.time_base is not None:
            self._unit = float(packet.time_base)  # the same for all packets
        if packet.pts is None or self._unit is None:
            return None
        begin = packet.pts * self._unit
        self.first = begin if self.first is None else self.first
        return begin

    def fail(self, packet: av.Packet, error: av.FFmpegError) -> None:
        """Take a packet that is damaged, and the reason."""
        self._begin(packet)
        if self.mp3:
            return
        if not self._run:
            self._damages.append(self.decoded)
        self.error = self._reason = error
        self._bad, self._run = self._bad + 1, self._run + 1

    def require_sound(self) -> None:
        """Raise the last error if there is no sound, or more packets are damaged than not."""
        if self._reason and self._bad > self._good:
            raise self._reason
        if self.error and not self.samples:
            raise self.error

    def oddities(self, start: float | None, stated: float | None, part: float) -> list[str]:
        """Say what is odd.

        Parameters
        ----------
        start : float, optional
            When the file begins.
        stated : float, optional
            Length that the file states.
        part : float
            `render.decoding.parts.Part.stated`.
        """
        if self.mp3 and (gaps := self.mp3.oddities()):
            return gaps
        clauses = []
        if start is not None and self.first is not None and self.first - start >= _LEAST:
            late = self.first - start
            clauses.append(
                f"the sound starts {late:.1f} s after the beginning of the file, and times count "
                "from its start"
            )
        if self._gaps:
            length = sum(length for _, length in self._gaps)
            places = _places([place for place, _ in self._gaps])
            clauses.append(
                f"{length:.1f} s are missing after {places}, as the timestamps say, and do not "
                "count in later times"
            )
        # Of a stream with pauses, less is decoded.
        actual = max(self.decoded, self.last - min(self.first or 0.0, 0.0))
        cut = endings.compare(actual, stated, part)
        if self.error and self._run <= 1:
            self._damages = self._damages[: -self._run or None]
            cut = cut or [endings.BROKEN.format(actual)]
        if self._damages:
            clauses.append(f"damaged data is left out after {_places(self._damages)}")
        return clauses + cut


def _places(seconds: list[float]) -> str:
    """Name places, but not all.

    Examples
    --------
    >>> _places([1.0])
    '1.0 s'
    >>> _places([1.0, 2.5, 3.0, 4.0, 5.0])
    '1.0 s, 2.5 s, 3.0 s and 2 more places'
    """
    named = ", ".join(f"{place:.1f} s" for place in seconds[:_NAMED])
    rest = len(seconds) - _NAMED
    return f"{named} and {rest} more places" if rest > 0 else named
