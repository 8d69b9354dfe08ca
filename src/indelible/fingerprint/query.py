"""What a copy may have been before it was edited: the codes of a video under each guess of how it was cropped, turned, framed or mirrored.

What is searched in holds two codes a moment; all the rest is guessed on the side of the query, which costs no space.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from indelible.fingerprint.code import ALGORITHM, KEY_FRAMES, MIDDLE, WHOLE, Codes
from indelible.fingerprint.insets import MOST, insets
from indelible.fingerprint.make import MIDDLE_WINDOW, turned
from indelible.fingerprint.moments import Moment, instants, moments
from indelible.fingerprint.picture import SIDE, UNIT, WHOLE_PICTURE, Cells, Sums, Window, averaged, sums
from indelible.fingerprint.slots import SlotMaker
from indelible.fingerprint.transform import CODE_SIDE, CONFIRM_SIDE, changes_of, codes_of, mirrored_codes, mirrored_confirm
from indelible.frames import Frame

Effort = Literal["plain", "fast", "full"]

STEP_SLOTS = 2  # twice as dense as what is kept, so that some moment of the query lies near each
_AT_ONCE = 120  # moments, a minute (of instants half of one); insets stay as long

CROPS = (0.05, 0.10, 0.15)  # lost at each side; 0.20 leaves just the middle
CORNERS = (0.10, 0.20)  # lost at two sides that meet
TWO_SIDES = (0.125, 0.20)  # lost at two opposite sides: 16:9 cut to 4:3, or to a square nearly
TURNS_DEG = (-5.0, -2.5, 2.5, 5.0)
_HALF = UNIT // 2
HALVES = (Window(0, _HALF), Window(_HALF, UNIT), Window(0, UNIT, 0, _HALF), Window(0, UNIT, _HALF, UNIT))


@dataclass(frozen=True, slots=True)
class Guess:
    """One guess of what was done to a picture.

    Args:
        name: for people, for example ``crop 10 %``.
        view: the stored view that should be seen again.
        window: where it is in the picture without bars.
        quarter_turns: counter-clockwise, that undo a turn.
        turn_deg: counter-clockwise, that undoes a slight turn.
        inset: which inset the picture was; None for none. Its window is found in the pictures.
        mirrored: whether left and right were exchanged.
        likely: whether it is tried before others.
    """

    name: str
    view: int
    window: Window = WHOLE_PICTURE
    quarter_turns: int = 0
    turn_deg: float = 0.0
    inset: int | None = None
    mirrored: bool = False
    likely: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """The codes of a query under one guess, as those of a fingerprint: shapes (n,), (n, 4), (n,), (n, 32)."""

    guess: Guess
    start_seconds: NDArray[np.float64]
    codes: Codes
    weights: NDArray[np.uint8]
    confirm: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Query:
    """A video to look for.

    Args:
        tracks: of each guess, all with the same times.
        duration_seconds: of the video.
        algorithm: of the fingerprints that it can be looked for among.
    """

    tracks: tuple[Track, ...]
    duration_seconds: float
    algorithm: str = ALGORITHM


def guesses(effort: Effort) -> tuple[Guess, ...]:
    """Return what is tried: nothing but the view as it is, or crops and mirrors too, or also turns, stacks and insets."""
    plain = (Guess("as it is", WHOLE), Guess("as it is, middle", MIDDLE, MIDDLE_WINDOW))
    if effort == "plain":
        return plain
    crops = [Guess(f"crop {crop:.0%}", MIDDLE, _middle_after(*[crop] * 4)) for crop in CROPS]
    crops.append(Guess("crop 20%", MIDDLE))
    found = (*plain, *crops)
    if effort == "full":
        unlikely = [
            Guess(f"corner {crop:.0%}, {vertical} {horizontal}", MIDDLE, _middle_after(*lost))
            for crop in CORNERS
            for vertical, rows in (("top", (0.0, crop)), ("bottom", (crop, 0.0)))
            for horizontal, columns in (("left", (0.0, crop)), ("right", (crop, 0.0)))
            for lost in [(*rows, *columns)]
        ]
        unlikely += [Guess(f"sides {crop:.1%}", MIDDLE, _middle_after(0.0, 0.0, crop, crop)) for crop in TWO_SIDES]
        unlikely += [Guess(f"top and bottom {crop:.1%}", MIDDLE, _middle_after(crop, crop, 0.0, 0.0)) for crop in TWO_SIDES]
        unlikely += [Guess(f"turn {90 * quarter}", WHOLE, quarter_turns=4 - quarter) for quarter in (1, 2, 3)]
        unlikely += [Guess(f"turn {-angle:g}", MIDDLE, MIDDLE_WINDOW, turn_deg=angle) for angle in TURNS_DEG]
        unlikely += [Guess(f"part {index + 1}", WHOLE, half) for index, half in enumerate(HALVES)]
        unlikely += [Guess(f"inset {index + 1}", WHOLE, inset=index) for index in range(MOST)]
        found += tuple(replace(guess, likely=False) for guess in unlikely)
    return found


def make_query(
    frames: Iterable[Frame],
    *,
    effort: Effort = "fast",
    quarter_turns: int = 0,
    aspect: float = 1.0,
    mirrors: bool = True,
    algorithm: str = ALGORITHM,
) -> Query:
    """Return the codes of a video under every guess, in memory that does not hold more than a minute of small pictures.

    Args:
        frames: in order of presentation, all of one size; not kept.
        effort: how much is guessed.
        quarter_turns: counter-clockwise, to turn the frames as they are shown.
        aspect: width by height of the picture as it is shown.
        mirrors: whether to add the mirror image of each guess, unless the effort is "plain".
        algorithm: of what it will be looked for among. Of those of key frames every quarter of a second is asked for: any may be one.

    Raises:
        InputError: if pictures change their size.
    """
    maker = SlotMaker()
    tried = guesses(effort)
    parts: list[list[Track]] = []
    slots = turned(maker.slots(frames), quarter_turns)
    for chunk in _chunks(instants(slots) if algorithm == KEY_FRAMES else moments(slots, step_slots=STEP_SLOTS)):
        parts.append(_tracks(chunk, tried, aspect))
    tracks = [_joined(of_guess) for of_guess in zip(*parts, strict=True)]
    return Query(with_mirrors(tracks) if mirrors and effort != "plain" else tuple(tracks), maker.duration_seconds, algorithm)


def with_mirrors(tracks: Sequence[Track]) -> tuple[Track, ...]:
    """Return tracks and the mirror image of each, which costs no look at any picture."""
    return (*tracks, *map(_mirrored, tracks))


def _middle_after(top: float, bottom: float, left: float, right: float) -> Window:
    """Return where the middle lies in a picture that lost these shares at its sides."""

    def within(place: int, before: float, after: float) -> int:
        return min(UNIT, max(0, round(UNIT * (place / UNIT - before) / (1.0 - before - after))))

    first, last = MIDDLE_WINDOW.top, MIDDLE_WINDOW.bottom
    return Window(within(first, top, bottom), within(last, top, bottom), within(first, left, right), within(last, left, right))


def _chunks(found: Iterable[Moment]) -> Iterator[list[Moment]]:
    held: list[Moment] = []
    for moment in found:
        held.append(moment)
        if len(held) == _AT_ONCE:
            yield held
            held = []
    if held:
        yield held


def _tracks(chunk: list[Moment], tried: Sequence[Guess], aspect: float) -> list[Track]:
    places = insets([moment.picture for moment in chunk]) if any(guess.inset is not None for guess in tried) else []
    upright = [(sums(moment.picture), sums(moment.change)) for moment in chunk]
    return [_track(chunk, upright, guess, places, aspect) for guess in tried]


def _track(chunk: list[Moment], upright: list[tuple[Sums, Sums]], guess: Guess, places: list[Window], aspect: float) -> Track:
    known = guess.inset is None or guess.inset < len(places)
    pictures, differences = [], []
    for moment, tables in zip(chunk, upright, strict=True):
        active = places[guess.inset] if guess.inset is not None and known else moment.active.turned(guess.quarter_turns)
        window = guess.window.within(active)
        if guess.quarter_turns or guess.turn_deg:
            tables = sums(_undone(moment.picture, guess, aspect)), sums(_undone(moment.change, guess, aspect))
        pictures.append(averaged(tables[0], window, CODE_SIDE))
        differences.append(averaged(tables[1], window, CONFIRM_SIDE))
    codes, weights = codes_of(np.stack(pictures))
    return Track(
        guess,
        np.array([moment.start_seconds for moment in chunk]),
        codes,
        weights if known else np.zeros_like(weights),
        np.stack([changes_of(difference) for difference in differences]),
    )


def _undone(cells: Cells, guess: Guess, aspect: float) -> Cells:
    """Return a small picture turned as the guess says."""
    if guess.quarter_turns:
        return np.rot90(cells, guess.quarter_turns)
    # Not of what is stored, so it need not be exact. The cells are not square where the picture is not.
    turn = np.deg2rad(guess.turn_deg)
    rotation = np.array([[np.cos(turn), -np.sin(turn) / aspect], [np.sin(turn) * aspect, np.cos(turn)]])
    centre = np.array([SIDE - 1, SIDE - 1]) / 2.0
    matrix = np.column_stack([rotation, centre - rotation @ centre])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    turned_cells = cv2.warpAffine(cells.astype(np.float32), matrix, (SIDE, SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(np.rint(turned_cells), np.int64)


def _joined(parts: Sequence[Track]) -> Track:
    return Track(
        parts[0].guess,
        np.concatenate([part.start_seconds for part in parts]),
        np.concatenate([part.codes for part in parts]),
        np.concatenate([part.weights for part in parts]),
        np.concatenate([part.confirm for part in parts]),
    )


def _mirrored(track: Track) -> Track:
    mirrored = replace(track.guess, name=f"{track.guess.name}, mirrored", mirrored=True)
    return Track(mirrored, track.start_seconds, mirrored_codes(track.codes), track.weights, mirrored_confirm(track.confirm))
