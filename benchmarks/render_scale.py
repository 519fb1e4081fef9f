"""Speed and memory of `render` over many short recordings, through both engines.

Makes recordings of one second, in folders of a thousand, and draws them with the engine
``processes`` and, on a scheduler and two workers that it starts on this machine, with ``dask``.
Both must write the same files. The memory of all processes together, sampled while they draw, must
not grow, and the last tenth of the pictures must be drawn about as fast as the first. The files'
own times say when each was written. In one round, other work of the machine moves the rate of a
tenth by a quarter; so the engines take turns, and the median of the rounds counts.

100,000 recordings take about 1 GB in the temporary folder (TMPDIR), and their pictures 2 GB until
they are checked.
"""

import contextlib
import functools
import hashlib
import itertools
import shutil
import statistics
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.support import recordings, timing
from benchmarks.support.cluster import local_cluster
from benchmarks.support.command import argument_parser

WORKERS = 2
ENGINES = ("processes", "dask")
RATE_BAR = 0.10  # how much the last tenth's rate may differ from the first's
GROWTH_BAR = 1.10  # memory in the last tenth of the time over that in the second
RECORDING_RATE = 8_000


@dataclass(frozen=True)
class Result:
    """Files, speed and memory of drawing with one engine.

    Attributes
    ----------
    digest : str
        Of all files, with their names.
    pictures : int
    rates : list of float
        Pictures a second in each tenth of them.
    peak : float
        Memory of all processes together, in MiB.
    growth : float
        Mean memory in the last tenth of the time over that in the second tenth.
    """

    digest: str
    pictures: int
    rates: list[float]
    peak: float
    growth: float

    @property
    def kept(self) -> float:
        """The last tenth's rate over the first's."""
        return self.rates[-1] / self.rates[0]


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argument_parser("render_scale", __doc__)
    parser.add_argument(
        "--count",
        type=int,
        default=100_000,
        metavar="N",
        help="recordings to make (default: %(default)s)",
    )
    parser.add_argument(
        "--feature", default="mel", help="representation to draw (default: %(default)s)"
    )
    parser.add_argument(
        "--only", choices=ENGINES, help="one engine, to measure it again (default: both)"
    )
    parser.add_argument(
        "--rounds", type=int, default=3, metavar="N", help="of each engine (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    engines = (options.only,) if options.only else ENGINES
    timing.pin(WORKERS)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        scratch = Path(folder)
        make(scratch / "audio", options.count)
        make(scratch / "few", min(options.count, 200))
        _print_head()
        results: dict[str, list[Result]] = {engine: [] for engine in engines}
        for _ in range(options.rounds):
            for engine, rounds in results.items():
                rounds.append(_draw(engine, options.feature, scratch))
                _print_row(engine, rounds[-1])
    _print_verdict(results)


def make(folder: Path, count: int) -> None:
    """Write recordings of one second of noise, none like another, as 8 kHz mu-law WAV (8 KB)."""
    import numpy as np
    import soundfile
    from tqdm import trange

    noise = np.random.default_rng(0).standard_normal(16 * RECORDING_RATE).astype(np.float32)
    for number in trange(count, desc="recordings", disable=None):
        path = folder / f"part{number // 1000:04d}/{('real', 'fake')[number % 2]}/{number:06d}.wav"
        if number % 1000 < 2:
            path.parent.mkdir(parents=True)
        # A piece of the noise from a place of its own, at a level of its own.
        begin = number * 7 % (15 * RECORDING_RATE)
        gain = 0.02 + 0.1 * (number % 997) / 997
        samples = gain * noise[begin : begin + RECORDING_RATE]
        soundfile.write(path, samples, RECORDING_RATE, subtype="ULAW")


def _draw(engine: str, feature: str, scratch: Path) -> Result:
    """Draw everything with one engine, after a few to have every process up."""
    images = scratch / engine
    with contextlib.ExitStack() as stack:
        address = ""
        if engine == "dask":
            address = stack.enter_context(local_cluster(scratch, WORKERS)).address
        draw = functools.partial(
            recordings.draw,
            feature=feature,
            seconds=1.0,
            jobs=WORKERS,
            engine=engine,
            scheduler=address,
        )
        draw(scratch / "few", scratch / f"{engine}-few")
        with _memory() as samples:
            draw(scratch / "audio", images)
    result = _sum_up(images, samples)
    shutil.rmtree(images)
    return result


@contextlib.contextmanager
def _memory(every: float = 0.25) -> Iterator[list[int]]:
    """Sample the resident memory of this process and all below it, in bytes."""
    import psutil

    samples: list[int] = []
    done = threading.Event()

    def sample() -> None:
        me = psutil.Process()
        while not samples or not done.wait(every):
            total = 0
            for process in [me, *me.children(recursive=True)]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    total += process.memory_info().rss
            samples.append(total)

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        done.set()
        thread.join()


def _sum_up(dataset: Path, samples: list[int]) -> Result:
    """Read from the files when they were written, and what they are."""
    paths = [path for path in dataset.rglob("*") if path.suffix in (".png", ".csv", ".json")]
    digest = hashlib.sha256()
    for path in sorted(paths):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(dataset).as_posix()} {content}\n".encode())
    written = sorted(path.stat().st_mtime for path in paths if path.suffix == ".png")
    edges = [round(part * (len(written) - 1) / 10) for part in range(11)]
    rates = [(b - a) / max(written[b] - written[a], 1e-3) for a, b in itertools.pairwise(edges)]
    part = max(1, len(samples) // 10)
    # The first tenth is left out: the processes are still growing to their working size.
    early, late = samples[part : 2 * part] or samples, samples[-part:]
    growth = (sum(late) / len(late)) / (sum(early) / len(early))
    return Result(digest.hexdigest(), len(written), rates, max(samples) / 2**20, growth)


def _print_head() -> None:
    print(
        f"{'engine':<11}{'pictures':>9}{'first tenth':>13}{'last tenth':>12}{'ratio':>7}"
        f"{'peak MiB':>10}{'growth':>8}  {'tree':<14}rate of every tenth",
        flush=True,
    )


def _print_row(engine: str, result: Result) -> None:
    print(
        f"{engine:<11}{result.pictures:>9}{result.rates[0]:>11.0f}/s{result.rates[-1]:>10.0f}/s"
        f"{result.kept:>7.2f}{result.peak:>10.0f}{result.growth:>8.2f}  {result.digest[:12]}  "
        + " ".join(f"{rate:.0f}" for rate in result.rates),
        flush=True,
    )


def _print_verdict(results: dict[str, list[Result]]) -> None:
    steady = flat = True
    for engine, rounds in results.items():
        kept = statistics.median(result.kept for result in rounds)
        growth = statistics.median(result.growth for result in rounds)
        print(f"{engine}: last tenth {kept:.2f} of the first, memory {growth:.2f}")
        steady &= abs(kept - 1) <= RATE_BAR
        flat &= growth <= GROWTH_BAR
    print(f"last tenth within {RATE_BAR:.0%} of the first: {timing.verdict(steady)}")
    print(f"memory grows by at most {GROWTH_BAR - 1:.0%}: {timing.verdict(flat)}")
    if len(results) > 1:
        trees = {result.digest for rounds in results.values() for result in rounds}
        print(f"same files with both engines: {timing.verdict(len(trees) == 1)}")


if __name__ == "__main__":
    main()
