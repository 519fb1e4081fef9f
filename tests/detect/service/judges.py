"""Judges of workers for tests: they answer at once, hang or die. Nothing heavy is imported here."""

import json
import os
import time
from pathlib import Path

from detect.service.judge import Answer


def load():
    """Give a judge that does as the recording says, and else answers with what it was given."""
    return judge


def judge(job):
    text = Path(job.path).read_bytes()
    if text == b"hang":
        time.sleep(60)
    if text == b"die":
        os._exit(1)
    if text == b"wait":
        time.sleep(0.5)
    if text == b"fill":
        bytearray(3 << 30)
    values = {"path": job.name, "size": len(text), "channels": job.channels}
    return Answer(200, json.dumps(values))


def fail():
    """Die before there is a judge."""
    os._exit(1)
