import pytest

from indelible.mark import vectors


def test_this_installation_reproduces_the_vectors() -> None:
    assert vectors.run_vectors() == []


@pytest.mark.parametrize(
    ("name", "value"), [("KEY_ID", "0" * 16), ("CARRIER_SHA256", "0" * 64), ("SYMBOLS_SHA256", "0" * 64), ("STATISTIC", 1.0)]
)
def test_a_wrong_vector_is_reported(monkeypatch: pytest.MonkeyPatch, name: str, value: object) -> None:
    monkeypatch.setattr(vectors, name, value)
    assert len(vectors.run_vectors()) == 1
