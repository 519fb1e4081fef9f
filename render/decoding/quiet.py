"""Keeps C libraries from writing into a progress bar."""

import os
import sys
import threading


class Mute:
    """While it is entered, nothing that is written to standard error is seen.

    Can be entered by several threads at once; the last one to leave turns the sound on again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._error = -1  # where standard error leads, meanwhile

    def __enter__(self) -> None:
        if sys.__stderr__ is None:
            return  # it is closed, and its number may be another file's
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._error = os.dup(2)
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, 2)
                os.close(nowhere)

    def __exit__(self, *_: object) -> None:
        if sys.__stderr__ is None:
            return
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                os.dup2(self._error, 2)
                os.close(self._error)
