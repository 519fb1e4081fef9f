"""Refusals on standard error: each by name, but for many of one reason."""

import sys
from collections import Counter
from pathlib import Path

from tqdm import tqdm

NAMED = 3  # refusals of one reason that are named


class RefusalLog:
    """Prints refusals, above a progress bar.

    Parameters
    ----------
    verb : str
        Stands before each line.
    """

    def __init__(self, verb: str) -> None:
        self.verb = verb
        self.counts: Counter[str] = Counter()
        self.firsts: dict[str, str | Path] = {}

    def note(self, path: str | Path, reason: str) -> None:
        """Print a refusal, or count it where its reason was printed often enough."""
        self.counts[reason] += 1
        self.firsts.setdefault(reason, path)
        if self.counts[reason] <= NAMED:
            self._print(f"{path}: {reason}")

    def close(self) -> None:
        """Print how many were only counted, reason by reason."""
        for reason, count in self.counts.items():
            if count > NAMED:
                self._print(f"and {count - NAMED} more, as {self.firsts[reason]}")

    def _print(self, line: str) -> None:
        tqdm.write(f"{self.verb}: {line}", file=sys.stderr)
