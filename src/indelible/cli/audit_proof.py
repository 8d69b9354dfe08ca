"""``indelible audit twins`` and ``indelible audit prove``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indelible.cli.keyfiles import read_keys
from indelible.cli.limits import limit_option
from indelible.cli.terminal import columns, likelihood, print_document, progress_bar, waiting, warn

if TYPE_CHECKING:
    from indelible.keys import SecretKey
    from indelible.video import Limits
    from indelible.workflows.proof import Evidence

__all__ = ["prove", "twins"]

_UNDECIDED = 5
_IN_WORDS = {
    "none": "NO EVIDENCE",
    "weak": "WEAK EVIDENCE",
    "strong": "STRONG EVIDENCE",
    "very strong": "VERY STRONG EVIDENCE",
    "undecided": "UNDECIDED",
}


@click.command(
    epilog="""\b
Examples:
  indelible audit twins originals/ release/ --key spring.key
  indelible audit twins film.mp4 release/ --key spring.key --json"""
)
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT_DIR")
@click.option("--key", "key_file", metavar="FILE", required=True, help="The secret key, whose coins decide.")
@click.option("--quality", "quality_db", type=float, metavar="DB", help="Lowest PSNR of luma in any frame, 36 to 60.  [default: 42.5]")
@limit_option
@click.option("--json", "as_json", is_flag=True, help="Print the record as JSON.")
def twins(source: str, target: str, key_file: str, quality_db: float | None, limits: Limits, as_json: bool) -> None:
    """Mark each clip twice, and let a keyed coin say which twin is published.

    Writes OUT_DIR/published, OUT_DIR/sealed and OUT_DIR/twins.json. Publish only the first; keep the other two secret until a model has to
    answer for its training, and have the commitment time-stamped. Each twin has a key of its own, which audit detect does not look for.
    """
    from indelible.audit.embed import DEFAULT_QUALITY_DB
    from indelible.workflows.training_mark import TrainingMark
    from indelible.workflows.twins import publish_twins

    (key,) = read_keys([key_file])
    wanted = TrainingMark(key, DEFAULT_QUALITY_DB if quality_db is None else quality_db)
    with progress_bar("marking twins") as progress:
        record = publish_twins(source, target, wanted, limits=limits, progress=progress)
    warn(record.warnings)
    if as_json:
        print_document(record.to_json())
    else:
        click.echo(f"{target}: twins of {len(record.clips)} clips with key {record.key_id}\n{columns([('commitment', record.commitment)])}")


@click.command(
    epilog="""\b
