"""Real encodes by workers who do not know each other: who lies alone is named, and what cannot be known is not answered."""

from __future__ import annotations

import json
import shutil
from types import SimpleNamespace

import pytest

from indelible.errors import InputError, MediaError, OutputError
from indelible.verify.honest import draw_honest
from indelible.workflows.channel import channel_file
from indelible.workflows.consensus import Consensus, consensus_of, consensus_on
from indelible.workflows.panel import Panel
from indelible.workflows.verify_report import write_consensus
from tests.cli.conftest import invoke
from tests.photographs import film

WORKERS = {
    "large": "x264:crf=25:preset=fast",
    "small": "scale=128x72:scaler=area|x265:crf=25:preset=veryfast",
    "logo": "logo=area:0.03|scale=160x90|x264:crf=25:preset=faster",
    "tone": "brightness=0.1|scale=160x90|x264:crf=25:preset=faster",
}
SETTINGS = {"alpha": 0.1, "encodes": 9, "seed": 2}


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Deliver, and compare all pairs once."""
    folder = tmp_path_factory.mktemp("consensus")
    source = film(folder / "film.mp4", frames=12, width=256, height=144)
    files = {}
    for name, spec in WORKERS.items():
        files[name] = str(folder / f"{name}.mp4")
        channel_file(str(source), files[name], spec)
    return SimpleNamespace(folder=folder, panel=Panel(**SETTINGS), **files)


def asked(work: SimpleNamespace, *names: str, **options: object) -> Consensus:
    return consensus_on(work.panel, [getattr(work, name) for name in names], **options)  # type: ignore[arg-type]


def test_the_liar_is_named_whatever_the_order(work):
    for names in (("large", "small", "logo"), ("logo", "small", "large")):
        result = asked(work, *names)
        assert (result.verdict, set(result.clique), result.witnesses) == ("AGREE", {work.large, work.small}, 2)
        assert result.winner == work.large  # the better one of two
        (outlier,) = result.outliers
        assert outlier.file == work.logo
        assert outlier.pair is not None
        assert outlier.pair.decision.log10_p == pytest.approx(-1.0)
        where = max((each for each in outlier.pair.regions if each.family == "spatial"), key=lambda each: each.w * each.h)
        assert where.w * where.h < 0.2
    body = result.to_json()
    assert (body["tolerated"], body["outliers"][0]["file"], len(body["pairs"])) == (1, work.logo, 3)
    assert json.loads(json.dumps(body)) == body


def test_two_liars_leave_no_quorum(work):
    result = asked(work, "large", "logo", "tone")
    assert (result.verdict, result.clique, result.outliers) == ("NO_QUORUM", (), ())
    assert not any(pair.agrees for pair in result.pairs)


def test_the_first_two_that_agree_are_enough(work):
    result = asked(work, "large", "small", "logo", first=True)
    assert (result.verdict, result.unread) == ("AGREE", (work.logo,))
    result = asked(work, "logo", "small", "large", first=True)
    assert (result.verdict, result.unread, len(result.pairs)) == ("AGREE", (), 3)


def test_a_copy_does_not_count_twice(work, tmp_path):
    copy, repacked = str(tmp_path / "copy.mp4"), str(tmp_path / "repacked.mkv")
    shutil.copy(work.logo, copy)
    remux(work.logo, repacked)
    for again in (copy, repacked):
        result = consensus_on(work.panel, [work.logo, again, work.large])
        assert (result.verdict, result.copies) == ("NO_QUORUM", ((work.logo, again),))
    result = consensus_on(work.panel, [work.large, work.small, shutil.copy(work.small, str(tmp_path / "small.mp4"))])
    assert (result.verdict, result.witnesses, len(result.clique)) == ("AGREE", 2, 3)


def remux(path: str, target: str) -> None:
    import av

    with av.open(path) as given, av.open(target, "w") as made:
        stream = made.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                made.mux(packet)


def test_encoders_agree_bit_for_bit_where_there_is_nothing_to_encode(tmp_path):
    source = film(tmp_path / "film.mp4", frames=12, width=128, height=72)
    files = [str(tmp_path / "black.mp4"), str(tmp_path / "dark.mp4")]
    for file, crf in zip(files, (22, 26), strict=True):
        channel_file(str(source), file, f"fill=black|x264:crf={crf}:preset=veryfast")
    result = consensus_of(files, **SETTINGS)
    assert (result.verdict, result.witnesses, result.copies) == ("AGREE", 2, ())


def test_what_cannot_be_read_is_an_outlier_and_not_an_end(work, tmp_path):
    rubbish = tmp_path / "rubbish.mp4"
    rubbish.write_bytes(bytes(1000))
    result = consensus_on(work.panel, [str(rubbish), work.large, work.small])
    assert (result.verdict, [outlier.file for outlier in result.outliers]) == ("AGREE", [str(rubbish)])
    assert "rubbish.mp4" in result.outliers[0].reason
    with pytest.raises(MediaError):
        consensus_of([str(rubbish), str(tmp_path / "none.mp4")], **SETTINGS)


def test_what_no_encoder_can_imitate_is_an_outlier_and_not_an_end(work, monkeypatch):
    def refuse(footage, info, target, **options):
        if target.width == 160:
            raise InputError("no such size")
        return draw_honest(footage, info, target, **options)

    monkeypatch.setattr("indelible.workflows.panel.draw_honest", refuse)
    result = consensus_of([work.large, work.logo, work.small], **SETTINGS)
    assert (result.verdict, result.clique, list(result.faults)) == ("AGREE", (work.large, work.small), [work.logo])
    assert "nothing like it can be encoded (no such size)" in result.outliers[0].reason


def test_what_is_not_allowed_is_refused(work):
    for files in ([work.large], [work.large] * 2, [work.large, "-"]):
        with pytest.raises(InputError):
            consensus_of(files, **SETTINGS)
    done = invoke("consensus", work.large, work.small, "--encodes", 19)
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)


def test_the_page_shows_where_the_outlier_differs(work, tmp_path):
    page = tmp_path / "page.html"
    write_consensus(page, asked(work, "large", "small", "logo"))
    text = page.read_text()
    assert text.count("<img") >= 6  # worst frames and heat map
    assert "times honest work" in text
    with pytest.raises(OutputError):
        write_consensus(page, asked(work, "large", "small", "logo"))
    write_consensus(page, asked(work, "large", "logo", "tone"), overwrite=True)
    assert "NO_QUORUM" in page.read_text()


def test_the_command(work):
    files = [work.large, work.logo]
    done = invoke("consensus", *files, "--encodes", 9, "--alpha", 0.1, "--seed", 2, "--json")
    assert json.loads(done.stdout) == consensus_on(work.panel, files).to_json()
    assert done.exit_code == 5
    done = invoke("consensus", *files, "--encodes", 9, "--alpha", 0.1, "--seed", 2)
    assert done.stdout.startswith("NO_QUORUM: fewer than 2 of 2 agree\n")
