"""Keys: subkeys, one for each registered marking."""

import hmac

import numpy as np
import pytest

from indelible.errors import InputError
from indelible.keys import SecretKey
from indelible.mark.carrier import chips

KEY = SecretKey(bytes(range(32)))
NONCE = bytes(range(8))


def test_the_vector():
    """A registered copy is found only as long as this holds."""
    assert KEY.subkey(NONCE).secret.hex() == "f9fc5cecaa1e7b5e7ba0ab6a583f540b5ff6112c64bcdd81a2376663d171be1a"
    assert KEY.subkey(NONCE).key_id == "67a02fcf742454cc"


def test_it_is_the_keyed_construction_of_all_tags():
    assert hmac.compare_digest(KEY.subkey(NONCE).secret, KEY.tag("subkey/v1", NONCE))


def test_key_and_nonce_both_matter():
    keys = [KEY, KEY.subkey(NONCE), KEY.subkey(bytes(8)), SecretKey(bytes(32)).subkey(NONCE), KEY.subkey(NONCE).subkey(NONCE)]
    assert len({key.secret for key in keys}) == len(keys)


def test_patterns_of_subkeys_have_nothing_in_common():
    """The mean of many has the size that chance gives it; a common part would stay."""
    count = 400
    patterns = np.stack([chips(KEY.subkey(number.to_bytes(8, "big")), 0) for number in range(count)])
    mean = patterns.mean(axis=0)
    assert abs(np.mean(mean**2) * count - 1.0) < 6 * np.sqrt(2 / mean.size)
    assert abs(float(mean @ chips(KEY, 0)) / np.linalg.norm(mean)) < 4.5


@pytest.mark.parametrize("size", [0, 7, 9])
def test_a_nonce_has_eight_bytes(size):
    with pytest.raises(InputError, match=f"this one has {size}"):
        KEY.subkey(bytes(size))
