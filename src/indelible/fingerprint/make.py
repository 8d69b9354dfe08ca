"""Making the fingerprint of a video, the one that is kept and searched in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from indelible.errors import InputError
from indelible.fingerprint.code import ALGORITHM, CONFIRM_BYTES, KEY_FRAMES, VIEWS, WORDS, Fingerprint
from indelible.fingerprint.moments import Moment, instant, moments
from indelible.fingerprint.picture import UNIT, WHOLE_PICTURE, Window, averaged, sums
from indelible.fingerprint.slots import Slot, SlotMaker, slot_of
from indelible.fingerprint.transform import CODE_SIDE, CONFIRM_SIDE, changes_of, codes_of
from indelible.frames import Frame

_MARGIN = UNIT // 5
MIDDLE_WINDOW = Window(_MARGIN, UNIT - _MARGIN, _MARGIN, UNIT - _MARGIN)
"""Of the picture without bars. It is found again in copies that lost margins, each side up to a fifth."""

VIEW_WINDOWS = (WHOLE_PICTURE, MIDDLE_WINDOW)
_AT_ONCE = 32  # moments


def make_fingerprint(frames: Iterable[Frame], *, quarter_turns: int = 0) -> Fingerprint:
    """Return the fingerprint of a video, in memory that grows by 150 bytes a second only.

    Args:
        frames: in order of presentation, all of one size; not kept.
        quarter_turns: counter-clockwise, to turn the frames as they are shown.

    Raises:
        InputError: if pictures change their size.
    """
    maker = SlotMaker()
    parts = list(_parts(moments(turned(maker.slots(frames), quarter_turns))))
    return joined(parts, duration_seconds=maker.duration_seconds)


def make_key_frame_fingerprint(frames: Iterable[Frame], *, quarter_turns: int = 0) -> Fingerprint:
    """Return the fingerprint of a video of which only some frames are known, each a moment of its own; of algorithm `KEY_FRAMES`.

    Its duration ends with the last frame: nothing here knows for how long that is shown.

    Args:
        frames: in order of presentation, all of one size and with a time; not kept.
        quarter_turns: counter-clockwise, to turn the frames as they are shown.

    Raises:
        InputError: if pictures change their size, or one has no time.
    """
    parts = list(_parts(_key_moments(frames, quarter_turns)))
    duration = float(parts[-1].start_seconds[-1]) if parts else 0.0
    return joined(parts, duration_seconds=duration, algorithm=KEY_FRAMES)


def _key_moments(frames: Iterable[Frame], quarter_turns: int) -> Iterator[Moment]:
    first: Frame | None = None
    for frame in frames:
        first = first or frame
        if frame.pts_seconds is None or first.pts_seconds is None:
            raise InputError("a frame has no time; key frames need one, or nothing tells how far they are apart")
        if frame.y.shape != first.y.shape:
            raise InputError(f"pictures change their size to {frame.width}x{frame.height}; a fingerprint needs one size")
        (slot,) = turned([slot_of(frame)], quarter_turns)
        yield instant(slot, frame.pts_seconds - first.pts_seconds)


def turned(slots: Iterable[Slot], quarter_turns: int) -> Iterator[Slot]:
    """Yield slots turned counter-clockwise."""
    for slot in slots:
        rows, columns = slot.row_extremes, slot.column_extremes
        for _ in range(quarter_turns % 4):
            rows, columns = columns[:, ::-1], rows
        yield Slot(np.rot90(slot.picture, quarter_turns), rows, columns)


def joined(parts: Iterable[Fingerprint], *, duration_seconds: float, algorithm: str = ALGORITHM) -> Fingerprint:
    """Return one fingerprint of parts that follow each other."""
    whole = [*parts] or [_empty()]
    return Fingerprint(
        start_seconds=np.concatenate([part.start_seconds for part in whole]),
        codes=np.concatenate([part.codes for part in whole]),
        weights=np.concatenate([part.weights for part in whole]),
        views=np.concatenate([part.views for part in whole]),
        confirm=np.concatenate([part.confirm for part in whole]),
        duration_seconds=duration_seconds,
        algorithm=algorithm,
    )


def _parts(found: Iterable[Moment]) -> Iterator[Fingerprint]:
    """Yield fingerprints of half a minute each, so that no more pictures than these are held."""
    held: list[Moment] = []
    for moment in found:
        held.append(moment)
        if len(held) == _AT_ONCE:
            yield _of_moments(held)
            held = []
    if held:
        yield _of_moments(held)


def _of_moments(found: list[Moment]) -> Fingerprint:
    pictures, differences = [], []
    for moment in found:
        picture, change = sums(moment.picture), sums(moment.change)
        for window in VIEW_WINDOWS:
            inside = window.within(moment.active)
            pictures.append(averaged(picture, inside, CODE_SIDE))
            differences.append(averaged(change, inside, CONFIRM_SIDE))
    codes, weights = codes_of(np.stack(pictures))
    return Fingerprint(
        start_seconds=np.repeat([moment.start_seconds for moment in found], len(VIEWS)),
        codes=codes,
        weights=weights,
        views=np.tile(np.array(VIEWS, np.uint8), len(found)),
        confirm=np.stack([changes_of(difference) for difference in differences]),
        duration_seconds=0.0,
    )


def _empty() -> Fingerprint:
    return Fingerprint(
        start_seconds=np.zeros(0),
        codes=np.zeros((0, WORDS), np.uint64),
        weights=np.zeros(0, np.uint8),
        views=np.zeros(0, np.uint8),
        confirm=np.zeros((0, CONFIRM_BYTES), np.uint8),
        duration_seconds=0.0,
    )
