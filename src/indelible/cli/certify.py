"""``indelible certify``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from indelible.cli.alpha import alpha_option
from indelible.cli.keyfiles import read_keys
from indelible.cli.limits import limit_option
from indelible.cli.terminal import columns, complain, likelihood, print_document, progress_bar, warn

if TYPE_CHECKING:
    from indelible.keys import SecretKey
    from indelible.mark import KnownMark
    from indelible.registry import Entry
    from indelible.video import Limits
    from indelible.workflows.certificate import Certificate

__all__ = ["certificate_in_words", "certify"]


@click.command(
    epilog="""\b
Examples:
  indelible certify film-marked.mp4 --key studio.key -o film.certificate.json
  indelible certify film-marked.mp4 --key studio.key --ladder h264 --report film.html
  indelible certify film-marked.mp4 --key studio.key --survive x264:crf=34 --json
  indelible certify anna.mp4 --key studio.key --registry copies.db
  indelible certify film-marked.mp4 --key studio.key --channel "scale=short:360|x264:crf=28"
  indelible certify --check film.certificate.json --key studio.key film-marked.mp4"""
)
@click.argument("source", metavar="[IN]", required=False)
@click.option("--key", "key_file", metavar="FILE", required=True, help="The secret key that marked IN.")
@click.option("--registry", metavar="FILE", help="IN is one of the copies that this file lists, or carries the mark of one.")
@click.option("--ladder", metavar="NAME", help="The list of channels to try.  [default: certify]")
@click.option("--channel", "channels", metavar="SPEC", multiple=True, help="Try this channel instead of a ladder; may be repeated.")
@click.option("--survive", metavar="SPEC", help="The channel that IN must be certified for; also shows each part of IN.")
@alpha_option
@click.option("-o", "--output", metavar="FILE.json", help="Write the certificate.")
@click.option("--report", metavar="FILE.html", help="Write a page with the certificate.")
@click.option("--check", "checked", metavar="CERT.json", help="Check this certificate instead of making one, and IN against it.")
@limit_option
@click.option("--force", is_flag=True, help="Replace the certificate, and the report, if they exist.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_context
def certify(
    ctx: click.Context,
    source: str | None,
    key_file: str,
    registry: str | None,
    ladder: str | None,
    channels: tuple[str, ...],
    survive: str | None,
    alpha: float,
    output: str | None,
    report: str | None,
    checked: str | None,
    limits: Limits,
    force: bool,
    as_json: bool,
) -> None:
    """Find out, and certify, how much compression a mark survives.

    Sends the marked video IN through real encoders, looks for the mark after each, and signs what it found with the key. Certified for a
    channel means that the payload was read there with 3 dB to spare, for encoders that are not quite the one that was tried.

    Exits with 1 if IN is not certified for the channel to survive or, without one, for any.

    With --check, exits with 1 if the certificate was not signed with the key, was changed, or is not about IN.
    """
    (key,) = read_keys([key_file])
    if checked is not None:
        unused = {"--registry": registry, "--ladder": ladder, "--channel": channels, "--survive": survive, "-o": output, "--report": report}
        for option, value in unused.items():
            if value:
                raise click.UsageError(f"--check makes no certificate; leave {option} out.")
        ctx.exit(0 if _check(checked, key, source, as_json=as_json) else 1)
    if source is None:
        raise click.UsageError("Missing argument 'IN': the marked video to certify.")
    if ladder is not None and channels:
        raise click.UsageError("--ladder and --channel exclude each other; give one of them.")
    certificate, copy = _made(source, key, registry, ladder, channels, survive, alpha, output, report, limits, force=force)
    if as_json:
        print_document(certificate.to_json())
    else:
        whose = [] if copy is None else [columns([("recipient", f"{copy.recipient!r} (copy {copy.id}, marked {copy.marked_at})")])]
        click.echo("\n".join([f"{source}: {_verdict(certificate)}", *whose, *certificate_in_words(certificate)]))
    ctx.exit(0 if certificate.holds else 1)


def certificate_in_words(certificate: Certificate) -> Iterator[str]:
    """Yield lines about each channel, and about the parts that are not certified for the target or were made stronger for it."""
    body = certificate.body
    yield columns([(row["channel"], _row_in_words(row)) for row in certificate.rows])
    target = body["target"]
    if target is not None:
        for part in target["parts"]:
            if part["raised_db"] or not part["holds"]:
                raised = f", mark stronger by {part['raised_db']:.1f} dB" if part["raised_db"] else ""
                holds = "certified for" if part["holds"] else "not certified for"
                stretch = f"{part['start_seconds']:.1f} to {part['end_seconds']:.1f} s"
                yield f"  {stretch}: {holds} {target['channel']} by itself, margin {_db(part['margin'])}{raised}"


def _made(
    source: str,
    key: SecretKey,
    registry: str | None,
    ladder: str | None,
    channels: tuple[str, ...],
    survive: str | None,
    alpha: float,
    output: str | None,
    report: str | None,
    limits: Limits,
    *,
    force: bool,
) -> tuple[Certificate, Entry | None]:
    """Return the certificate, and the registered copy that it is about, if it is about one."""
    from indelible.workflows.certificate import check_place, write_certificate, write_page
    from indelible.workflows.certify import DEFAULT_LADDER, Certification, certify_file
    from indelible.workflows.page import check_page

    if output is not None:
        check_place(output, overwrite=force)  # before the work, not after it
    if report is not None:
        check_page(report, overwrite=force)
    wanted = Certification(ladder=ladder or DEFAULT_LADDER, channels=channels, survive=survive, alpha=alpha)
    wanted.check()
    copy, mark = _registered(source, key, registry, alpha, limits)
    with progress_bar("certifying") as progress:
        certificate = certify_file(
            source,
            key if mark is None else mark.key,
            wanted,
            signed_with=key,
            payload=None if mark is None else mark.payload,
            limits=limits,
            progress=progress,
        )
    if output is not None:
        write_certificate(output, certificate)
    if report is not None:
        write_page(report, certificate)
    return certificate, copy


def _registered(
    source: str, key: SecretKey, registry: str | None, alpha: float, limits: Limits
) -> tuple[Entry, KnownMark] | tuple[None, None]:
    """Return the copy of a registry that a file is, and its mark; nothing, with a warning, if it is none."""
    if registry is None:
        return None, None
    from indelible.workflows.certify import check_one_file
    from indelible.workflows.copies import RegisteredCopies

    check_one_file(source)
    found = RegisteredCopies.load(registry, [key]).copy_in(source, key, alpha=alpha, limits=limits)
    if found is None:
        warn([f"{source} is none of the copies of key {key.key_id} in {registry}; looking for the key's own mark"])
        return None, None
    return found


def _check(certificate: str, key: SecretKey, video: str | None, *, as_json: bool) -> bool:
    from indelible.workflows.certificate import check_certificate

    result = check_certificate(certificate, key, video=video)
    if as_json:
        print_document(result.to_json())
    else:
        about = "" if video is None else f" and about {video}"
        verdict = f"genuine{about}, signed with key {result.key_id}" if result.valid else "NOT VALID"
        click.echo(f"{certificate}: {verdict}")
        for problem in result.problems:
            complain(problem)
    return result.valid


def _verdict(certificate: Certificate) -> str:
    body = certificate.body
    target = body["target"]
    if not certificate.marked:
        return f"NOT CERTIFIED: no mark of key {body['key_id']} that can be read"
    if target is not None:
        return f"{'CERTIFIED' if certificate.holds else 'NOT CERTIFIED'} for {target['channel']}"
    reached = [f"{codec} up to crf {crf:g}" for codec, crf in body["certified"].items() if crf is not None]
    if certificate.holds:
        return f"CERTIFIED for {', '.join(reached) or 'the channels below'}"
    return "NOT CERTIFIED for any channel"


def _row_in_words(row: Mapping[str, Any]) -> str:
    payload = "payload read" if row["payload_ok"] else "payload lost"
    wrong = "" if row["bit_error_rate"] is None else f", {100 * row['bit_error_rate']:.1f} % of symbols wrong"
    certified = ", certified" if row["certified"] else ""
    return f"p = {likelihood(row['log10_p']):<9} {payload}, margin {_db(row['margin'])}{wrong}{certified}"


def _db(value: float | None) -> str:
    return "none" if value is None else f"{value:.1f} dB"
