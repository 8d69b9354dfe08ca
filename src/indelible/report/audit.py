"""The page of a proof of training: what was tested, how likely chance is, what wrong keys say, and what is not shown.

It shows what the signed document says, and nothing that is not in there.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from indelible.report.certificate import Certified
from indelible.report.charts import Axis, Point, Series, line_chart
from indelible.report.evidence import p_plain, p_text, yes_no
from indelible.report.markup import Markup, element
from indelible.report.page import facts, footer, paragraph, section, table, verdict, write_page

__all__ = ["write_proof_page"]

_SHOWN = {
    "outputs": "What the model made leans towards the secret coins of this key more than chance would have it. Chance is over the coins: "
    "whatever the model is, a key that had nothing to do with its training does so with probability p at most.",
    "rank": "The model scores footage marked with this key differently from the same footage marked with fresh keys. Had its training had "
    "nothing to do with the key, each of these keys would have had the same chance of the best rank.",
    "twins": "The model prefers those twins that were published over those that stayed sealed. Which was published was a coin's choice; a "
    "model that saw neither cannot know the coins.",
}
_NOT_SHOWN = (
    "Who trained the model, or how they came by the footage: anybody can train on published footage, also to make another look guilty.",
    "That all of the footage was used, or how much of it; nor that the use was unlawful.",
    "That a model without evidence was not trained on it: small shares, latent models, resizing and random mirroring weaken the mark.",
    "A probability that they did it: p is the chance of such evidence without the key's footage, not the chance of innocence.",
)
_KINDS = {
    "outputs": "what the model made",
    "rank": "its scores, ranked among fresh keys",
    "twins": "its scores of published and sealed twins",
}
_STRENGTH = {
    "none": "No evidence of training on footage with this key",
    "weak": "Weak evidence of training on footage with this key",
    "strong": "Strong evidence of training on footage with this key",
    "very strong": "Very strong evidence of training on footage with this key",
    "undecided": "Undecided: the controls are not as chance would have them",
}


def write_proof_page(path: str | os.PathLike[str], proof: Certified) -> None:
    """Write the page.

    Raises:
        OutputError: if it cannot be written.
    """
    body = proof.body
    parts = [
        element("h1", "Was this model trained on marked footage?"),
        paragraph(str(body["model"]) or "model not named", soft=True),
        verdict(_STRENGTH[body["verdict"]], _in_a_sentence(body), good=body["verdict"] in ("weak", "strong", "very strong")),
        _facts(body),
        section("What is shown", paragraph(_SHOWN[body["kind"]])),
        section("What is not shown", element("ul", *(element("li", sentence) for sentence in _NOT_SHOWN))),
        _control(body),
        _statistic(body),
        footer(
            "Signed with the key (HMAC-SHA-256): ",
            element("code", proof.signature),
            ". Check it with the JSON file beside this page: ",
            element("code", "indelible certify --check PROOF.json --key FILE"),
        ),
    ]
    write_page(path, title="Indelible: proof of training", parts=parts)


def _in_a_sentence(body: Mapping[str, Any]) -> str:
    return f"p = {p_plain(body['log10_p'])} after correction for {body['tests']} tests; evidence means at most {body['alpha']:g}."


def _facts(body: Mapping[str, Any]) -> Markup:
    queries = body["queries"]
    return facts(
        tested=_KINDS[body["kind"]],
        key=body["key_id"],
        protocol=body["protocol"],
        made_on=str(body["created"]).replace("T", " ").replace("+00:00", " UTC"),
        committed_beforehand="no manifest was given" if body["committed"] is None else f"yes, {body['committed'][:10]}",
        smallest_p_possible=p_plain(body["log10_floor"]),
        files=str(body["material"]["count"]),
        queries="none" if queries is None else f"{queries['count']}, unmarked (p = {p_plain(queries['log10_p'])})",
    )


def _control(body: Mapping[str, Any]) -> Markup:
    """Return how p-values of wrong keys are spread; on or below the diagonal the test is what it says."""
    control = body["control"]
    if control is None:
        return section("Wrong keys", paragraph("A rank has its wrong keys within: the fresh ones.", soft=True))
    shares = [index / (len(control["quantiles"]) - 1) for index in range(len(control["quantiles"]))]
    seen = tuple(Point(p, share, "none") for p, share in zip(control["quantiles"], shares, strict=True))
    even = (Point(0.0, 0.0, "none"), Point(1.0, 1.0, "none"))
    ticks = tuple((tick / 4, f"{tick / 4:g}") for tick in range(5))
    chart = line_chart(
        [Series("wrong keys", seen, color=0), Series("pure chance", even, color=1, dashed=True)],
        x=Axis("p-value of a wrong key", ticks, 0.0, 1.0),
        y=Axis("share of wrong keys at or below", ticks, 0.0, 1.0),
        title="Are p-values of wrong keys as chance would have them?",
    )
    words = (
        f"{control['wrong_keys']} keys that had nothing to do with it, by the same test. Their distribution rises above the diagonal by "
        f"{control['excess']:.3f} at most; chance allows {control['band']:.3f} (one in a thousand). As it should be: "
    )
    return section("Wrong keys", paragraph(words, yes_no(control["valid"])), chart)


def _statistic(body: Mapping[str, Any]) -> Markup:
    rows = [[name.replace("_", " "), _shown(value)] for name, value in body["statistic"].items() if not isinstance(value, list)]
    rows.append(["p of this test alone", p_text(body["log10_p_alone"])])
    rows += [[f"version of {name}", str(value)] for name, value in body["versions"].items()]
    return section("In numbers", table(["what", "value"], rows))


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
