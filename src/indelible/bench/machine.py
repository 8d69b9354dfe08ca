"""On what a result was measured: machine, versions, commit and corpus, which stand in every result."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import indelible
from indelible.bench.cache import source_digest
from indelible.bench.corpus import Corpus

PACKAGES = ("av", "imageio-ffmpeg", "numpy", "opencv-python-headless", "scipy")


def provenance(corpus: Corpus) -> dict[str, Any]:
    """Return what a reader needs to judge or repeat a measurement, ready for JSON. It names no host and no path."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "commit": commit(),
        "source_digest": source_digest(),
        "machine": {
            "processor": processor_name(),
            "cores": os.cpu_count(),
            "architecture": platform.machine(),
            "system": platform.system(),
        },
        "versions": {"indelible": indelible.__version__, "python": platform.python_version()} | package_versions(),
        "corpus": {"clips": len(corpus.clips), "sources": corpus.sources, "sha256": corpus.digest, "part": corpus.part},
    }


def commit() -> dict[str, Any] | None:
    """Return the commit of the source tree and whether files under it differ, None outside of a git checkout."""
    folder = Path(indelible.__file__).parent
    head = _git("rev-parse", "HEAD", folder=folder)
    if head is None:
        return None
    return {"id": head, "modified": bool(_git("status", "--porcelain", "--", ".", folder=folder))}


def package_versions() -> dict[str, str]:
    """Return the versions of the packages that decide pictures and numbers, as far as they are installed."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def processor_name() -> str:
    """Return the processor's model where the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _git(*arguments: str, folder: Path) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
