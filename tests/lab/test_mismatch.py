"""Proxies beside the real encoder."""

import json

import numpy as np
import pytest

from indelible.errors import InputError
from indelible.lab.mismatch import PROXIES, REAL, MismatchSettings, read_proxy, run_mismatch
from indelible.lab.mismatch_tables import mismatch_tables
from indelible.lab.proxy import Proxy, backward, forward
from indelible.lab.survival import as_codes, carried, error_gap_db, probe, survival, survivals_together
from indelible.lab.template import course
from indelible.lab.trial import Footage

SMALL = Footage(frames=31, width=128)


@pytest.fixture(scope="module")
def result(films):
    from indelible.runs.corpus import load_corpus

    return run_mismatch(load_corpus(films), MismatchSettings(crfs=(18, 34), footage=SMALL), jobs=1, progress=lambda line: None)


def rows(result, name):
    return {row["crf"]: row for row in result["summary"] if row["codec"] == name}


def test_survival_by_hand():
    coefficients = np.zeros((1, 1, 2, 8, 8), np.float32)
    coefficients[0, 0, :, 0, 1] = 10.0, -20.0
    coefficients[0, 0, :, 0, 2] = 3.0, 3.0  # too small to be followed
    received = coefficients.copy()
    received[0, 0, :, 0, 1] = 0.0, -18.0
    found = survival(backward(coefficients, 8), backward(received, 8))
    assert (found.loud[0, 1], found.kept[0, 1], found.zeroed[0, 1], found.loud[0, 2]) == (2, 1, 1, 0)
    assert found.received[0, 1] / found.sent[0, 1] == pytest.approx(324 / 500)
    assert found.error[0, 1] == pytest.approx((100 + 4) / 2, rel=1e-4)
    assert found.psnr_db == pytest.approx(10 * np.log10(255**2 / (52 / 64)), abs=1e-3)
    assert survivals_together([found, found]).loud[0, 1] == 4
    assert error_gap_db(found, found).max() == 0.0


def test_what_a_mark_loses_is_seen():
    signature = probe(np.random.default_rng(1))
    unmarked = np.random.default_rng(2).uniform(60, 190, (40, 16, 16)).astype(np.float32)
    moved = forward(unmarked, 8)
    weights = course(40, signature.phase)[:, None, None, None]
    moved[..., :3, :3] += 0.25 * 255.0 * signature.epsilon * weights[..., None] * np.array([0.0, *signature.values]).reshape(3, 3)
    assert carried(unmarked, backward(moved, 8), signature) == pytest.approx(np.full(8, 0.25), abs=1e-3)


def test_the_real_encoder_is_its_own_measure(result):
    real = rows(result, REAL)
    assert (real[18]["psnr_gap_db"], real[18]["error_gap_db"], real[18]["carried_gap"]) == (0.0, 0.0, 0.0)
    assert real[18]["psnr_y_db"] > real[34]["psnr_y_db"] + 5.0
    assert real[18]["kept"][0][1] > real[34]["kept"][0][1]
    for name in PROXIES:
        assert rows(result, name)[34]["psnr_gap_db"] > 0.0
    assert {row["codec"] for row in result["summary"]} == {REAL, *PROXIES}


def test_the_middle_block_is_followed(result):
    steps = [step for step in result["trace"] if (step["codec"], step["crf"]) == ("h264", 34)]
    assert [step["position"] for step in steps] == [[row, column] for row in range(3) for column in range(3)]
    for step in steps:
        assert step["step"] == 32.0
        assert step["fate"] != "zeroed" or abs(step["result"]) < 1.0
    assert steps[0]["fate"] == "kept" or abs(steps[0]["coefficient"] - steps[0]["result"]) <= 17.0


def test_processes_of_their_own_say_the_same(result, corpus):
    settings = MismatchSettings(crfs=(18, 34), footage=SMALL)
    again = run_mismatch(corpus, settings, jobs=2, progress=lambda line: None)
    assert again["summary"] == result["summary"]
    assert again["records"] == result["records"]
    assert again["trace"] == result["trace"]
    assert "| h264, predicted | 34 |" in mismatch_tables(again)


def test_a_fitted_proxy_is_nearer_on_footage_that_it_did_not_see(corpus, tmp_path):
    lines = []
    fitted = run_mismatch(corpus, MismatchSettings(crfs=(28,), fit=True, footage=Footage(12, 128)), jobs=1, progress=lines.append)
    assert len(fitted["fit"]["trained_on"]) == 1
    assert not {row["clip"] for row in fitted["records"]} & set(fitted["fit"]["trained_on"])
    assert rows(fitted, "fitted")[28]["error_gap_db"] < rows(fitted, "h264, predicted")[28]["error_gap_db"]
    assert lines[0].startswith("fit 1")
    (tmp_path / "fit.json").write_text(json.dumps(fitted))
    proxy = read_proxy(str(tmp_path / "fit.json"), 23)
    assert (proxy.crf, proxy.qp_offset) == (23, fitted["fit"]["parameters"]["qp_offset"])
    assert "Fitted on 1 clips" in mismatch_tables(fitted)


def test_proxies_by_name():
    assert read_proxy("published", 23) == Proxy(crf=23, steps="published")
    with pytest.raises(InputError, match="known are 'published'"):
        read_proxy("nowhere", 28)
    with pytest.raises(InputError, match="at least one"):
        MismatchSettings(crfs=())


def test_codes_are_codes():
    assert as_codes(np.array([-3.0, 1.4, 300.0], np.float32)).tolist() == [0.0, 1.0, 255.0]
