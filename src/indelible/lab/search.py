"""Search by CMA-ES that can be gone on with later (Hansen, "The CMA evolution strategy: a tutorial", arXiv:1604.00772).

The library's state cannot be stored whole (its random generator is left out), and need not be: the search is deterministic, so a journal
of the fitnesses that it was told brings it back to where it stopped, candidate by candidate.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from indelible.errors import InputError, OutputError, missing_extra

if TYPE_CHECKING:
    from cmaes import CMA

Point = NDArray[np.float64]

FEWEST = 4  # points in a generation


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """Where to search.

    Args:
        start: where to begin, shape (n,).
        spread: standard deviation of the first generation in every direction.
        bounds: lowest and highest of each coordinate, shape (n, 2); infinity for none.
    """

    start: Point
    spread: float
    bounds: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Best:
    """The best point of a search, its fitness, and in which generation it came up (from 1)."""

    point: Point
    fitness: float
    generation: int


class Search:
    """A search that maximises; ask for a generation, judge it, tell.

    Args:
        space: where to search.
        population: points in a generation, at least 4.
        seed: of the points, 0 to 2^32 - 1.

    Raises:
        MissingExtraError: if the library is not installed.
        InputError: if the population is smaller.
    """

    def __init__(self, space: Space, *, population: int, seed: int) -> None:
        if population < FEWEST:
            raise InputError(f"a population of {population}; CMA-ES ranks at least {FEWEST}")
        self._optimiser: CMA = _library()(mean=space.start, sigma=space.spread, bounds=space.bounds, population_size=population, seed=seed)
        self._best: Best | None = None
        self.generation = 0

    @property
    def best(self) -> Best:
        """The best point told so far.

        Raises:
            InputError: if nothing was told.
        """
        if self._best is None:
            raise InputError("nothing has been judged yet")
        return self._best

    def ask(self) -> list[Point]:
        """Return a new generation, to be judged and told about before the next."""
        return [self._optimiser.ask() for _ in range(self._optimiser.population_size)]

    def tell(self, points: Sequence[Point], fitnesses: Sequence[float]) -> None:
        """Take the fitness of each point of the generation that was asked for; higher is better."""
        self.generation += 1
        # The library minimises. (The research told it a fitness to maximise, so that its search ran away from what it looked for.)
        self._optimiser.tell([(point, -fitness) for point, fitness in zip(points, fitnesses, strict=True)])
        top = int(np.argmax(fitnesses))
        if self._best is None or fitnesses[top] > self._best.fitness:
            self._best = Best(np.array(points[top]), float(fitnesses[top]), self.generation)


class Journal:
    """A file of what a search was told: a line that says which search it is, and one for each generation.

    Args:
        path: of the file; made if it is not there.
        search: all that decides the search; a file of another one is not gone on with.
        resume: whether to go on with what is there; without, it is begun anew.

    Raises:
        InputError: if the file is of another search.
        OutputError: if it cannot be written.
    """

    def __init__(self, path: Path, search: Mapping[str, Any], *, resume: bool) -> None:
        self._path = path
        header = {"search": json.loads(json.dumps(search))}
        lines = _whole_lines(path) if resume else []
        if lines and lines[0] != header:
            raise InputError(f"{path} is the journal of another search; use --fresh to replace it, or another output")
        self.generations: tuple[dict[str, Any], ...] = tuple(lines[1:])
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Written anew, so that a line cut off by an interruption goes.
            path.write_text("".join(f"{json.dumps(line)}\n" for line in (header, *self.generations)), encoding="utf-8")
        except OSError as error:
            raise OutputError(f"cannot write {path}: {error.strerror or error}") from error

    def add(self, entry: Mapping[str, Any]) -> None:
        """Write down a generation; it is in the file when this returns."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(entry, allow_nan=False)}\n")
        self.generations += (dict(entry),)


def run_search(search: Search, journal: Journal, judge: Callable[[int, Sequence[Point]], Mapping[str, Any]], *, generations: int) -> Best:
    """Search until so many generations have been told of, those of the journal among them.

    Args:
        search: a new one.
        journal: of this search.
        judge: called with the number of the generation (from 1) and its points; returns what goes into the journal, with a list
            ``fitnesses``, one for each point.
        generations: in all.
    """
    while search.generation < generations:
        points = search.ask()
        if search.generation < len(journal.generations):
            entry: Mapping[str, Any] = journal.generations[search.generation]
        else:
            entry = judge(search.generation + 1, points)
            journal.add(entry)
        search.tell(points, entry["fitnesses"])
    return search.best


def _whole_lines(path: Path) -> list[dict[str, Any]]:
    lines = []
    if path.exists():
        for text in path.read_text(encoding="utf-8").splitlines():
            try:
                lines.append(json.loads(text))
            except ValueError:
                break
    return lines


def _library() -> type[CMA]:
    try:
        from cmaes import CMA
    except ImportError as error:
        raise missing_extra("cmaes", extra="lab") from error
    library: type[CMA] = CMA
    return library
