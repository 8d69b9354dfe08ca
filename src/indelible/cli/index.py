"""``indelible index``: add, remove, search, info and dedupe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import click

from indelible.cli.batch import batch_options, key_frames_option, list_option, listed_files
from indelible.cli.limits import limit_option
from indelible.cli.terminal import columns, complain, print_document, progress_bar, warn
from indelible.errors import IndelibleError

if TYPE_CHECKING:
    from indelible.fingerprint.query import Effort
    from indelible.video import Limits
    from indelible.workflows.catalogue import IndexedFile
    from indelible.workflows.search import FoundMatch, SearchResult

__all__ = ["index"]

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _store_option(command: _Command) -> _Command:
    return click.option(
        "--store",
        "place",
        metavar="FILE|URL",
        required=True,
        help="Where the fingerprints are: a file, or postgresql://USER@HOST/DATABASE.",
    )(command)


_FALSE_MATCHES = click.option(
    "--false-matches",
    "most_false_matches",
    type=click.FloatRange(0.0, min_open=True),
    default=1e-3,
    show_default=True,
    metavar="N",
    help="Report what is to be expected at most so often by chance, at this size of the store.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON: one object a line.")


@click.group()
def index() -> None:
    """Keep fingerprints of many videos, and find in which of them one was seen before.

    A store is one file, or a PostgreSQL database for what one machine cannot hold. Several processes may use it at once.
    """


@index.command(
    short_help="Store the fingerprints of videos.",
    epilog="""\b
Examples:
  indelible index add --store films.db films/
  indelible index add --store films.db film.mp4 --id "Film, 1967"
  find /archive -name '*.mxf' | indelible index add --store films.db --files-from - --jobs 8
  indelible index add --store postgresql://me@host/films archive/ --shard 3/16 --json""",
)
@_store_option
@click.argument("sources", metavar="[IN]...", nargs=-1)
@click.option("--id", "video_id", metavar="TEXT", help="What the video is called, of one IN; its path as given without.")
@key_frames_option
@batch_options
@limit_option
@_JSON
@click.pass_context
def add(
    ctx: click.Context,
    place: str,
    sources: tuple[str, ...],
    video_id: str | None,
    key_frames: bool,
    lists: tuple[str, ...],
    shard: str | None,
    jobs: int,
    limits: Limits,
    as_json: bool,
) -> None:
    """Store the fingerprints of videos. IN may be a folder, for all videos below it.

    What is said to be added is on the disk. To go on after an interrupt, run the same again: files that are stored and have not changed are
    left out. A file that cannot be read, or ends the process that reads it, is listed with its error and stops none of the others; the exit
    code is the worst of all.

    With --key-frames, the store is one of key frames from its first video on; search it as any other.
    """
    from indelible.workflows.catalogue import add_files

    files = listed_files(sources, lists, shard)
    worst, failed = 0, []
    with progress_bar(f"{len(files)} files") as progress:
        added = add_files(place, files, video_id=video_id, key_frames=key_frames, jobs=jobs, limits=limits, progress=progress)
        for done in added:
            worst = max(worst, done.exit_code)
            warn(f"{done.file}: {sentence}" for sentence in done.warnings)
            if done.status == "failed":
                failed.append(done)
            if as_json:
                print_document(done.to_json())
            elif done.status != "failed":
                click.echo(_added_in_words(done))
    for each in failed:  # together, and last, where they are seen
        complain(f"error: {each.error}")
    if len(failed) > 1:
        complain(f"{len(failed)} of {len(files)} files are not stored")
    ctx.exit(worst)


@index.command(
    short_help="Remove videos.",
    epilog="""\b
Examples:
  indelible index remove --store films.db films/film.mp4""",
)
@_store_option
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@_JSON
@click.pass_context
def remove(ctx: click.Context, place: str, ids: tuple[str, ...], as_json: bool) -> None:
    """Remove videos from the store by their ids. Exits with 1 if one is not there."""
    from indelible.workflows.catalogue import removal_document, remove_videos

    removed = remove_videos(place, ids)
    for each, gone in removed.items():
        if as_json:
            print_document(removal_document(each, gone))
        else:
            click.echo(f"{each}: {'removed' if gone else 'not in the store'}")
    ctx.exit(0 if all(removed.values()) else 1)


