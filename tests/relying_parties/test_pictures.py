"""AD-10: what strangers send as a logo is judged by its bytes, and only what draws is kept."""

import base64
import zlib

import pytest

from relying_parties import pictures
from relying_parties.errors import PictureRefused
from relying_parties.samples.clinic.logo import LOGO as CLINIC
from relying_parties.samples.parking.logo import LOGO as PARKING
from relying_parties.samples.sdk.drawing import draw
from relying_parties.samples.tax.logo import LOGO as TAX

# 16 by 16 pixels of grey.
GREY = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwc"
    "KDcpLDAxNDQ0Hyc5PTgyPC4zNDL/wAALCAAQABABAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QA"
    "tRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0"
    "NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2"
    "t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/APf6KKKKKKKKKK//2Q=="
)


def a_chunk(name: bytes, held: bytes) -> bytes:
    return len(held).to_bytes(4) + name + held + zlib.crc32(name + held).to_bytes(4)


def a_png(width: int = 32, height: int = 32, pixels: bytes | None = None, **head: int) -> bytes:
    """A black square; ``depth``, ``colour`` and ``interlaced`` are what its head says."""
    about = bytes((head.get("depth", 8), head.get("colour", 0), 0, 0, head.get("interlaced", 0)))
    drawn = (b"\x00" + bytes(width)) * height if pixels is None else pixels
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            a_chunk(b"IHDR", width.to_bytes(4) + height.to_bytes(4) + about),
            a_chunk(b"IDAT", zlib.compress(drawn)),
            a_chunk(b"IEND", b""),
        )
    )


def refused(body: bytes) -> str:
    with pytest.raises(PictureRefused) as refusal:
        pictures.read(body)
    return refusal.value.reason


@pytest.mark.parametrize("logo", [PARKING, TAX, CLINIC, a_png()])
def test_a_png_is_kept_as_it_is(logo: bytes) -> None:
    assert pictures.read(logo) == pictures.Picture("image/png", logo)


def test_a_jpeg_is_kept_without_its_comments() -> None:
    read = pictures.read(GREY)

    assert read.kind == "image/jpeg"
    assert read.body == GREY.replace(GREY[2:20], b""), "all but the segment of an application"


def test_what_does_not_draw_is_left_out() -> None:
    """No place of a photograph, no script in a comment, no second picture."""
    script = b"<script>alert(1)</script>"
    png, comment = a_png(), b"\xff\xfe" + (len(script) + 2).to_bytes(2) + script
    told = png[:33] + a_chunk(b"tEXt", script) + a_chunk(b"acTL", bytes(8)) + png[33:]

    assert pictures.read(told + script).body == png
    assert script not in pictures.read(GREY[:2] + comment + GREY[2:] + script).body


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "kind", id="nothing"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "kind", id="svg"),
        pytest.param(b"<!doctype html><script>alert(1)</script>", "kind", id="html"),
        pytest.param(b"GIF89a" + bytes(40), "kind", id="gif"),
        pytest.param(b"RIFF\x00\x00\x00\x00WEBP", "kind", id="webp"),
        pytest.param(b"\x89PNG\r\n\x1a\n<svg onload='x()'/>", "broken", id="svg-that-says-png"),
        pytest.param(b"\xff\xd8\xff<script>alert(1)</script>", "broken", id="html-that-says-jpeg"),
        pytest.param(a_png() + bytes(25_000), "large", id="large"),
        pytest.param(a_png(8, 8), "size", id="a-tracking-dot"),
        pytest.param(a_png(100_000, 100_000, b""), "size", id="enormous"),
        pytest.param(a_png(1024, 1024, bytes(20_000_000)), "broken", id="a-bomb"),
        pytest.param(a_png(pixels=bytes(10)), "broken", id="too-few-pixels"),
        pytest.param(a_png(colour=5), "kind", id="no-such-colour"),
        pytest.param(a_png(interlaced=1), "kind", id="interlaced"),
        pytest.param(a_png()[:-1], "broken", id="cut-short"),
        pytest.param(a_png()[:-12], "broken", id="without-an-end"),
        pytest.param(a_png().replace(b"IDAT", b"IDAX"), "broken", id="wrong-sum"),
        pytest.param(GREY[:-2], "broken", id="jpeg-without-an-end"),
        pytest.param(GREY[:100], "broken", id="jpeg-cut-short"),
        pytest.param(GREY.replace(b"\x00\x10\x00\x10\x01", bytes(5)), "size", id="jpeg-dot"),
        pytest.param(GREY.replace(b"\xff\xc0", b"\xff\xc9"), "kind", id="jpeg-of-another-kind"),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused(body: bytes, reason: str) -> None:
    assert refused(body) == reason


@pytest.mark.parametrize("side", range(0, len(GREY), 7))
def test_a_picture_cut_anywhere_is_refused_and_nothing_worse(side: int) -> None:
    refused(GREY[:side])
    refused(a_png()[: side % 60])


def test_a_drawing_has_the_colours_it_was_given() -> None:
    drawn = draw(lambda x, y: x < y, paper="ffffff", ink="000000")

    assert b"PLTE" + bytes.fromhex("ffffff000000") in drawn
