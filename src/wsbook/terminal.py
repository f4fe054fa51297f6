"""The terminal as a screen: keys without Enter, lines drawn in place, and everything as before at the end."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from .text import STYLES, Line, is_colored, wrapped

ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J"
"""A screen of its own, no cursor, no wrapping by the terminal, nothing on it."""
LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l"
KEYS = {
    **dict.fromkeys(("\x1b[A", "\x1bOA", "\xe0H", "k"), "up"),
    **dict.fromkeys(("\x1b[B", "\x1bOB", "\xe0P", "j"), "down"),
    **dict.fromkeys(("\x1b[5~", "\xe0I", "b"), "page up"),
    **dict.fromkeys(("\x1b[6~", "\xe0Q", " "), "page down"),
    **dict.fromkeys(("\r", "\n", "\x1b", "\x7f"), "back"),
}
KEY = re.compile(r"\x1b(?:\[[0-9;]*[~A-Za-z]|O[A-Za-z])?|[\xe0\x00].|.", re.DOTALL)
PATIENCE = 0.1
"""Seconds after which the keyboard's thread looks whether it should end."""


class Terminal:
    """Takes the terminal for the length of a `with` block. Keys come in a thread of their own."""

    def __init__(self, on_key: Callable[[str], None]) -> None:
        self._on_key = on_key
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._read_keys, daemon=True)
        self._settings: list[Any] | None = None
        self._shown: tuple[object, list[str]] = (None, [])

    def __enter__(self) -> Terminal:
        self._take()
        self._thread.start()
        if sys.platform != "win32":
            signal.signal(signal.SIGTSTP, self._pause)
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join(2)
        self._give_back()

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows, as they are now."""
        try:
            found = os.get_terminal_size(sys.stdout.fileno())
        except OSError:
            return 80, 24
        return (found.columns, found.lines) if found.columns > 0 and found.lines > 0 else (80, 24)

    def draw(self, lines: list[Line]) -> None:
        """Show lines, one for each row from the top. Only rows that differ from what is there are written."""
        columns, rows = self.size
        rendered = [_rendered(wrapped(line, columns)[0] if line else ()) for line in lines[:rows]]
        rendered += [""] * (rows - len(rendered))
        size, before = self._shown
        if size != (columns, rows):
            before = []
        changed = [
            f"\x1b[{row + 1};1H{text}\x1b[K"
            for row, text in enumerate(rendered)
            if row >= len(before) or before[row] != text
        ]
        if changed:
            sys.stdout.write(("" if before else "\x1b[2J") + "".join(changed))
            sys.stdout.flush()
        self._shown = ((columns, rows), rendered)

    def _take(self) -> None:
        if sys.platform != "win32":
            import termios
            import tty

            self._settings = termios.tcgetattr(sys.stdin)
            # Ctrl-C stays Ctrl-C.
            tty.setcbreak(sys.stdin.fileno(), termios.TCSADRAIN)
        self._shown = (None, [])
        sys.stdout.write(ENTER)
        sys.stdout.flush()

    def _give_back(self) -> None:
        try:
            sys.stdout.write(LEAVE)
            sys.stdout.flush()
        finally:
            if self._settings is not None and sys.platform != "win32":
                import termios

                termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._settings)

    def _pause(self, *call: object) -> None:
        """Ctrl-Z: the shell gets its terminal, and gives it back when we are called to go on."""
        if sys.platform != "win32":
            self._give_back()
            signal.signal(signal.SIGTSTP, signal.SIG_DFL)
            signal.raise_signal(signal.SIGTSTP)
            signal.signal(signal.SIGTSTP, self._pause)
            self._take()

    def _read_keys(self) -> None:
        while not self._ended.is_set():
            pressed = _pressed()
            if pressed is None:
                self._on_key("q")  # the terminal has gone
                return
            for key in KEY.findall(pressed):
                self._on_key(KEYS.get(key, key))


def _rendered(line: Line) -> str:
    if not is_colored():
        return "".join(text for text, _ in line)
    return "".join(f"\x1b[{STYLES[style]}m{text}\x1b[0m" if style and text else text for text, style in line)


if sys.platform == "win32":

    def _pressed() -> str | None:
        """What was typed within a moment. (Never tried: no Windows was at hand.)"""
        import msvcrt
        import time

        deadline = time.monotonic() + PATIENCE
        while not msvcrt.kbhit():
            if time.monotonic() > deadline:
                return ""
            time.sleep(0.01)
        key = msvcrt.getwch()
        return key + msvcrt.getwch() if key in "\xe0\x00" else key

else:

    def _pressed() -> str | None:
        """What was typed within a moment; None if nothing can be typed any more."""
        import select

        try:
            ready = select.select([sys.stdin], [], [], PATIENCE)[0]
            return (os.read(sys.stdin.fileno(), 256).decode(errors="replace") or None) if ready else ""
        except OSError:
            return None
