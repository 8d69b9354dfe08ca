"""Use cases from Python: what results say beyond what commands print, and what is streamed or measured."""

import io
import math
import os
from pathlib import Path

import pytest

import indelible
from indelible.errors import InputError, OutputError
from indelible.mark import EmbedReport, Payload, vectors
from indelible.video import EncoderSettings
from indelible.workflows.doctor import EXTRAS, examine
from indelible.workflows.document import document
from indelible.workflows.keys import new_key, show_key
from indelible.workflows.mark import MarkResult
from tests.photographs import film

KEY = indelible.SecretKey(bytes(range(32)))
FAST = EncoderSettings("x264", crf=20, preset="ultrafast")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("source") / "film.mp4", width=320, height=180, frames=48)


def test_mark_and_detect(source, tmp_path):
    target = tmp_path / "marked.mp4"
    payload = indelible.Payload.from_text("copy 17")
    marked = indelible.mark_file(source, target, KEY, payload=payload, settings=FAST)
    assert marked.marked
    assert (marked.output, marked.key_id, marked.payload) == (str(target), KEY.key_id, payload)
    assert (marked.xpsnr_db, marked.bitrate_change, marked.warnings) == (None, None, ())
    (found,) = indelible.detect_file(target, [KEY])
    assert found.marked
    assert found.detection.payload == payload
    assert found.alpha == 1e-6
    (plain,) = indelible.detect_file(source, [KEY])
    assert not plain.marked


def test_what_the_mark_costs_is_measured_on_request(source, tmp_path):
    marked = indelible.mark_file(source, tmp_path / "marked.mkv", KEY, settings=FAST, measure=True)
    assert marked.xpsnr_db is not None
    assert marked.bitrate_change is not None
    assert abs(marked.xpsnr_db - marked.embedding.psnr_y_db) < 10
    assert -0.2 < marked.bitrate_change < 2
    assert marked.to_json()["bitrate_change"] == marked.bitrate_change


def test_progress_is_told_of_every_frame(source, tmp_path):
    told: list[tuple[float, float | None]] = []
    indelible.mark_file(source, tmp_path / "a.mp4", KEY, settings=FAST, progress=lambda done, total: told.append((done, total)))
    assert [round(done * 24) for done, _ in told] == list(range(48))
    assert {total for _, total in told} == {2.0}


def test_memory_to_memory(source):
    memory = io.BytesIO()
    marked = indelible.mark_file(io.BytesIO(source.read_bytes()), memory, KEY, settings=FAST, container="matroska")
    assert marked.output == "<memory>"
    (found,) = indelible.detect_file(memory, [KEY])
    assert found.marked
    assert found.file == "<memory>"


def test_an_open_file_is_read_once(source, tmp_path):
    with source.open("rb") as file:
        indelible.mark_file(file, tmp_path / "a.mkv", KEY, settings=FAST)
        (found,) = indelible.detect_file(file, [KEY])
    assert not found.marked
    assert found.file == str(source)
    (found,) = indelible.detect_file(tmp_path / "a.mkv", [KEY])
    assert found.marked
    assert found.detection.frames_used == 48


def test_nothing_is_written_if_marking_is_refused(source, tmp_path):
    with pytest.raises(OutputError):
        indelible.mark_file(source, source, KEY, overwrite=True)
    with pytest.raises(InputError):
        indelible.mark_file(source, tmp_path / "a.mp4", KEY, quality_db=99)
    with pytest.raises(InputError):
        indelible.detect_file(source, [])
    assert not list(tmp_path.iterdir())


def test_a_mark_of_nothing_is_not_marked():
    report = EmbedReport(frames=24, duration_seconds=0.0, psnr_y_db=math.inf, psnr_rgb_db=math.inf, unmarked_seconds=0.0)
    result = MarkResult("out.mp4", KEY.key_id, Payload(), report, 1.0, FAST)
    assert not result.marked
    assert result.to_json()["psnr_y_db"] is None


def test_channel(source, tmp_path):
    result = indelible.channel_file(source, tmp_path / "half.mp4", "scale=0.5 | x264:crf=30:preset=ultrafast", seed=3)
    assert result.run.channel == "scale=0.5|x264:crf=30:preset=ultrafast"
    assert (result.seed, result.run.info.width, result.run.frames) == (3, 160, 48)


def test_keys(tmp_path):
    made = new_key(tmp_path / "a.key")
    assert show_key(tmp_path / "a.key") == made
    assert not made.exposed
    if os.name == "posix":
        (tmp_path / "a.key").chmod(0o640)
        assert show_key(tmp_path / "a.key").exposed
    with pytest.raises(OutputError):
        new_key(tmp_path / "a.key")


def test_a_broken_encoder_is_found_out(monkeypatch):
    def broken(*arguments: object, **options: object) -> None:
        raise indelible.IndelibleError("no such encoder")

    monkeypatch.setattr("indelible.workflows.doctor.write_video", broken)
    diagnosis = examine()
    assert set(diagnosis.encoders.values()) == {"no such encoder"}
    assert not diagnosis.healthy


def test_selftest_runs_the_shipped_vectors(monkeypatch):
    assert examine().selftest is None
    sound = examine(selftest=True)
    assert sound.selftest == ()
    assert sound.healthy
    assert sound.to_json()["selftest"] == {"passed": True, "failures": []}
    monkeypatch.setattr(vectors, "CARRIER_SHA256", "0" * 64)
    broken = examine(selftest=True)
    assert not broken.healthy
    (failure,) = broken.to_json()["selftest"]["failures"]
    assert "carrier" in failure


def test_the_extras_are_those_of_the_package():
    import tomllib

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(EXTRAS) == set(project["optional-dependencies"])
    for extra, requirements in project["optional-dependencies"].items():
        assert len(EXTRAS[extra]) == len(requirements)


def test_documents_hold_only_what_json_can_say():
    assert document("mark", a=math.inf, b=math.nan, c=1.5, d="inf") == {
        "schema": "indelible.mark/1",
        "a": None,
        "b": None,
        "c": 1.5,
        "d": "inf",
    }


def test_public_names_are_found_and_others_are_not():
    assert set(indelible.__all__) <= set(dir(indelible))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        indelible.nothing  # noqa: B018
