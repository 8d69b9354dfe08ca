"""What a mark costs in time: marking beside the same transcode without a mark, detection beside the decode.

Machines are noisy, so a cost is a ratio: the two things are done one after the other, each in a fresh process that has done the same with
a few frames before its clock starts, in alternating order, and what counts is the median ratio of such pairs. What the first frames cost
(modules and tables to load) is measured by itself.
"""

from __future__ import annotations

import itertools
import multiprocessing
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from indelible.bench.reel import ReelSettings, make_reel, reel_clips
from indelible.channel import run_channel_file
from indelible.errors import IndelibleError
from indelible.frames import Frame
from indelible.keys import SecretKey, save_key
from indelible.mark import Embedder, Payload
from indelible.mark.sync import Search
from indelible.runs.corpus import Corpus, CorpusClip
from indelible.runs.machine import provenance
from indelible.video import EncoderSettings, open_video, write_video
from indelible.workflows.detect import detect_file
from indelible.workflows.fingerprint import fingerprint_file
from indelible.workflows.mark import mark_file

SCHEMA = "indelible.bench.speed/1"

Argument = TypeVar("Argument")
Result = TypeVar("Result")

KEY, ANOTHER_KEY = SecretKey(bytes(range(32))), SecretKey(bytes(range(1, 33)))
PAYLOAD = Payload(b"8 bytes!")
RECEIVED = "x264:crf=28"  # what a detector gets to see
ENCODERS = (
    EncoderSettings("x264", crf=18, preset="medium"),
    EncoderSettings("x264", crf=18, preset="veryfast"),
    EncoderSettings("av1", crf=30, preset="8"),
)
THINNED = 4  # every so manieth frame, when detection is to cost next to nothing
SEARCHES: tuple[Search, ...] = ("fast", "full")
EMBED_FRAMES, EMBED_ROUNDS = 60, 3


@dataclass(frozen=True, slots=True)
class SpeedSettings:
    """How much to measure.

    Args:
        pairs: for each ratio, 1 or more.
        clips: of the corpus in the reel.
        frames: of each clip in the reel.
        sizes: width and height of the reels.
    """

    pairs: int = 7
    clips: int = 6
    frames: int = 60
    sizes: tuple[tuple[int, int], ...] = ((1920, 1080), (1280, 720))


@dataclass(frozen=True, slots=True)
class Timing:
    """What one process took for its work; ``z`` is what a detector found."""

    wall_seconds: float
    cpu_seconds: float
    peak_mib: float
    frames: int
    z: float | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A kind of work, and what it is done on: called with the task itself, it returns the frames it saw and the z that it found."""

    work: Callable[[Task], tuple[int, float | None]]
    source: Path
    warm_up: Path
    encoder: EncoderSettings = ENCODERS[0]
    every: int = 1
    search: Search = "none"
    key: SecretKey = KEY


@dataclass(frozen=True, slots=True)
class Comparison:
    """Something that indelible does, beside what can't be avoided."""

    what: str
    beside: str
    size: str
    task: Task
    unavoidable: Task


def decode(task: Task) -> tuple[int, float | None]:
    """Decode, and look at nothing."""
    with open_video(task.source) as reader:
        return sum(1 for _ in reader), None


def detect(task: Task) -> tuple[int, float | None]:
    """Decode, and look for one key."""
    (found,) = detect_file(task.source, [task.key], every=task.every, search=task.search)
    return found.detection.frames_used, found.detection.z


def fingerprint(task: Task) -> tuple[int, float | None]:
    """Decode, and make codes."""
    return _fingerprinted(task, key_frames=False), None


def fingerprint_key_frames(task: Task) -> tuple[int, float | None]:
    """Decode key frames alone, and make codes of them."""
    return _fingerprinted(task, key_frames=True), None


def transcode(task: Task) -> tuple[int, float | None]:
    """Decode and encode."""
    with tempfile.TemporaryDirectory() as folder, open_video(task.source) as reader:
        return write_video(Path(folder) / "plain.mp4", reader, task.encoder, info=reader.info, copy_from=task.source).frames, None


