"""A folder of videos to measure on: which clips, from which sources, and the bytes that a result rests on."""

from __future__ import annotations

import csv
import fnmatch
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from indelible.errors import InputError
from indelible.video.containers import VIDEO_SUFFIXES

MANIFEST = "MANIFEST.csv"  # columns `file` and `source_repo`; others are for people
CHECKSUMS = "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class CorpusClip:
    """One video of a corpus.

    Args:
        path: where it lies.
        sha256: of its bytes, hexadecimal.
        source: clips of the same source are not independent; the file's name where nothing is known of it.
    """

    path: Path
    sha256: str
    source: str

    @property
    def name(self) -> str:
        """Its file name, which identifies it in results."""
        return self.path.name


@dataclass(frozen=True, slots=True)
class Corpus:
    """The clips of a folder, in the order of their names.

    Args:
        clips: which.
        part: (i, n) if they are only part i of n of what there is.
    """

    clips: tuple[CorpusClip, ...]
    part: tuple[int, int] = (1, 1)

    @property
    def digest(self) -> str:
        """SHA-256 of the lines ``sha256  name``, which is that of a SHA256SUMS file of just these clips."""
        lines = "".join(f"{clip.sha256}  {clip.name}\n" for clip in self.clips)
        return hashlib.sha256(lines.encode()).hexdigest()

    @property
    def sources(self) -> int:
        """How many independent sources the clips come from."""
        return len({clip.source for clip in self.clips})

    def shard(self, index: int, count: int) -> Corpus:
        """Return part ``index`` (1 to ``count``) of the clips; the parts together are the whole.

        A part is every so manieth clip, counted source by source, whatever came out for it. So each part is a systematic sample of the
        whole, with its sources in the same proportions, and a measurement of it can be completed by the other parts.

        Raises:
            InputError: unless 1 <= index <= count.
        """
        if not 1 <= index <= count:
            raise InputError(f"shard {index}/{count}: the first number must be 1 to {max(1, count)}")
        by_source = sorted(self.clips, key=lambda clip: (clip.source, clip.name))
        return Corpus(tuple(sorted(by_source[index - 1 :: count], key=lambda clip: clip.name)), (index, count))

    def half(self, *, odd: bool) -> Corpus:
        """Return the clips of every other source, by the order of the sources' names; the first of them is even.

        What was chosen by looking at one half can be reported on the other, for no source is in both.
        """
        numbers = {source: number for number, source in enumerate(sorted({clip.source for clip in self.clips}))}
        return Corpus(tuple(clip for clip in self.clips if numbers[clip.source] % 2 == int(odd)), self.part)


def load_corpus(folder: str | os.PathLike[str], *, pattern: str = "*") -> Corpus:
    """Return the videos of a folder: those that its MANIFEST.csv names or, without one, all that look like videos.

    Args:
        folder: not searched deeper.
        pattern: which names, as in a shell (``d00*``).

    Raises:
        InputError: if there is no such folder or video, a named file is missing, or bytes are not those of its SHA256SUMS.
    """
    place = Path(folder)
    if not place.is_dir():
        raise InputError(f"{place} is not a folder; give one that holds videos")
    sources = _sources(place)
    names = sorted(name for name in sources if fnmatch.fnmatch(name, pattern))
    if not names:
        raise InputError(f"{place} holds no video named {pattern!r}; videos end in {', '.join(sorted(VIDEO_SUFFIXES))}")
    expected = _checksums(place)
    clips = []
    for name in names:
        clip = CorpusClip(place / name, _sha256(place / name), sources[name])
        if expected.get(name, clip.sha256) != clip.sha256:
            raise InputError(f"{clip.path} is not the file that {CHECKSUMS} pins; fetch the corpus again, or update {CHECKSUMS}")
        clips.append(clip)
    return Corpus(tuple(clips))


def _sources(folder: Path) -> dict[str, str]:
    manifest = folder / MANIFEST
    if not manifest.exists():
        return {file.name: file.name for file in folder.iterdir() if file.suffix.lower() in VIDEO_SUFFIXES}
    with manifest.open(encoding="utf-8", newline="") as lines:
        return {row["file"]: row.get("source_repo") or row["file"] for row in csv.DictReader(lines) if row.get("file")}


def _checksums(folder: Path) -> dict[str, str]:
    file = folder / CHECKSUMS
    if not file.exists():
        return {}
    pairs = (line.split(maxsplit=1) for line in file.read_text(encoding="utf-8").splitlines() if line.strip())
    return {name.strip().removeprefix("*"): digest.lower() for digest, name in pairs}


def _sha256(file: Path) -> str:
    try:
        with file.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror or error}; {MANIFEST} names it") from error
