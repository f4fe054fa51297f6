"""Make the pictures of the two pages in docs/: real pages in a real browser, with the solutions behind them.

    python -m wsbook.screenshots            those that are out of date
    python -m wsbook.screenshots --all      all of them
    python -m wsbook.screenshots --check    change nothing; exit status 1 if one is out of date

Another browser with other fonts draws other pixels, so a picture is not compared with one that is made anew. Each
carries a fingerprint of what it was made from: the page, the solution behind it, and the scene. Whoever changes one
of these has to make the picture again.
"""

from __future__ import annotations

import argparse
import hashlib
import inspect
import math
import struct
import sys
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ._chromium import Chromium, NoBrowser
from ._load import Source
from .browser import Browser, Tab
from .course import find, find_root
from .server import Server

KEY = b"wsbook"
WIDE = {"viewport": {"width": 1040, "height": 660}, "device_scale_factor": 2, "reduced_motion": "reduce"}
NARROW = {"viewport": {"width": 390, "height": 760}, "device_scale_factor": 2, "reduced_motion": "reduce"}


def chat(browser: Browser, look: dict[str, Any]) -> Tab:
    """A chat of four, seen by ann."""
    ann = browser.open("/?id=ann", name="ann", **look)
    ben = browser.open("/?id=ben", name="ben")
    cleo = browser.open("/?id=cléo", name="cléo")
    _say(ben, "Good morning! Does this really work in two tabs?")
    _say(ann, "In two tabs, on two computers, on a phone. Open it wherever you like.")
    _say(cleo, "What happens if I send you <b>HTML</b>?")
    _say(ann, "Nothing. It is shown as it is.")
    _say(ben, "@ann I made a drawing board, too. Shall we surprise them?")
    _say(ann, "@ben Tomorrow. Lesson 12.")
    _say(ann, "@dan are you coming?")
    cleo.close()
    ann.expect_text("#messages", "left the chat")
    return ann


def _say(tab: Tab, text: str) -> None:
    tab.type("#messageText", text)
    tab.press("#messageText", "Enter")


def garden(browser: Browser, look: dict[str, Any]) -> Tab:
    """A garden by the water, drawn by somebody else."""
    tab = browser.open("/?board=garden", name="ann", **look)
    with browser.server.connect("/ws/boards/garden", name="ben") as ben:
        ben.receive_json()
        for points, color, width in _garden():
            ben.send_json({"type": "stroke", "points": points, "color": color, "width": width})
            ben.receive_json()
    tab.expect_ink("#board", (0.17, 0.45))
    return tab


def _garden() -> list[tuple[list[tuple[float, float]], str, float]]:
    def circle(radius: float, angles: Iterable[float]) -> list[tuple[float, float]]:
        # A board is four wide and three high.
        return [(0.78 + radius * math.cos(a), 0.22 + radius * 4 / 3 * math.sin(a)) for a in angles]

    def wave(height: float, swing: float, length: float) -> list[tuple[float, float]]:
        return [(x / 60, height + swing * math.sin(x / length)) for x in range(2, 59)]

    turn = 2 * math.pi
    rays = [circle(0.115, [k * turn / 9]) + circle(0.15, [k * turn / 9]) for k in range(9)]
    return [
        (circle(0.085, (k * turn / 120 for k in range(121))), "#f59e0b", 14),
        *((ray, "#f59e0b", 9) for ray in rays),
        (wave(0.74, 0.05, 7), "#2f9e44", 12),
        (wave(0.8, 0.05, 6), "#1c7ed6", 20),
        (wave(0.88, 0.04, 5), "#1c7ed6", 20),
        ([(0.2, 0.7), (0.2, 0.42), (0.34, 0.28), (0.48, 0.42), (0.48, 0.7)], "#e23d28", 9),
        ([(0.17, 0.45), (0.34, 0.26), (0.51, 0.45)], "#8d6e53", 12),
        ([(0.3, 0.7), (0.3, 0.55), (0.38, 0.55), (0.38, 0.7)], "#7048e8", 7),
        ([(0.1 + 0.002 * k, 0.16 + 0.02 * math.sin(k / 4)) for k in range(80)], "#26221d", 6),
    ]


