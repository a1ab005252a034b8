"""A picture from a formula: a logo without a drawing program."""

import zlib
from collections.abc import Callable

SIDE = 96  # pixels


def draw(inside: Callable[[float, float], bool], *, paper: str, ink: str) -> bytes:
    """Return a square PNG of two colours, each ``rrggbb``.

    :param inside: whether a point is ink; from the left and from the top, each 0 to 1
    """
    middles = [(number + 0.5) / SIDE for number in range(SIDE)]
    pixels = b"".join(_line([inside(x, y) for x in middles]) for y in middles)
    head = SIDE.to_bytes(4) * 2 + bytes((1, 3, 0, 0, 0))  # one bit a pixel, by palette
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(name, held)
        for name, held in (
            (b"IHDR", head),
            (b"PLTE", bytes.fromhex(paper + ink)),
            (b"IDAT", zlib.compress(pixels, 9)),
            (b"IEND", b""),
        )
    )


def _line(inked: list[bool]) -> bytes:
    bits = "".join("1" if each else "0" for each in inked)
    return b"\x00" + int(bits, 2).to_bytes(SIDE // 8)


def _chunk(name: bytes, held: bytes) -> bytes:
    return len(held).to_bytes(4) + name + held + zlib.crc32(name + held).to_bytes(4)