def mark(task: Task) -> tuple[int, float | None]:
    """Decode, mark and encode."""
    with tempfile.TemporaryDirectory() as folder:
        marked = mark_file(task.source, Path(folder) / "marked.mp4", KEY, payload=PAYLOAD, settings=task.encoder)
        return marked.embedding.frames, None


def run_speed(corpus: Corpus, settings: SpeedSettings, *, progress: Callable[[str], None] = lambda line: None) -> dict[str, Any]:
    """Measure, and return the result, ready for JSON.

    Raises:
        InputError: if the corpus has no clip to make a reel of.
    """
    clips = reel_clips(corpus, settings.clips)
    rows, records = [], []
    with tempfile.TemporaryDirectory(prefix="indelible-speed-") as folder:
        for width, height in settings.sizes:
            size = f"{width}x{height}"
            progress(f"{size}: making footage")
            footage = _Footage.in_folder(Path(folder), size)
            _in_fresh_process(_make_footage, (footage, clips, ReelSettings(width, height, settings.clips, settings.frames)))
            for comparison in _comparisons(size, footage):
                progress(f"{size}: {comparison.what}, beside {comparison.beside}")
                pairs = [_pair(comparison, index) for index in range(settings.pairs)]
                rows.append(_row(comparison, pairs))
                records += [_identity(comparison) | {"with": asdict(one), "without": asdict(other)} for one, other in pairs]
            progress(f"{size}: the mark alone")
            rows.append(_alone(size, footage.reel, settings.pairs))
        with_key = Path(folder) / "speed.key"
        save_key(KEY, with_key)
        commands = [["--help"], ["detect", "--key", str(with_key), str(footage.short)]]
        first = [_start_up(arguments, settings.pairs) for arguments in commands]
    return {
        "schema": SCHEMA,
        "provenance": provenance(corpus),
        "settings": asdict(settings),
        "summary": rows,
        "start_up": first,
        "errors": [],
        "records": records,
    }


@dataclass(frozen=True, slots=True)
class _Footage:
    """Files of one size: to be marked, marked and received, and a few received frames."""

    reel: Path
    received: Path
    short: Path

    @classmethod
    def in_folder(cls, folder: Path, size: str) -> _Footage:
        return cls(*(folder / f"{name}-{size}.mp4" for name in ("reel", "received", "short")))


def _make_footage(task: tuple[_Footage, Sequence[CorpusClip], ReelSettings]) -> None:
    footage, clips, settings = task
    make_reel(footage.reel, clips, settings)
    _receive(footage.reel, footage.received)
    with tempfile.TemporaryDirectory() as folder:
        beginning = Path(folder) / "beginning.mp4"
        make_reel(beginning, clips, replace(settings, clips=1, frames=min(settings.frames, 12)))
        _receive(beginning, footage.short)


