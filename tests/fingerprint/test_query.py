from dataclasses import replace

import cv2
import numpy as np
import pytest

from indelible.fingerprint.code import distances
from indelible.fingerprint.make import make_fingerprint
from indelible.fingerprint.query import guesses, make_query
from indelible.frames import Frame
from tests.fingerprint.scenes import moving


@pytest.fixture(scope="module")
def film():
    return moving(6.0, height=360, width=640, drift=4.0)


@pytest.fixture(scope="module")
def fingerprint(film):
    return make_fingerprint(film)


def edited(film, change):
    return [replace(frame, y=np.ascontiguousarray(change(frame.y))) for frame in film]


def cropped(share):
    def crop(y):
        top, left = round(y.shape[0] * share), round(y.shape[1] * share)
        return y[top : y.shape[0] - top, left : y.shape[1] - left]

    return crop


def turned(degrees):
    def turn(y):
        height, width = y.shape
        return cv2.warpAffine(y, cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), degrees, 1.0), (width, height))

    return turn


def inset(y):
    behind = cv2.GaussianBlur(y, (0, 0), 12)
    small = cv2.resize(y, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
    top, left = (y.shape[0] - small.shape[0]) // 2, (y.shape[1] - small.shape[1]) // 3
    behind[top : top + small.shape[0], left : left + small.shape[1]] = small
    return behind


def bits_by_guess(query, fingerprint):
    """The median distance between each guess of a query and the moments of a fingerprint that begin at the same times."""
    found = {}
    for track in query.tracks:
        view = fingerprint.views == track.guess.view
        same = np.isin(track.start_seconds, fingerprint.start_seconds[view])
        count = min(int(same.sum()), int(view.sum()))
        found[track.guess.name] = float(np.median(distances(track.codes[same][:count], fingerprint.codes[view][:count])))
    return found


@pytest.mark.parametrize(
    ("change", "guess"),
    [
        (lambda y: y, "as it is"),
        (lambda y: y, "as it is, middle"),
        (cropped(0.05), "crop 5%"),
        (cropped(0.10), "crop 10%"),
        (cropped(0.15), "crop 15%"),
        (cropped(0.20), "crop 20%"),
        (lambda y: y[:324, :576], "corner 10%, top left"),
        (lambda y: y[72:, :512], "corner 20%, bottom left"),
        (lambda y: y[:288, 128:], "corner 20%, top right"),
        (lambda y: y[:, 80:560], "sides 12.5%"),
        (lambda y: y[45:315], "top and bottom 12.5%"),
        (lambda y: y[:, ::-1], "as it is, mirrored"),
        (lambda y: cropped(0.10)(y)[:, ::-1], "crop 10%, mirrored"),
        (lambda y: np.rot90(y, 1), "turn 90"),
        (lambda y: np.rot90(y, 2), "turn 180"),
        (lambda y: np.rot90(y, 3), "turn 270"),
        (turned(2.5), "turn 2.5"),
        (turned(-5.0), "turn -5"),
        (lambda y: np.vstack([y, y[::-1, ::-1]]), "part 1"),
        (lambda y: np.hstack([y[::-1], y]), "part 4"),
    ],
)
def test_a_right_guess_gives_the_stored_code_back(film, fingerprint, change, guess):
    frames = edited(film, change)
    found = bits_by_guess(make_query(frames, effort="full", aspect=frames[0].width / frames[0].height), fingerprint)
    assert found[guess] <= 30
    assert found[guess] <= min(found.values()) + 20
    assert sum(bits > 90 for bits in found.values()) > len(found) / 2


def test_an_inset_is_found(film, fingerprint):
    found = bits_by_guess(make_query(edited(film, inset), effort="full"), fingerprint)
    assert min(bits for guess, bits in found.items() if guess.startswith("inset")) <= 30
    assert found["as it is"] > 60


@pytest.mark.parametrize("effort", ["plain", "fast", "full"])
def test_tracks_are_the_guesses_and_their_mirror_images(effort):
    tracks = make_query(moving(2.0), effort=effort).tracks
    assert len(tracks) == len(guesses(effort)) * (1 if effort == "plain" else 2)
    assert len({track.guess for track in tracks}) == len(tracks)
    assert len({len(track.codes) for track in tracks}) == 1


def test_a_picture_without_insets_has_no_codes_of_them():
    flat = [Frame(y=np.full((64, 64), 100, np.uint8), pts=100 * index) for index in range(30)]
    assert not any(track.weights.any() for track in make_query(flat, effort="full").tracks)
