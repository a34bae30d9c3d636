"""A face as the picture of a key: name, state as a word, and its colour. Never a colour alone.

The upper part is the name, the band below it has the lamp's colour and the word for the state. A
blinking lamp's band is hollow in its dark moments, and its word stays.
"""

import functools
import unicodedata
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from bridge.model.blf import Color, KeyFace

# As people tell them apart on a small bright screen; black or white ink reaches 4.5:1 (WCAG 2).
RGB = {
    Color.OFF: (40, 40, 40),
    Color.GREEN: (0, 130, 50),
    Color.RED: (205, 20, 20),
    Color.AMBER: (255, 170, 0),
    Color.BLUE: (30, 90, 255),
    Color.DARK_BLUE: (0, 0, 110),
    Color.WHITE: (240, 240, 240),
}
BACKGROUND = (0, 0, 0)
BAND = 0.34  # of the height
LARGEST, SMALLEST = 0.25, 0.14  # of the height: letters

# Bold, with letters of all of Europe; the one that comes with Pillow has ASCII only.
FONTS = ("DejaVuSans-Bold.ttf", "NotoSans-Bold.ttf", "LiberationSans-Bold.ttf", "FreeSansBold.ttf")

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen of a face.

    Args:
        label, state: texts.
        color: of the band.
        bright: False in the dark moments of a blinking lamp.
    """

    label: str
    state: str
    color: Color
    bright: bool = True


def look_of(face: KeyFace, *, bright: bool = True) -> Look:
    """Return what is seen of a face now."""
    return Look(face.label, face.state, face.lamp.color, bright)


def draw(look: Look | None, width: int, height: int) -> Image.Image:
    """Return the picture of a key; None is black.

    Args:
        look: what to show.
        width: pixels, 1..400.
        height: pixels, 1..400.
    """
    image = Image.new("RGB", (width, height), BACKGROUND)
    if look is None:
        return image
    canvas = ImageDraw.Draw(image)
    top = round(height * (1 - BAND))
    color = RGB[look.color]
    box = (0, top, width - 1, height - 1)
    if look.bright:
        canvas.rectangle(box, fill=color)
    else:
        canvas.rectangle(box, fill=BACKGROUND, outline=color, width=2)
    ink = _ink(color) if look.bright else (255, 255, 255)
    _write(canvas, look.state, (2, top, width - 2, height), ink, lines=1)
    _write(canvas, look.label, (2, 1, width - 2, top), (255, 255, 255), lines=3)
    return image


def _ink(color: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return black or white, whichever is read better (ITU-R BT.601 luma)."""
    red, green, blue = color
    return (0, 0, 0) if 0.299 * red + 0.587 * green + 0.114 * blue > 130 else (255, 255, 255)


def _write(
    canvas: ImageDraw.ImageDraw,
    text: str,
    box: tuple[int, int, int, int],
    ink: tuple[int, int, int],
    *,
    lines: int,
) -> None:
    """Write a text as large as it fits into a box, in the middle of it."""
    left, top, right, bottom = box
    height = round((bottom - top) / (BAND if lines == 1 else 1 - BAND))
    for size in range(round(height * LARGEST), round(height * SMALLEST) - 1, -1):
        font = _font(size)
        rows = _wrap(_legible(text, font), font, right - left)
        is_whole = "".join(rows).replace(" ", "") == "".join(_legible(text, font).split())
        if is_whole and len(rows) <= lines and len(rows) * size * 1.15 <= bottom - top:
            break
    else:
        font = _font(round(height * SMALLEST))
        rows = _wrap(_legible(text, font), font, right - left)[:lines]
    block = "\n".join(rows)
    middle = ((left + right) / 2, (top + bottom) / 2)
    where = canvas.multiline_textbbox((0, 0), block, font=font, align="center", spacing=1)
    x = middle[0] - (where[0] + where[2]) / 2
    y = middle[1] - (where[1] + where[3]) / 2
    canvas.multiline_text((x, y), block, fill=ink, font=font, align="center", spacing=1)


def _wrap(text: str, font: Font, width: int) -> list[str]:
    """Break a text at its spaces; a word that is too long loses its end."""
    rows: list[str] = []
    for word in text.split():
        longer = f"{rows[-1]} {word}" if rows else word
        if rows and font.getlength(longer) <= width:
            rows[-1] = longer
        else:
            rows.append(_cut(word, font, width))
    return rows


def _cut(word: str, font: Font, width: int) -> str:
    if font.getlength(word) <= width:
        return word
    while word and font.getlength(word + ".") > width:
        word = word[:-1]
    return word + "."


@functools.cache
def _font(size: int) -> Font:
    for name in FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def _legible(text: str, font: Font) -> str:
    """Return a text in letters the font has: the built-in one has those of ASCII only."""
    if not isinstance(font, ImageFont.FreeTypeFont) or font.getname()[0] != "Aileron":
        return text
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    letters = (one for one in plain if not unicodedata.combining(one))
    return "".join(one if one.isascii() else "?" for one in letters)
