"""The service under load: answers by status, wrong ones, memory, and throughput.

Clients ask a service of its own process, over this machine's own network, for some time. Most send
good recordings of 2 to 30 s, made of the clips of CORPUS. A tenth of the requests are broken
recordings; a hundredth hang in the middle of the body, or send too much. Every answer is compared
with what ./run.sh detect says. Throughput is compared with that of as many processes that judge the
same recordings without HTTP. Exit status 1 if a bar is missed.
"""

import asyncio
import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx2
import numpy as np
import psutil
import soundfile

from benchmarks.detect_long import make_speech
from benchmarks.support import corrupt_audio, timing
from benchmarks.support.command import argument_parser, module_command
from benchmarks.support.timing import verdict
from benchmarks.support.untrained_run import write_default_run
from detect.service.judge import Job, load_judge
from detect.service.limits import MB, Limits
from render.decoding.audio import read
from render.layouts.walk import File, walk

RATE = 16_000
SECONDS = (2.0, 30.0)  # of a recording
FORMATS = ("flac", "wav", "mp3", "ogg")
BROKEN, ODD = 0.1, 0.01  # shares of the requests
LIMITS = Limits(megabytes=16, upload_s=8.0)
SETTLED_S = 10.0  # until memory is looked at
MEMORY_BAR, SPEED_BAR = 1.1, 0.8
JUDGED = (200, 413, 415, 422)  # statuses of recordings that a worker has met
LATER = (429, 503)


@dataclass
class Load:
    """What clients send, and what came of it.

    Attributes
    ----------
    address : str
    recordings : dict of bytes
        Good and broken, by name.
    truth : dict of str
        By name: the JSON of a verdict, or the reason of a refusal.
    end : float
        Value of ``time.monotonic()``.
    statuses : Counter
        Answers by status; 0 for none.
    wrong : list of str
    judged : int
        Recordings that workers have answered in time.
    """

    address: str
    recordings: Mapping[str, bytes]
    truth: Mapping[str, str]
    end: float
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    judged: int = 0

    def add(self, name: str, status: int, text: str) -> None:
        """Count an answer, and compare it."""
        self.statuses[status] += 1
        if status in LATER:
            return
        self.judged += time.monotonic() < self.end and status in JUDGED
        answer = text if status == 200 else json.loads(text)["error"]
        if answer != self.truth[name]:
            self.wrong.append(f"{name}: expected {self.truth[name]}, got {status} {answer}")


