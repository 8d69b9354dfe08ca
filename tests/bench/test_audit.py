"""The benchmark of the training mark, on two films."""

import json

from indelible.bench.audit.run import AuditRun, AuditSettings, run_audit
from indelible.bench.tables import result_table

SETTINGS = AuditSettings(max_seconds=0.3, lines=144, channels=("none", "scale=0.5|x264:crf=23"), wrong_keys=40)


def test_it_measures_sums_up_and_remembers(corpus, tmp_path):
    lines = []
    run = AuditRun(SETTINGS, cache_folder=tmp_path, progress=lines.append)
    result = run_audit(corpus, run)
    json.dumps(result, allow_nan=False)
    plain, halved = result["summary"]
    assert (plain["channel"], plain["required_p"], plain["found"]["k"], plain["found"]["n"]) == ("none", 1e-6, 2, 2)
    assert (halved["required_p"], halved["found"]["n"]) == (1e-3, 2)
    assert [row["n"] for row in result["null"]] == [40, 40]
    assert all(row["valid"] for row in result["null"])
    assert result["price"]["psnr_y_db"]["worst"] >= 42.0
    assert "Wrong keys" in result_table(result)
    again = run_audit(corpus, run)
    assert again["records"] == result["records"]
    assert lines[-1] == "2 clips, 2 of them known already"