def _receive(source: Path, target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        marked = Path(folder) / "marked.mp4"
        mark_file(source, marked, KEY, payload=PAYLOAD, settings=ENCODERS[1])
        run_channel_file(marked, target, RECEIVED)


def _comparisons(size: str, footage: _Footage) -> Iterator[Comparison]:
    for encoder in ENCODERS:
        with_mark, without = (Task(work, footage.reel, footage.short, encoder) for work in (mark, transcode))
        yield Comparison(f"mark, {encoder.codec} {encoder.preset}", "the same transcode", size, with_mark, without)
    decoding = Task(decode, footage.received, footage.short)
    looking = replace(decoding, work=detect)
    yield Comparison("detect", "plain decode", size, looking, decoding)
    yield Comparison(f"detect --every {THINNED}", "plain decode", size, replace(looking, every=THINNED), decoding)
    for search in SEARCHES:  # to the end: what is found as it was marked is not searched for
        yield Comparison(
            f"detect --search {search}, no mark", "plain decode", size, replace(looking, search=search, key=ANOTHER_KEY), decoding
        )
    for what, work in (("fingerprint", fingerprint), ("fingerprint --key-frames", fingerprint_key_frames)):
        seeing, decoding = (Task(each, footage.received, footage.short) for each in (work, decode))
        yield Comparison(what, "plain decode", size, seeing, decoding)


def _fingerprinted(task: Task, *, key_frames: bool) -> int:
    seen = 0

    def count(done: float, total: float | None) -> None:
        nonlocal seen
        seen += 1

    fingerprint_file(task.source, key_frames=key_frames, progress=count)
    return seen


def _pair(comparison: Comparison, index: int) -> tuple[Timing, Timing]:
    """Do both, the one first in even pairs and the other in odd ones; return (task, unavoidable)."""
    if index % 2:
        other = _in_fresh_process(_timed, comparison.unavoidable)
        return _in_fresh_process(_timed, comparison.task), other
    one = _in_fresh_process(_timed, comparison.task)
    return one, _in_fresh_process(_timed, comparison.unavoidable)


def _timed(task: Task) -> Timing:
    task.work(replace(task, source=task.warm_up))
    wall, cpu = time.perf_counter(), time.process_time()
    frames, z = task.work(task)
    return Timing(time.perf_counter() - wall, time.process_time() - cpu, _peak_mib(), frames, z)


def _embedding(source: Path) -> Timing:
    """Mark frames that are decoded already, and encode nothing."""
    with open_video(source) as reader:
        frames = list(itertools.islice(reader, EMBED_FRAMES))
    _embed(frames[:1])
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(EMBED_ROUNDS):
        _embed(frames)
    return Timing(time.perf_counter() - wall, time.process_time() - cpu, _peak_mib(), EMBED_ROUNDS * len(frames))


def _embed(frames: Sequence[Frame]) -> None:
    for _ in Embedder(KEY, PAYLOAD).embed(frames):
        pass


def _in_fresh_process(work: Callable[[Argument], Result], argument: Argument) -> Result:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, argument).result()


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def _identity(comparison: Comparison) -> dict[str, str]:
    return {"size": comparison.size, "what": comparison.what, "beside": comparison.beside}


def _row(comparison: Comparison, pairs: Sequence[tuple[Timing, Timing]]) -> dict[str, Any]:
    return _identity(comparison) | {
        "pairs": len(pairs),
        "wall_ratio": _spread([one.wall_seconds / other.wall_seconds for one, other in pairs]),
        "cpu_ratio": _spread([one.cpu_seconds / other.cpu_seconds for one, other in pairs]),
        "frames_per_second": statistics.median(one.frames / one.wall_seconds for one, _ in pairs),
        "frames_per_second_beside": statistics.median(other.frames / other.wall_seconds for _, other in pairs),
        "peak_mib": max(one.peak_mib for one, _ in pairs),
        "peak_mib_beside": max(other.peak_mib for _, other in pairs),
        "z": pairs[0][0].z,
    }


def _alone(size: str, reel: Path, rounds: int) -> dict[str, Any]:
    timings = [_in_fresh_process(_embedding, reel) for _ in range(rounds)]
    return {
        "size": size,
        "what": "the mark alone",
        "beside": None,
        "pairs": rounds,
        "frames_per_second": statistics.median(each.frames / each.wall_seconds for each in timings),
        "frames_per_second_per_core": statistics.median(each.frames / each.cpu_seconds for each in timings),
        "peak_mib": max(each.peak_mib for each in timings),
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "lowest": min(values), "highest": max(values)}


def _start_up(arguments: Sequence[str], rounds: int) -> dict[str, Any]:
    """Return the processor time of a whole command, seconds."""
    seconds = []
    for _ in range(rounds):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([sys.executable, "-m", "indelible", *arguments], stdout=subprocess.DEVNULL, check=False)
        if done.returncode not in (0, 1):  # 1 says that there is no mark, which so few frames may not show
            raise IndelibleError(f"indelible {' '.join(arguments)} ended with {done.returncode}")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    named = " ".join(Path(each).name for each in ("indelible", *arguments))
    return {"what": named, "cpu_seconds": _spread(seconds)}
