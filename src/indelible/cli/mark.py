"""``indelible mark``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from indelible.cli.certify import certificate_in_words
from indelible.cli.keyfiles import read_keys
from indelible.cli.limits import limit_option
from indelible.cli.terminal import columns, complain, print_document, progress_bar, quoted, warn

if TYPE_CHECKING:
    from indelible.mark import Payload
    from indelible.video import EncoderSettings, Limits
    from indelible.video.encoders import CodecName
    from indelible.workflows.certificate import Certificate
    from indelible.workflows.certify import Certification
    from indelible.workflows.mark import MarkResult, Strength

__all__ = ["mark"]

_FOLLOW = "copy-settings"
_PIPES = {"nut": "nut", "matroska": "matroska", "y4m": "yuv4mpegpipe"}


@click.command(
    epilog="""\b
Examples:
  indelible mark film.mp4 film-marked.mp4 --key studio.key
  indelible mark film.mp4 out.mkv --key studio.key --payload "copy 17" --codec x265 --crf 20
  indelible mark film.mp4 out.mp4 --key studio.key --payload-hex 00c0ffee --strength strong --json
  indelible mark film.mp4 ann.mp4 --key studio.key --registry copies.db --recipient "Ann"
  indelible mark film.mp4 out.mp4 --key studio.key --quality 45 --report mark.html
  indelible mark film.mp4 out.mp4 --key studio.key --payload "copy 17" --survive x264:crf=34
  indelible mark film.mp4 - --pipe y4m --key studio.key | x265 --y4m - -o out.hevc
  ffmpeg -i film.mov -c copy -f nut - | indelible mark - - --key studio.key | ffmpeg -i - -c copy out.mkv
  indelible mark stream/film.m3u8 marked-stream --key studio.key
  indelible mark long.mp4 out.mp4 --key studio.key --resume"""
)
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@click.option("--key", "key_file", metavar="FILE", required=True, help="The secret key (see: indelible key new).")
@click.option("--payload", "text", metavar="TEXT", help="What the mark says: up to 32 bytes of UTF-8. Without it: only that it is there.")
@click.option("--payload-hex", "digits", metavar="HEX", help="The same as up to 64 hexadecimal digits.")
@click.option("--registry", metavar="FILE", help="Mark this copy unlike any other, and write down in FILE who gets it; made if missing.")
@click.option("--recipient", metavar="NAME", help="Who gets the copy (with --registry).")
@click.option(
    "--strength", type=click.Choice(["light", "standard", "strong"]), help="How much the picture may change.  [default: standard]"
)
@click.option("--quality", "quality_db", type=float, metavar="DB", help="The same as the Y-PSNR of the mark to aim at, 36 to 60 dB.")
@click.option(
    "--codec",
    type=click.Choice(["x264", "x265", "av1", "vp9", _FOLLOW]),
    default="x264",
    show_default=True,
    help=f"The encoder; {_FOLLOW} takes codec and bitrate of IN.",
)
@click.option("--crf", type=float, metavar="N", help="Constant quality, lower is better.  [default: 18 x264, 20 x265, 24 av1 and vp9]")
@click.option("--preset", metavar="P", help="Speed of the encoder.  [default: medium x264 and x265, 8 av1, 4 vp9]")
@click.option(
    "--pipe",
    type=click.Choice(list(_PIPES)),
    help="What OUT is if it is -; y4m holds raw pictures at one rate and nothing else.  [default: nut]",
)
@click.option(
    "--report", metavar="FILE.html", help="Write a page with pictures before and after, and measure what the mark costs in bitrate."
)
@click.option(
    "--certify", "certified", is_flag=True, help="Certify what OUT survives: OUT.certificate.json and .html, without OUT's own suffix."
)
@click.option("--ladder", metavar="NAME", help="The channels to certify for.  [default: certify]")
@click.option(
    "--survive", metavar="SPEC", help="A channel to be certified for: makes the mark stronger where it must be.  [example: x264:crf=34]"
)
@click.option("--floor", "floor_db", type=float, metavar="DB", help="Y-PSNR down to which --survive may go, 36 to 60 dB.  [default: 42]")
@click.option(
    "--resume", is_flag=True, help="Keep what is finished beside OUT, and go on with it if an earlier run with the same options was killed."
)
@click.option(
    "--lookahead",
    "lookahead_seconds",
    type=click.FloatRange(0),
    metavar="SECONDS",
    help="How much video the encoder may hold back, besides the second that the mark does.  [default: 2 from a pipe to a pipe]",
)
@limit_option
@click.option("--force", is_flag=True, help="Replace OUT, the report and the certificate, if they exist.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_context
def mark(
    ctx: click.Context,
    source: str,
    target: str,
    key_file: str,
    text: str | None,
    digits: str | None,
    registry: str | None,
    recipient: str | None,
    strength: Strength | None,
    quality_db: float | None,
    codec: str,
    crf: float | None,
    preset: str | None,
    pipe: str | None,
    report: str | None,
    certified: bool,
    ladder: str | None,
    survive: str | None,
    floor_db: float | None,
    resume: bool,
    lookahead_seconds: float | None,
    limits: Limits,
    force: bool,
    as_json: bool,
) -> None:
    """Put a mark into a video.

    Reads IN and writes OUT, whose suffix names the container. Sound, subtitles, chapters and tags are copied untouched. Either of
    them may be - for a pipe: OUT is then NUT, which keeps exact times, unless --pipe says otherwise, and the result goes to stderr.
    IN may be a playlist (.m3u8), a manifest (.mpd) or a folder of segments; without a suffix OUT is then a folder, with the
    same segments, marked.

    Exits with 1 if nothing could be marked, as in a black video, or OUT is not certified for the channel to survive.
    """
    from indelible.workflows.mark import Registration, mark_file

    if strength and quality_db is not None:
        raise click.UsageError("--strength and --quality say the same; give one of them.")
    if (registry is None) != (recipient is None):
        raise click.UsageError("--registry and --recipient go together: the file, and who gets the copy.")
    (key,) = read_keys([key_file])
    piped = target == "-"
    if pipe is not None and not piped:
        raise click.UsageError("--pipe says what a pipe carries; OUT is a file, whose suffix says it.")
    raw = pipe == "y4m" or (not piped and target.lower().endswith(".y4m"))
    chosen = [name for name in ("codec", "crf", "preset") if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT]
    if raw and chosen:
        raise click.UsageError(f"y4m holds raw pictures, which no encoder makes; leave --{chosen[0]} out.")
    certification = _certification(certified, ladder, survive, floor_db)
    if certification is not None and piped:
        raise click.UsageError("only a file can be certified, and OUT is a pipe.")
    payload, settings = _payload(text, digits), _encoder("raw" if raw else codec, crf, preset)
    with progress_bar("marking") as progress:
        result = mark_file(
            source,
            target,
            key,
            payload=payload,
            registration=None if registry is None or recipient is None else Registration(registry, recipient),
            strength=strength or "standard",
            quality_db=quality_db,
            settings=settings,
            container=_PIPES[pipe] if pipe else None,
            overwrite=force,
            report=report,
            certification=certification,
            resume=resume,
            lookahead_seconds=lookahead_seconds,
            limits=limits,
            progress=progress,
        )
    warn(result.warnings)
    if as_json:
        print_document(result.to_json(), err=piped)
    else:
        click.echo(_in_words(result), err=piped)
    if not result.marked:
        complain("nothing could be hidden in these pictures; the output is not marked")
        ctx.exit(1)
    if survive is not None and result.certificate is not None:
        ctx.exit(_judged(result.certificate))


def _payload(text: str | None, digits: str | None) -> Payload:
    from indelible.mark import Payload

    if text is not None and digits is not None:
        raise click.UsageError("--payload and --payload-hex say the same; give one of them.")
    if digits is not None:
        return Payload.from_hex(digits)
    return Payload.from_text(text or "")


def _certification(certified: bool, ladder: str | None, survive: str | None, floor_db: float | None) -> Certification | None:
    from indelible.workflows.certify import DEFAULT_LADDER, Certification
    from indelible.workflows.survive import DEFAULT_FLOOR_DB

    if floor_db is not None and survive is None:
        raise click.UsageError("--floor says how far --survive may go; give both.")
    if not certified and survive is None:
        if ladder is not None:
            raise click.UsageError("--ladder says what to certify for; give --certify too.")
        return None
    floor_db = DEFAULT_FLOOR_DB if floor_db is None else floor_db
    return Certification(ladder=ladder or DEFAULT_LADDER, survive=survive, floor_db=floor_db)


def _judged(certificate: Certificate) -> int:
    """Say what is not certified, and return the exit code."""
    channel, failed = certificate.body["target"]["channel"], len(certificate.failed_parts)
    if not certificate.holds:
        complain(f"the output is not certified for {channel}; a lower --floor or a shorter payload may help")
    elif failed:
        complain(f"warning: the whole is certified for {channel}, but {failed} parts of it are not by themselves")
    return 0 if certificate.holds else 1


def _encoder(codec: str, crf: float | None, preset: str | None) -> EncoderSettings | None:
    """Return the encoder asked for, None to follow the source."""
    from indelible.video import EncoderSettings

    if codec == _FOLLOW:
        if crf is not None or preset is not None:
            raise click.UsageError(f"--codec {_FOLLOW} takes its settings from IN; leave --crf and --preset out.")
        return None
    name: CodecName = codec  # type: ignore[assignment]  # click has checked it
    return EncoderSettings(name, crf=crf, preset=preset)


def _in_words(result: MarkResult) -> str:
    embedding = result.embedding
    payload = result.payload
    says = f"{quoted(payload)} ({payload.bits} bits)" if payload.data else "none, the mark says only that it is there"
    perceived = "" if result.xpsnr_db is None else f", XPSNR {result.xpsnr_db:.1f} dB"
    rows = [
        ("payload", says),
        (
            "picture",
            f"PSNR {embedding.psnr_y_db:.1f} dB (Y), {embedding.psnr_rgb_db:.1f} dB (RGB){perceived}" if result.marked else "unchanged",
        ),
        ("footage", f"{result.duration_seconds:.1f} s, {embedding.frames} frames"),
    ]
    if result.resumed_seconds:
        rows.append(("resumed", f"{result.resumed_seconds:.1f} s of it were marked by an earlier run"))
    if result.recipient is not None:
        rows.insert(0, ("recipient", f"{result.recipient!r}, copy {result.registry_id} of the registry"))
    if result.bitrate_change is not None:
        rows.append(("bitrate", f"{100 * result.bitrate_change:+.1f} % against the same encode without a mark"))
    if embedding.unmarked_seconds:
        rows.append(("unmarked", f"{embedding.unmarked_seconds:.1f} s, too flat to hide anything"))
    if result.certificate is not None:
        return "\n".join([_headline(result), columns(rows), *certificate_in_words(result.certificate)])
    return f"{_headline(result)}\n{columns(rows)}"


def _headline(result: MarkResult) -> str:
    verdict = "marked with" if result.marked else "no mark of"
    return f"{result.output}: {verdict} key {result.key_id}"
