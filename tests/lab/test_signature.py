"""Signatures as files."""

import json

import pytest

from indelible.errors import InputError
from indelible.lab.signature import Signature, read_signature, write_signature

TRAINED = Signature("dct8", (0.6, 0.8), 0.05, 0.25, training={"clips": [{"clip": "a.mp4", "source": "a"}]}, versions={"av": "18"})


def test_a_file_brings_back_all_of_it(tmp_path):
    write_signature(tmp_path / "s.json", TRAINED)
    again = read_signature(tmp_path / "s.json")
    assert again == TRAINED
    assert (again.training, again.versions) == (TRAINED.training, TRAINED.versions)
    assert again.trained_on == {"a"}
    assert json.loads((tmp_path / "s.json").read_text())["schema"] == "indelible.signature/1"


def test_the_digest_is_of_what_is_hidden_alone():
    assert TRAINED.digest == Signature("dct8", (0.6, 0.8), 0.05, 0.25).digest
    assert len({TRAINED.digest, Signature("dct8", (0.6, 0.8), 0.06, 0.25).digest, Signature("flow", (0.6, 0.8), 0.05, 0.25).digest}) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: [content], "no signature"),
        (lambda content: content | {"schema": "indelible.signature/2"}, "no signature"),
        (lambda content: {name: content[name] for name in content if name != "phase"}, "no whole signature"),
        (lambda content: content | {"values": "high"}, "no whole signature"),
        (lambda content: content | {"values": []}, "at least one"),
        (lambda content: content | {"epsilon": -1.0}, "epsilon is -1.0"),
        (lambda content: content | {"phase": 1.0}, "phase is 1.0"),
    ],
)
def test_what_is_no_signature_is_refused(tmp_path, change, message):
    write_signature(tmp_path / "s.json", TRAINED)
    changed = change(json.loads((tmp_path / "s.json").read_text()))
    (tmp_path / "s.json").write_text(json.dumps(changed))
    with pytest.raises(InputError, match=message):
        read_signature(tmp_path / "s.json")


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(InputError, match="cannot read signature"):
        read_signature(tmp_path / "none.json")
