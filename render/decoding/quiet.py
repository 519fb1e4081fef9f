"""Silence for C libraries that write to standard error."""

import os
import sys
import threading


class Mute:
    """Context in which output to standard error is discarded.

    Several threads can enter it at once; the last one to leave restores standard error.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entered = 0
        self._saved_stderr = -1  # copy of the descriptor

    def __enter__(self) -> None:
        if sys.__stderr__ is None:
            return  # it is closed, and its descriptor may belong to another file
        with self._lock:
            self._entered += 1
            if self._entered == 1:
                self._saved_stderr = os.dup(2)
                devnull = os.open(os.devnull, os.O_WRONLY)
                os.dup2(devnull, 2)
                os.close(devnull)

    def __exit__(self, *_: object) -> None:
        if sys.__stderr__ is None:
            return
        with self._lock:
            self._entered -= 1
            if self._entered == 0:
                os.dup2(self._saved_stderr, 2)
                os.close(self._saved_stderr)
