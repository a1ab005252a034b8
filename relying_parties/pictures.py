"""Pictures: what a service's logo may be. Pure.

Strangers' bytes go to a citizen's browser under our own name, so they are judged by
themselves, never by what their sender calls them: PNG or JPEG, small, of a sane size,
whole. What comes out holds only the parts that draw: no text, no place and time of a
photograph, no second picture, nothing behind the end.

Specs: W3C PNG §5, ITU T.81 Annex B; security: AD-10.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from relying_parties.errors import PictureRefused

MOST = 24 * 1024  # bytes
SMALLEST, LARGEST = 16, 1024  # pixels of a side

_PNG = b"\x89PNG\r\n\x1a\n"
_DRAWS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by PNG's colour type

_JPEG = b"\xff\xd8\xff"
_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended, progressive: what browsers show
_TABLES = (0xC4, 0xDB, 0xDD)
_ADOBE = 0xEE  # says how the colours are meant
_SCAN, _END, _STUFFED = 0xDA, 0xD9, (0x00, *range(0xD0, 0xD8))


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture that may be shown; ``kind`` is its media type."""

    kind: str
    body: bytes


def read(body: bytes) -> Picture:
    """Judge ``body`` and keep what draws.

    :raises PictureRefused: it is no picture that we show; ``reason`` is one word
    """
    if len(body) > MOST:
        raise PictureRefused("large")
    try:
        if body.startswith(_PNG):
            return Picture("image/png", _png(body))
        if body.startswith(_JPEG):
            return Picture("image/jpeg", _jpeg(body))
    except (IndexError, zlib.error) as error:
        raise PictureRefused("broken") from error
    raise PictureRefused("kind")


def _png(body: bytes) -> bytes:
    chunks = list(_chunks(body))
    names = [name for name, _ in chunks]
    if names[0] != b"IHDR" or names.count(b"IHDR") != 1 or names[-1] != b"IEND":
        raise PictureRefused("broken")
    _pixels(chunks[0][1], b"".join(held for name, held in chunks if name == b"IDAT"))
    kept = (_chunk(name, held) for name, held in chunks if name in _DRAWS)
    return _PNG + b"".join(kept)


def _chunks(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG)
    while at < len(body):
        length = int.from_bytes(body[at : at + 4])
        name, held = body[at + 4 : at + 8], body[at + 8 : at + 8 + length]
        if body[at + 8 + length : at + 12 + length] != zlib.crc32(name + held).to_bytes(4):
            raise PictureRefused("broken")
        yield name, held
        if name == b"IEND":
            return
        at += 12 + length
    raise PictureRefused("broken")


def _chunk(name: bytes, held: bytes) -> bytes:
    return len(held).to_bytes(4) + name + held + zlib.crc32(name + held).to_bytes(4)


def _pixels(head: bytes, packed: bytes) -> None:
    """Look that a PNG holds the pixels that it promises, and not a byte more."""
    width, height = int.from_bytes(head[:4]), int.from_bytes(head[4:8])
    depth, colour, interlaced = head[8], head[9], head[12]
    _bounded(width, height)
    if colour not in _CHANNELS or depth not in (1, 2, 4, 8, 16) or interlaced:
        raise PictureRefused("kind")
    promised = (1 + (width * depth * _CHANNELS[colour] + 7) // 8) * height
    reader = zlib.decompressobj()
    # Never unpacked beyond what was promised: a small file may stand for gigabytes.
    if len(reader.decompress(packed, promised + 1)) != promised or not reader.eof:
        raise PictureRefused("broken")


def _jpeg(body: bytes) -> bytes:
    kept, framed = [body[:2]], False
    for mark, part in _segments(body):
        if mark in _FRAMES and not framed:
            _bounded(int.from_bytes(part[7:9]), int.from_bytes(part[5:7]))
            framed = True
        elif mark in _FRAMES or (mark == _SCAN and not framed):
            raise PictureRefused("broken")
        elif mark == _ADOBE and part[4:9] != b"Adobe":
            continue
        if mark in (*_FRAMES, *_TABLES, _ADOBE, _SCAN, _END):
            kept.append(part)
        elif not (0xE0 <= mark <= 0xEF or mark == 0xFE):  # applications' own, and comments
            raise PictureRefused("kind")
    return b"".join(kept)


def _segments(body: bytes) -> Iterator[tuple[int, bytes]]:
    at, scans = 2, 0
    while True:
        if body[at] != 0xFF:
            raise PictureRefused("broken")
        mark = body[at + 1]
        if mark == _END and scans:
            yield mark, body[at : at + 2]
            return
        length = int.from_bytes(body[at + 2 : at + 4])
        end = at + 2 + length
        if mark in _STUFFED or length < 2 or end > len(body):
            raise PictureRefused("broken")
        if mark == _SCAN:
            end, scans = _scan_ends(body, end), scans + 1
        yield mark, body[at:end]
        at = end


def _scan_ends(body: bytes, at: int) -> int:
    """Return where the data of a scan that begin at ``at`` are over."""
    while True:
        at = body.find(b"\xff", at)
        if at < 0:
            raise PictureRefused("broken")
        if body[at + 1] not in _STUFFED:
            return at
        at += 2


def _bounded(width: int, height: int) -> None:
    if not (SMALLEST <= width <= LARGEST and SMALLEST <= height <= LARGEST):
        raise PictureRefused("size")