def make_recordings(corpus: Path | None, folder: Path, count: int, rng: Random) -> dict[str, bytes]:
    """Write good and broken recordings, one broken one for each nine good ones."""
    sound = _sound(corpus, folder, rng)
    for number in range(count):
        length = round(rng.uniform(*SECONDS) * RATE)
        start = rng.randrange(max(1, len(sound) - length))
        path = folder / f"good-{number:03d}.{FORMATS[number % len(FORMATS)]}"
        soundfile.write(path, sound[start : start + length], RATE)
    good = [path.read_bytes() for path in sorted(folder.glob("good-*"))]
    for number in range(-(-count // 9)):
        seeded = np.random.default_rng(number)
        data = corrupt_audio.corrupt(rng.choice(good), rng.choice(good), seeded)
        (folder / f"broken-{number:03d}.wav").write_bytes(data)
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*-*"))}


def _sound(corpus: Path | None, folder: Path, rng: Random) -> np.ndarray:
    """Five minutes of sound to cut recordings of."""
    length = 300 * RATE
    if corpus is None:
        path = folder / "speech.wav"
        make_speech(path, length / RATE / 60)
        return soundfile.read(path, dtype="float32")[0]
    files = sorted(item.path for item in walk(corpus) if isinstance(item, File))
    rng.shuffle(files)
    clips: list[np.ndarray] = []
    while files and sum(map(len, clips)) < length:
        clips.append(read(Path(files.pop()), RATE)[0])
    return np.concatenate(clips)


def detect(folder: Path, names: list[str], run: Path) -> dict[str, str]:
    """Ask the command for each verdict or reason."""
    command = module_command("detect", *names, "--run", run.resolve(), "--format", "json")
    ended = subprocess.run(**command, cwd=folder, capture_output=True, text=True)
    verdicts = {json.loads(line)["path"]: line for line in ended.stdout.splitlines()}
    reasons = re.findall(r"^detect: (\S+): (.*)$", ended.stderr, re.MULTILINE)
    return {**dict(reasons), **verdicts}


def judge_without_http(run: Path, paths: list[str], seconds: float, seed: int) -> int:
    """Judge recordings in this process for some time, and count them."""
    judge, rng = load_judge(run, LIMITS), Random(seed)
    judge(Job(paths[0], "", "mix"))
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        judge(Job(_pick(paths, rng), "", "mix"))
        count += 1
    return count


def _pick(names: list[str], rng: Random) -> str:
    """A broken recording in a tenth of all cases."""
    is_broken = rng.random() < BROKEN
    return rng.choice([name for name in names if ("broken" in Path(name).name) == is_broken])


@contextmanager
def serving(run: Path, workers: int) -> Iterator[tuple[str, psutil.Process]]:
    """Run a service; its address and process."""
    command = module_command(
        *("detect.service.cli", "--run", run, "--port", 0, "--workers", workers),
        *("--max-upload", LIMITS.megabytes, "--upload-timeout", LIMITS.upload_s),
    )
    with subprocess.Popen(**command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None  # a pipe
        try:
            line = next(line for line in process.stderr if line.startswith("serve: http"))
            yield line.split()[1], psutil.Process(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            print(process.stderr.read(), end="", file=sys.stderr)
        if process.wait():
            raise ValueError(f"expected the service to end with 0, got {process.returncode}")


def memory(process: psutil.Process) -> float:
    """Memory of a process and all below it, in MiB."""
    total = 0
    for part in (process, *process.children(recursive=True)):
        try:
            total += part.memory_info().rss
        except psutil.NoSuchProcess:  # a worker that was replaced meanwhile
            continue
    return total / MB


async def ask(load: Load, client: httpx2.AsyncClient, rng: Random) -> None:
    """Send requests as one client, one after the other."""
    names = list(load.recordings)
    while time.monotonic() < load.end:
        if rng.random() < ODD:
            await (_hang if rng.random() < 0.5 else _send_too_much)(load, client)
            continue
        name = _pick(names, rng)
        try:
            answer = await client.post("/v1/detect", files={"file": (name, load.recordings[name])})
        except httpx2.HTTPError as error:
            load.statuses[0] += 1
            print(f"{name}: {error!r}", file=sys.stderr)
            continue
        load.add(name, answer.status_code, answer.text)
        if answer.status_code in LATER:
            await asyncio.sleep(float(answer.headers["retry-after"]))


async def _send_too_much(load: Load, client: httpx2.AsyncClient) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(2 * LIMITS.megabytes):
            yield bytes(MB)

    answer = await client.post("/v1/detect", content=parts())
    load.statuses[answer.status_code] += 1


async def _hang(load: Load, client: httpx2.AsyncClient) -> None:
    """Send a part of a body, and then nothing."""
    url = httpx2.URL(load.address)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = f"POST /v1/detect HTTP/1.1\r\nHost: {url.host}\r\nContent-Length: 100000\r\n\r\n"
    writer.write(head.encode() + bytes(1000))
    line = await reader.readline()
    load.statuses[int(line.split()[1]) if line else 0] += 1
    writer.close()


async def run_clients(load: Load, count: int, seed: int, process: psutil.Process) -> list[float]:
    """Let clients ask until the end; the memory of the service once settled, and at the end."""
    limits = httpx2.Limits(max_connections=None, keepalive_expiry=2.0)
    async with httpx2.AsyncClient(base_url=load.address, timeout=300.0, limits=limits) as client:
        clients = [asyncio.create_task(ask(load, client, Random(seed + n))) for n in range(count)]
        begin = time.monotonic()
        await asyncio.sleep(min(SETTLED_S, (load.end - begin) / 2))
        used = [memory(process)]
        await asyncio.sleep(load.end - time.monotonic())
        used.append(memory(process))
        await asyncio.gather(*clients)
    return used


def report(load: Load, used: list[float], seconds: float, without: float) -> bool:
    """Print what came of it; whether all bars are met."""
    print(f"{'status':<10}{'answers':>8}")
    for status, count in sorted(load.statuses.items()):
        print(f"{status or 'none':<10}{count:>8}")
    for line in load.wrong[:9]:
        print(line)
    failed = load.statuses[0] + load.statuses[500]
    growth, speed = used[1] / used[0], load.judged / seconds
    met = not load.wrong, not failed, growth <= MEMORY_BAR, speed >= SPEED_BAR * without
    print(f"wrong answers: {len(load.wrong)}   bar 0: {verdict(met[0])}")
    print(f"no answer, or 500: {failed}   bar 0: {verdict(met[1])}")
    print(
        f"memory: {used[0]:.0f} MiB, {used[1]:.0f} MiB at the end, {growth:.2f} x   "
        f"bar {MEMORY_BAR}: {verdict(met[2])}"
    )
    print(
        f"throughput: {speed:.2f} recordings/s, {without:.2f} without HTTP, "
        f"{speed / without:.2f} x   bar {SPEED_BAR}: {verdict(met[3])}"
    )
    return all(met)


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argument_parser("serve_load", __doc__)
    add = parser.add_argument
    add(
        "corpus",
        nargs="?",
        type=Path,
        metavar="CORPUS",
        help="default: sound made from a seed",
    )
    add("--run", type=Path, help="a trained run (default: an untrained network)")
    add("--clients", type=int, default=200, metavar="N", help="default: %(default)s")
    add("--seconds", type=float, default=60.0, metavar="N", help="default: %(default)g")
    add("--workers", type=int, default=os.cpu_count(), metavar="N", help="default: one a core")
    add("--count", type=int, default=60, metavar="N", help="good recordings (default: %(default)s)")
    add("--seed", type=int, default=0, metavar="N", help="default: %(default)s")
    options = parser.parse_args(arguments)
    timing.pin(os.cpu_count() or 1)
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder, run = Path(name, "recordings"), options.run or Path(name, "run")
        folder.mkdir()
        if options.run is None:
            writer = spawn.Process(target=write_default_run, args=(run,))
            writer.start()
            writer.join()
        recordings = make_recordings(options.corpus, folder, options.count, Random(options.seed))
        truth = detect(folder, list(recordings), run)
        paths = [str(folder / name) for name in recordings]
        with spawn.Pool(options.workers) as pool:
            tasks = [(run, paths, options.seconds, number) for number in range(options.workers)]
            without = sum(pool.starmap(judge_without_http, tasks, chunksize=1)) / options.seconds
        with serving(run, options.workers) as (address, process):
            load = Load(address, recordings, truth, time.monotonic() + options.seconds)
            used = asyncio.run(run_clients(load, options.clients, options.seed, process))
    return 0 if report(load, used, options.seconds, without) else 1


if __name__ == "__main__":
    sys.exit(main())