@index.command(
    short_help="Find in which stored videos a video was seen before.",
    epilog="""\b
Examples:
  indelible index search --store films.db found.mp4
  indelible index search --store films.db uploads/ --effort fast --json
  indelible index search --store films.db found.mp4 --report found.html
  curl -s https://example.org/clip.webm | indelible index search --store films.db -""",
)
@_store_option
@click.argument("sources", metavar="[IN]...", nargs=-1)
@list_option
@click.option(
    "--effort",
    type=click.Choice(["plain", "fast", "full"]),
    default="full",
    show_default=True,
    help="What is tried: the video as it is, also crops and mirrors, or also turns, stacks and pictures in pictures.",
)
@_FALSE_MATCHES
@click.option("--report", metavar="FILE.html", help="Write a page with timelines, pictures side by side and distances.")
@limit_option
@click.option("--force", is_flag=True, help="Replace the report if it exists.")
@_JSON
@click.pass_context
def search(
    ctx: click.Context,
    place: str,
    sources: tuple[str, ...],
    lists: tuple[str, ...],
    effort: Effort,
    most_false_matches: float,
    report: str | None,
    limits: Limits,
    force: bool,
    as_json: bool,
) -> None:
    """Find in which stored videos a video was seen before, from where to where, and how sure that is.

    Of each match, the number of such matches is said that were to be expected if the video had nothing to do with any that is stored. IN
    may be a folder, or - for a pipe. A report shows pictures of the files themselves, of stored videos too if their ids are paths.

    Exits with 0 if something was found of every file, and with 1 if nothing was of one.
    """
    from indelible.fingerprint.index import open_store
    from indelible.workflows.page import check_page
    from indelible.workflows.search import search_file

    if report is not None:
        check_page(report, overwrite=force)  # before the work, not after it
    files = listed_files(sources, lists, None)
    everything: list[SearchResult] = []
    worst = 0
    with open_store(place) as store:
        for file in files:
            try:
                with progress_bar(file) as progress:
                    found = search_file(store, file, effort=effort, most_false_matches=most_false_matches, limits=limits, progress=progress)
            except IndelibleError as error:
                if len(files) == 1:
                    raise
                complain(f"error: {error}")  # and on to the next file
                worst = max(worst, error.exit_code)
                continue
            if report is not None:
                everything.append(found)
            if as_json:
                print_document(found.to_json())
            else:
                click.echo("\n".join(_found_in_words(found)))
            worst = max(worst, 0 if found.found else 1)
    if report is not None:
        from indelible.workflows.search_report import write_report

        write_report(report, everything, most_false_matches=most_false_matches, overwrite=force)
    ctx.exit(worst)


@index.command(
    short_help="Show what a store holds.",
    epilog="""\b
Examples:
  indelible index info --store films.db""",
)
@_store_option
@_JSON
def info(place: str, as_json: bool) -> None:
    """Show what a store holds."""
    from indelible.workflows.catalogue import info_document, store_info

    found = store_info(place)
    if as_json:
        print_document(info_document(found))
        return
    rows = [
        ("kind", found.kind),
        ("videos", str(found.videos)),
        ("codes", f"{found.codes}" + ("" if found.algorithm is None else f" of {found.algorithm}")),
        ("size", f"{found.size_bytes / 1e6:.1f} MB"),
    ]
    click.echo(f"{found.place}\n{columns(rows)}")


@index.command(
    short_help="Find stored videos that share something.",
    epilog="""\b
Examples:
  indelible index dedupe --store films.db
  indelible index dedupe --store films.db --json > shared.ndjson""",
)
@_store_option
@_FALSE_MATCHES
@_JSON
@click.pass_context
def dedupe(ctx: click.Context, place: str, most_false_matches: float, as_json: bool) -> None:
    """Find stored videos that share something with one that was stored before. Nothing is removed.

    The expected number of false matches is that of all videos together.

    Exits with 0 if there are any, and with 1 if there are none.
    """
    from indelible.fingerprint.index import open_store
    from indelible.workflows.search import duplicates

    any_found = False
    with open_store(place) as store, progress_bar("videos") as progress:
        for duplicate in duplicates(store, most_false_matches=most_false_matches, progress=progress):
            any_found = True
            if as_json:
                print_document(duplicate.to_json())
            else:
                click.echo("\n".join([duplicate.id, *map(_match_in_words, duplicate.matches)]))
    ctx.exit(0 if any_found else 1)


def _added_in_words(done: IndexedFile) -> str:
    if done.status == "unchanged":
        return f"{done.id}: unchanged"
    nothing = "" if done.usable else ", none that can be matched: nothing to see"
    return f"{done.id}: {done.status}, {done.duration_seconds:.1f} s, {done.codes} codes{nothing}"


def _found_in_words(found: SearchResult) -> Iterator[str]:
    if not found.matches:
        yield f"{found.file}: not seen in any of {found.videos} videos"
        return
    yield f"{found.file}: {'seen before' if found.found else 'nothing sure'}"
    yield from map(_match_in_words, found.matches)


def _match_in_words(found: FoundMatch) -> str:
    own = found.match
    query, reference = (f"{start:.1f}-{end:.1f} s" for start, end in (own.query_range_seconds, own.reference_range_seconds))
    edit = [] if own.guess.name.startswith("as it is") and not own.guess.mirrored else [own.guess.name]
    edit += [] if own.speed == 1.0 else [f"{own.speed:g} times as fast"]
    edit += ["but not the same scene: other things move in it"] if own.contradicted else []
    how = f"  ({', '.join(edit)})" if edit else ""
    return f"  {query} is {reference} of {found.id}, 10^{own.log10_expected_false_matches:.1f} such matches expected by chance{how}"
