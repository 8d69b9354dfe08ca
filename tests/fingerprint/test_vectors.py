from indelible.fingerprint import vectors


def test_vectors_hold():
    assert vectors.run_fingerprint_vectors() == []


def test_another_code_is_noticed(monkeypatch):
    monkeypatch.setattr(vectors, "VECTORS", tuple((scene, "0" * 64) for scene, _ in vectors.VECTORS[:1]))
    (failure,) = vectors.run_fingerprint_vectors()
    assert "0000" in failure
