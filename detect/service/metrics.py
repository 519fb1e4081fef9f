"""What the service counts, for Prometheus."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.01, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)  # ends of the histogram


class Metrics:
    """The counts of one service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "spoofsight_requests",
            "Requests by path and status",
            ("path", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "spoofsight_request_seconds",
            "Seconds from a request to its answer",
            ("path",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._restarts = Counter(
            "spoofsight_workers_restarted",
            "Workers that were replaced, by reason",
            ("reason",),
            registry=self._registry,
        )

    def count_request(self, path: str, status: int, seconds: float) -> None:
        """Count a request with its time from the first byte to the answer."""
        self._requests.labels(path, status).inc()
        self._seconds.labels(path).observe(seconds)

    def count_restart(self, reason: str) -> None:
        """Count a worker that was replaced."""
        self._restarts.labels(reason).inc()

    def gauge(self, name: str, help_text: str, value: Callable[[], float]) -> None:
        """Add a number that is asked for whenever the metrics are read."""
        Gauge(f"spoofsight_{name}", help_text, registry=self._registry).set_function(value)

    def text(self) -> bytes:
        """Write all in Prometheus' text format."""
        return generate_latest(self._registry)