Examples:
  indelible audit prove --key spring.key --outputs samples/ --model "X 1.2" -o proof.json
  indelible audit prove --key spring.key --outputs restored/ --queries degraded/ -o proof.json
  indelible audit prove --key spring.key --twins release/twins.json --scores losses.csv --lower -o proof.json
  indelible audit prove --key spring.key --rank unseen.mp4 --command "python loss.py {}" --lower -o proof.json"""
)
@click.option("--key", "key_file", metavar="FILE", required=True, help="The secret key that marked the footage.")
@click.option("--outputs", metavar="DIR", help="Videos and pictures that the model made: all of them, not a choice.")
@click.option("--queries", metavar="DIR", help="What it made --outputs from; must be unmarked.")
@click.option(
    "--lines", type=click.FloatRange(1), metavar="N", help="Outputs are patches of footage whose shorter side had N pixels in training."
)
@click.option("--twins", "record", metavar="twins.json", help="Twins that were published, with --scores or --command.")
@click.option(
    "--rank", "query", metavar="VIDEO", help="An unmarked video, to be scored with the key's mark and with fresh keys' (--command)."
)
@click.option("--scores", metavar="FILE", help="Scores of twins: CSV with the columns file and score, or a JSON object.")
@click.option("--command", metavar="CMD", help="Prints the model's score of the file {} as its last word.")
@click.option("--lower", is_flag=True, help="Lower scores mean more familiar, as with losses.")
@click.option(
    "--fresh", type=click.IntRange(1), default=99, show_default=True, metavar="N", help="Fresh keys for --rank; p is at least 1/(N+1)."
)
@click.option(
    "--alpha",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=1e-3,
    show_default=True,
    metavar="P",
    help="What counts as evidence; as the manifest says.",
)
@click.option(
    "--tests",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="How many tests there are in all: models, keys, sets of outputs.",
)
@click.option("--manifest", metavar="FILE", help="Of audit mark; checked for its commitment to key and level.")
@click.option("--model", default="", metavar="TEXT", help="What is tested, for the document.")
@click.option("-o", "--output", metavar="FILE.json", help="Write the signed proof, and a page beside it.")
@limit_option
@click.option("--force", is_flag=True, help="Replace the proof and its page, if they exist.")
@click.option("--json", "as_json", is_flag=True, help="Print the proof as JSON.")
@click.pass_context
def prove(
    ctx: click.Context,
    key_file: str,
    outputs: str | None,
    queries: str | None,
    lines: float | None,
    record: str | None,
    query: str | None,
    scores: str | None,
    command: str | None,
    lower: bool,
    fresh: int,
    alpha: float,
    tests: int,
    manifest: str | None,
    model: str,
    output: str | None,
    limits: Limits,
    force: bool,
    as_json: bool,
) -> None:
    """Test whether a model was trained on footage marked with a key, and sign the result.

    Give one of --outputs, --twins and --rank. p is exact, over the key's coins, and corrected for --tests; its smallest possible value is
    told beside it. A thousand wrong keys go through the same test.

    Exits with 0 if there is evidence at --alpha, with 1 if there is none, with 5 if the wrong keys are not as they should be.
    """
    from indelible.workflows.certificate import check_place, write_certificate
    from indelible.workflows.page import check_page
    from indelible.workflows.proof import Terms, certified_proof

    if sum(each is not None for each in (outputs, record, query)) != 1:
        raise click.UsageError("Give one of --outputs, --twins and --rank.")
    page = None
    if output is not None:
        check_place(output, overwrite=force)
        page = Path(output).with_suffix(".html")
        check_page(page, overwrite=force)
    (key,) = read_keys([key_file])
    terms = Terms(alpha=alpha, tests=tests, manifest=manifest, model=model)
    with waiting("testing"):
        if outputs is not None:
            if scores is not None or command is not None:
                raise click.UsageError("--scores and --command go with --twins and --rank.")
            evidence = _outputs(outputs, key, queries, lines, limits)
        elif queries is not None or lines is not None:
            raise click.UsageError("--queries and --lines go with --outputs.")
        elif record is not None:
            evidence = _twins(record, key, scores, command, lower=lower)
        else:
            evidence = _rank(str(query), key, scores, command, fresh, limits, lower=lower)
        proof = certified_proof(evidence, key, terms)
    if output is not None and page is not None:
        from indelible.report.audit import write_proof_page

        write_certificate(output, proof)
        write_proof_page(page, proof)
    if as_json:
        print_document(proof.to_json())
    else:
        click.echo(_proof_in_words(proof.body))
    ctx.exit({"none": 1, "undecided": _UNDECIDED}.get(proof.body["verdict"], 0))


def _outputs(outputs: str, key: SecretKey, queries: str | None, lines: float | None, limits: Limits) -> Evidence:
    from indelible.workflows.proof import evidence_of_outputs

    return evidence_of_outputs(outputs, key, queries=queries, lines=lines, limits=limits)


def _twins(record: str, key: SecretKey, scores: str | None, command: str | None, *, lower: bool) -> Evidence:
    from indelible.workflows.proof import evidence_of_twins
    from indelible.workflows.scoring import command_score, read_scores
    from indelible.workflows.twins import read_twins

    if (scores is None) == (command is None):
        raise click.UsageError("--twins needs the model's scores: give --scores or --command.")
    twins = read_twins(record, key)
    if scores is not None:
        return evidence_of_twins(twins, read_scores(scores), lower=lower)
    ask, folder = command_score(str(command)), Path(record).parent
    names = [clip[role] for clip in twins.clips for role in ("published", "sealed")]
    return evidence_of_twins(twins, {name: ask(folder / name) for name in names}, lower=lower)


def _rank(query: str, key: SecretKey, scores: str | None, command: str | None, fresh: int, limits: Limits, *, lower: bool) -> Evidence:
    from indelible.workflows.proof import evidence_of_rank
    from indelible.workflows.scoring import command_score
    from indelible.workflows.training_mark import TrainingMark

    if command is None or scores is not None:
        raise click.UsageError("--rank needs --command, which scores each marked version of the video.")
    return evidence_of_rank(query, command_score(command), TrainingMark(key), fresh=fresh, lower=lower, limits=limits)


def _proof_in_words(body: Mapping[str, Any]) -> str:
    control = body["control"]
    rows = [
        ("evidence", f"p = {likelihood(body['log10_p'])} (evidence means at most {body['alpha']:g}, {body['tests']} tests counted)"),
        ("floor", f"p could not have been smaller than {likelihood(body['log10_floor'])}"),
    ]
    if control is not None:
        words = "as chance would have them" if control["valid"] else "NOT as chance would have them"
        rows.append(
            ("wrong keys", f"{control['wrong_keys']} tried, {words}: excess {control['excess']:.3f}, {control['band']:.3f} allowed")
        )
    if body["queries"] is not None:
        rows.append(("queries", f"{body['queries']['count']}, unmarked: p = {likelihood(body['queries']['log10_p'])}"))
    return f"{_IN_WORDS[body['verdict']]} of training on footage with key {body['key_id']}\n{columns(rows)}"
