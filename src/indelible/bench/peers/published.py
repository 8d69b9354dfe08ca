"""Figures that others have published of systems that cannot be run here, because their weights are not in a package. Data only.

None of them was measured by us, and none on our footage, through our channels or at our distortion: they say where the field stands, not
who is ahead. What a source does not say is said to be unknown.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Published:
    """One published figure.

    Args:
        system: and its version.
        payload: bits, as published.
        figure: what was measured.
        conditions: under which, as far as the source says.
        source: where it can be read.
    """

    system: str
    payload: str
    figure: str
    conditions: str
    source: str


_DEMO = "their clip 1.mp4, 1904x1080, 256 frames, one clip; libx264, default preset; PSNR 48.33 dB (RGB or Y not said)"
_DEMO_SOURCE = "facebookresearch/videoseal@871eda0, notebooks/video_inference.ipynb, committed outputs"
_TOOLKIT_SOURCE = "AI45Lab/AIGC-Identification-Toolkit, benchmarks/Video-Bench/results/videoseal_robustness/metrics.json"
_OVERWRITING = "PingsiZhong1/videoseal-watermark-overwriting"

PUBLISHED: tuple[Published, ...] = (
    Published("VideoSeal 1.0", "256", "256 of 256 bits without attack (p = 8.6e-78)", _DEMO, _DEMO_SOURCE),
    Published("VideoSeal 1.0", "256", "H.264 CRF 40: 204 of 256 bits (p = 9.3e-23)", _DEMO, _DEMO_SOURCE),
    Published("VideoSeal 1.0", "256", "H.264 CRF 50: 137 of 256 bits (p = 0.144, not found)", _DEMO, _DEMO_SOURCE),
    Published("VideoSeal 1.0", "256", "H.264 CRF 30 and a crop of 0.75: 157 of 256 bits (p = 1.7e-4)", _DEMO, _DEMO_SOURCE),
    Published(
        "VideoSeal 1.0",
        "256",
        "bit accuracy: clean 0.988, 20 % of frames removed 0.987, mean of 5 frames 0.975, crop of 0.9 0.955, JPEG 20 0.850",
        "VideoMarkBench clips, PSNR 40.59 dB; number of clips and sizes not known to us; MPEG-4 was skipped",
        _TOOLKIT_SOURCE,
    ),
    Published(
        "PixelSeal",
        "256",
        "bit accuracy 100 % after its own transcode; 0 % of a first mark's bits after a second marking with the public weights",
        "the VideoSeal clip, 40.83 dB; quality of the transcode not stated",
        f"{_OVERWRITING}, results/pixelseal_overwrite/results.csv",
    ),
    Published(
        "APCVW",
        "1024 (an Ed25519 signature)",
        "99.3 % of 1000 clips ship a signature that verifies; wrong key 0 of 1000; of the clips that ship, 100 % verify after H.264 "
        "and 97.4 % after rescaling to a half",
        "only clips that passed its own check before (gated); CRF not stated; quality chosen by clip on a ladder of 42 to 32 dB; "
        "browser version, sides that are powers of two",
        "GY19A/asymmetric-phase-coding-video-watermarking@6077c8e, README.md (arXiv 2608.29212)",
    ),
    Published(
        "TrustMark Q / P",
        "100 raw, 40 to 75 after error correction",
        "PSNR 43 to 45 dB (Q), 48 to 50 dB (P); no figure for video codecs",
        'images, not video; its authors call video "being considered"',
        "adobe/trustmark@0227423, README, CONFIG and FAQ",
    ),
    Published(
        "TrustMark",
        "100 raw",
        "found at 0.1 % false alarms after image-to-video generation: 0.50 in frame 7, 0.16 in frame 19",
        "images through Stable Video Diffusion (W-Bench); not a codec",
        "Shilin-LU/VINE, committed results of W-Bench",
    ),
)
