"""A picture from rows of characters: a logo without a drawing program."""

import zlib
from collections.abc import Sequence

SIDE = 96  # pixels


def draw(rows: Sequence[str], *, paper: str, ink: str) -> bytes:
    """Return a square PNG of two colours, each ``rrggbb``; a ``#`` is ink.

    :param rows: as many as each is long, a number that 96 can be divided by
    """
    scale = SIDE // len(rows)
    lines = [_line("".join(each * scale for each in row)) for row in rows]
    pixels = b"".join(line * scale for line in lines)
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


def _line(row: str) -> bytes:
    bits = "".join("1" if each == "#" else "0" for each in row)
    return b"\x00" + int(bits, 2).to_bytes(SIDE // 8)


def _chunk(name: bytes, held: bytes) -> bytes:
    return len(held).to_bytes(4) + name + held + zlib.crc32(name + held).to_bytes(4)
