"""The comparison as Markdown: what each system costs, what survives, and, set apart, what others have published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from indelible.bench.peers.summary import Loss, behind
from indelible.bench.peers.systems import IN_MEMORY
from indelible.runs.markdown import caption, table

Row = Mapping[str, Any]

_NAMES = {None: "ours, standard", "rgb": "ours, same RGB-PSNR", "y": "ours, same Y-PSNR"}

_DEFINITIONS = """Every system on the same frames of each clip, through the same encoders. *Present*: the true message (ours: the true key)
scores above {decoys} random ones on the same video, so each system has the same false-alarm rate, at most 1 in {whole}. *Payload*: every
bit right; ours carries {our_bits} bits, and counts only what its detector reports after p <= 1e-6. *Bits*: share of the peer's bits that
are right; 50 % is chance. `{in_memory}`: the peer's pictures as it returned them, before they became 4:2:0. Peers' bits are averaged over
the frames before they are decided, and their decoders get the original frame size back after scaling, which ours is not told. Where a
peer's Y-PSNR is beyond our range (36 to 60 dB), as it is for most chroma marks, there is no variant with the same Y-PSNR; where only some
clips have one, the figures are of these, and the peer's on the same clips stand behind "against".
"""


def peers_tables(result: Row) -> str:
    """Return the tables of a result of `indelible.bench.peers.run`."""
    settings = result["settings"]
    definitions = _DEFINITIONS.format(
        decoys=settings["decoys"], whole=settings["decoys"] + 1, our_bits=settings["our_bits"], in_memory=IN_MEMORY
    )
    parts = [caption(result), definitions, _systems(result["systems"])]
    parts += [_peer(peer, [row for row in result["summary"] if row["peer"] == peer["name"]]) for peer in result["peers"]]
    parts += [_losses(result), _published(result["published"])]
    return "\n".join(parts)


def _systems(rows: Sequence[Row]) -> str:
    header = ["system", "frames", "clips", "Y-PSNR", "lowest", "RGB-PSNR", "lowest", "VMAF loss", "worst", "bitrate"]
    header += ["ones, unmarked", "false alarms"]
    lines = []
    for row in rows:
        line = [row["system"], str(row["frames"]), str(row["clips"])]
        line += [*_pair(row["psnr_y_db"], "{:.1f}"), *_pair(row["psnr_rgb_db"], "{:.1f}"), *_pair(row["vmaf_loss"], "{:.2f}")]
        line += [_pair(row["bitrate_change_percent"], "{:+.1f} %")[0], _ones(row["ones_unmarked"]), _of(row["false_alarms"])]
        lines.append(line)
    head = "**What each costs** (means over clips, or the median with ~ where one clip is infinite; VMAF and bitrate at `x264:crf=28`)\n\n"
    return head + table(header, lines)


def _peer(peer: Row, rows: Sequence[Row]) -> str:
    header = ["channel", f"{peer['name']}: present", "payload", "bits"]
    header += [f"{_NAMES[ours['match']]}: {what}" for ours in rows[0]["beside"] for what in ("present", "payload")] if rows else []
    lines = []
    for row in rows:
        line = [f"`{row['channel']}`", _of(row["presence"]), _of(row["payload"]), f"{100 * row['bit_accuracy']:.0f} %"]
        for ours in row["beside"]:
            for what in ("presence", "payload"):
                line.append("-" if ours["presence"] is None else _of(ours[what]) + _against(ours, what, row))
        lines.append(line)
    return f"**{peer['name']}** ({peer['package']}, {peer['bits']} bits, {peer['frames']} frames)\n\n" + table(header, lines)


def _against(ours: Row, what: str, row: Row) -> str:
    """Return the peer's figure on the same clips where those are not all."""
    theirs = ours[f"peer_{what}"]
    return "" if theirs["n"] == row[what]["n"] else f" against {theirs['k']}"


def _losses(result: Row) -> str:
    """Return where ours is behind; apart, where a mark in chroma is given the whole of its Y-PSNR, which hardly sees it."""
    chroma = {peer["name"] for peer in result["peers"] if not peer["marks_luma"]}
    lost = [(row, loss) for row in result["summary"] for loss in behind(row)]
    unfair = [loss for loss in lost if loss[1].match == "y" and loss[0]["peer"] in chroma]
    wrong = sum(row["wrong_payloads"] for row in result["systems"])
    sentences = [f"Wrong payloads reported by ours: {wrong}."]
    if result["errors"]:
        sentences.append(f"Measurements that failed and are left out: {len(result['errors'])}.")
    parts = ["**Where ours is behind**\n", _loss_list([loss for loss in lost if loss not in unfair])]
    if unfair:
        parts += ["At the Y-PSNR of marks in chroma alone, of which it leaves out nearly all:\n", _loss_list(unfair)]
    return "\n".join([*parts, " ".join(sentences) + "\n"])


def _loss_list(losses: Sequence[tuple[Row, Loss]]) -> str:
    lines = [
        f"- {row['peer']}, `{row['channel']}`, {_NAMES[loss.match]}: {loss.what} in {loss.ours} against {loss.theirs} of {loss.clips}\n"
        for row, loss in losses
    ]
    return "".join(lines) or "On no row.\n"


def _published(figures: Sequence[Row]) -> str:
    header = ["system", "payload, bits", "figure", "conditions", "source"]
    lines = [[figure[name] for name in ("system", "payload", "figure", "conditions", "source")] for figure in figures]
    return (
        "**Published by others, not measured by us.** These systems cannot be run here: their weights are not in a package. Footage, "
        "channels and distortion are theirs, so no figure below can be compared with one above.\n\n" + table(header, lines, numbers=False)
    )


def _of(rate: Row) -> str:
    return f"{rate['k']} of {rate['n']}"


def _ones(ones: Row | None) -> str:
    return "-" if ones is None else f"{100 * ones['lowest']:.0f}-{100 * ones['highest']:.0f} %"


def _pair(values: Row | None, style: str) -> list[str]:
    if values is None:
        return ["-", "-"]
    middle = style.format(values["mean"]) if values["mean"] is not None else "inf"
    if values["mean"] is None and values["median"] is not None:
        middle = "~" + style.format(values["median"])
    return [middle, "inf" if values["worst"] is None else style.format(values["worst"])]
