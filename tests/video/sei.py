"""What broadcasters and cameras put beside the pictures of a stream, written bit by bit from the standards."""

from __future__ import annotations

_START = b"\0\0\0\1"


class _Bits:
    """A string of bits."""

    def __init__(self) -> None:
        self.text = ""

    def put(self, value: int, width: int) -> None:
        self.text += f"{value:0{width}b}"

    def put_golomb(self, value: int) -> None:
        """Exponential Golomb, unsigned."""
        digits = f"{value + 1:b}"
        self.text += "0" * (len(digits) - 1) + digits

    def bytes(self) -> bytes:
        padded = self.text + "0" * (-len(self.text) % 8)
        return int(padded, 2).to_bytes(len(padded) // 8, "big")


def _escaped(data: bytes) -> bytes:
    """Return data in which nothing looks like a start code."""
    out = bytearray()
    for byte in data:
        if byte <= 3 and out[-2:] == b"\0\0":
            out.append(3)
        out.append(byte)
    return bytes(out)


def _registered(payload: bytes) -> bytes:
    """A SEI message with data of a registered kind (ITU-T T.35), without the header of its NAL unit."""
    return _escaped(bytes([4, len(payload)]) + payload + b"\x80")


def captions() -> bytes:
    """A pair of CEA-608 and two of CEA-708 (ATSC A/53 part 4)."""
    pairs = bytes([0xFC, 0x94, 0x20, 0xFE, 0x48, 0x69, 0xFF, 0x02, 0x21])
    return _registered(b"\xb5\x00\x31GA94\x03" + bytes([0x40 | len(pairs) // 3, 0xFF]) + pairs + b"\xff")


def hdr10_plus() -> bytes:
    """Dynamic metadata of one window without a curve (SMPTE ST 2094-40)."""
    bits = _Bits()
    # Windows, targeted display, its actual peak; brightest R, G, B and the average; percentiles, bright pixels; three things not said.
    for value, width in [
        (1, 2),
        (400, 27),
        (0, 1),
        (10_000, 17),
        (12_000, 17),
        (9000, 17),
        (5000, 17),
        (0, 4),
        (0, 10),
        (0, 1),
        (0, 1),
        (0, 1),
    ]:
        bits.put(value, width)
    return _registered(b"\xb5\x00\x3c\x00\x01\x04\x01" + bits.bytes())


def dolby_vision() -> bytes:
    """A reference processing unit of profile 8 with linear curves (ETSI TS 103 572), without the header of its NAL unit."""
    bits = _Bits()
    # Type, format, profile, level; sequence follows: no filter, fixed point.
    for value, width in [(2, 6), (18, 11), (1, 4), (0, 4), (1, 1), (0, 1), (0, 2)]:
        bits.put(value, width)
    bits.put_golomb(23)  # bits after the point
    bits.put(1, 2)
    bits.put(0, 1)
    for depth in (2, 2, 4):  # of the base, enhancement and full pictures, beyond 8
        bits.put_golomb(depth)
    for value, width in [(0, 1), (0, 3), (0, 1), (1, 1), (0, 1), (0, 1)]:  # no residual, nothing for the display, nothing from before
        bits.put(value, width)
    for _ in range(3):  # unit, colour space, layout
        bits.put_golomb(0)
    for _ in "YUV":
        bits.put_golomb(0)
        bits.put(0, 10)
        bits.put(1023, 10)
    bits.put_golomb(0)
    bits.put_golomb(0)
    for _ in "YUV":  # a polynomial of the first order: 0 + 1 x
        bits.put_golomb(0)
        bits.put_golomb(0)
        bits.put(0, 1)
        for whole in (0, 1):  # signed 0 and 1
            bits.put_golomb(whole)
            bits.put(0, 23)
    return _escaped(b"\x19" + bits.bytes() + bytes(4) + b"\x80")


def with_units(stream: bytes, *, codec: str, before: bytes = b"", after: bytes = b"", skip: int = 0) -> bytes:
    """Put a SEI message before, or a Dolby Vision unit after, each picture of an Annex B stream, but the first ``skip``.

    Each picture must be one slice.
    """
    header = b"\x06" if codec == "h264" else b"\x4e\x01"
    out, pictures = [], 0
    for unit in stream.replace(_START, _START[1:]).split(_START[1:])[1:]:
        is_slice = (unit[0] & 31) in (1, 5) if codec == "h264" else (unit[0] >> 1 & 63) < 32
        pictures += is_slice
        chosen = is_slice and pictures > skip
        out += [_START + header + before] if chosen and before else []
        out.append(_START + unit)
        out += [_START + b"\x7c\x01" + after] if chosen and after else []
    return b"".join(out)
