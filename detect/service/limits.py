"""Bounds of the service. MB are 2^20 bytes, durations are in s."""

from dataclasses import dataclass

MB = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds of the service, of one request unless said otherwise.

    Attributes
    ----------
    megabytes : int
        Largest body, in MB.
    audio_s : float
        Longest recording, in s.
    work_s : float
        Seconds that a recording may be worked on, and that it may wait for a worker.
    upload_s : float
        Seconds that a client may take to send a body.
    queue : int
        Requests of all clients that may wait, besides those that are worked on.
    workers : int
        Processes that judge, one recording at a time each.
    """

    megabytes: int = 200
    audio_s: float = 3600.0
    work_s: float = 300.0
    upload_s: float = 120.0
    queue: int = 64
    workers: int = 1

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not (value > 0 or name == "queue" and value == 0):
                raise ValueError(f"expected {name} above 0, got {value:g}")

    @property
    def places(self) -> int:
        """Requests that are taken at a time: those worked on, and those that wait."""
        return self.workers + self.queue