@dataclass(frozen=True)
class Picture:
    """One file in docs/: a scene with the solution of an exercise, and how the tab looks that is drawn."""

    exercise: str
    page: str
    scene: Callable[[Browser, dict[str, Any]], Tab]
    look: dict[str, Any] = field(default_factory=dict)


PICTURES = {
    "chat-light": Picture("08", "chat.html", chat, {**WIDE, "color_scheme": "light"}),
    "chat-dark": Picture("08", "chat.html", chat, {**WIDE, "color_scheme": "dark"}),
    "chat-narrow": Picture("08", "chat.html", chat, {**NARROW, "color_scheme": "light", "has_touch": True}),
    "drawing-light": Picture("12", "drawing.html", garden, {**WIDE, "color_scheme": "light"}),
    "drawing-dark": Picture("12", "drawing.html", garden, {**WIDE, "color_scheme": "dark"}),
    "drawing-narrow": Picture("12", "drawing.html", garden, {**NARROW, "color_scheme": "light", "has_touch": True}),
}


def fingerprint(root: Path, picture: Picture) -> str:
    """A digest of all that a picture is made from."""
    solution = find(root, picture.exercise).submission(root / "solutions")
    page = Path(__file__).parent / "pages" / picture.page
    made_from = hashlib.sha256(repr(sorted(picture.look.items())).encode())
    for text in (inspect.getsource(picture.scene), *(file.read_text(encoding="utf-8") for file in (solution, page))):
        made_from.update(text.encode() + b"\0")
    return made_from.hexdigest()[:16]


def take(root: Path, picture: Picture, chromium: Chromium) -> bytes:
    """The picture as PNG, with its fingerprint in it. Raises `NoBrowser`."""
    solution = find(root, picture.exercise).submission(root / "solutions")
    with Server(Source(str(solution))) as server:
        browser = Browser(chromium, server)
        try:
            drawn = picture.scene(browser, picture.look).screenshot()
        finally:
            browser.close()
    return signed(drawn, fingerprint(root, picture))


def signed(png: bytes, text: str) -> bytes:
    """A PNG with a text of its own, in front of its last chunk."""
    chunk = b"tEXt" + KEY + b"\0" + text.encode()
    end = len(png) - 12  # the last chunk is IEND, which is empty
    return png[:end] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + png[end:]


def signature(png: bytes) -> str:
    """The text that `signed` has put into a PNG."""
    at = png.rfind(b"tEXt" + KEY + b"\0")
    if at < 0:
        return ""
    length = struct.unpack(">I", png[at - 4 : at])[0]
    return png[at + 4 + len(KEY) + 1 : at + 4 + length].decode()


def stale(root: Path) -> list[str]:
    """The names of the pictures that are out of date. Needs no browser."""
    found = []
    for name, picture in PICTURES.items():
        file = root / "docs" / f"{name}.png"
        if not file.exists() or signature(file.read_bytes()) != fingerprint(root, picture):
            found.append(name)
    return found


def main() -> int:
    """The command line; see above."""
    parser = argparse.ArgumentParser(
        prog="python -m wsbook.screenshots", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--all", action="store_true", help="make all pictures")
    parser.add_argument("--check", action="store_true", help="change nothing, and tell what is out of date")
    arguments = parser.parse_args()
    root = find_root(Path.cwd())
    names = list(PICTURES) if arguments.all else stale(root)
    chromium = Chromium()
    try:
        for name in names:
            print(f"{'out of date' if arguments.check else 'made'}: docs/{name}.png", flush=True)
            if not arguments.check:
                (root / "docs" / f"{name}.png").write_bytes(take(root, PICTURES[name], chromium))
    except NoBrowser as reason:
        print(reason, file=sys.stderr)
        return 1
    finally:
        chromium.stop()
    return 1 if names and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
