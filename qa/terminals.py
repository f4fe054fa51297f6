"""A terminal with a screen: what a person sees of the command `wsbook`. Where there are pseudo-terminals."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios

import pyte
from workbook import COMMAND, Workbook, eventually


def _own_terminal() -> None:
    """Make this process's terminal its own, and listen to its end, also where the tests run under `nohup`."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Terminal:
    """The command at a terminal of its own, as a person has it: a screen to look at, and keys to press."""

    def __init__(
        self, workbook: Workbook, *arguments: str, size: tuple[int, int] = (80, 24), **environment: str
    ) -> None:
        self.raw = ""
        self._screen = pyte.Screen(*size)
        self._stream = pyte.Stream(self._screen)
        self._keyboard, self._inside = pty.openpty()
        self._set_size(*size)
        self._settings = termios.tcgetattr(self._inside)
        self.process = subprocess.Popen(
            [COMMAND, *arguments],
            cwd=workbook.root,
            env={**os.environ, "NO_COLOR": "", "TERM": "xterm-256color", **environment},
            stdin=self._inside,
            stdout=self._inside,
            stderr=self._inside,
            start_new_session=True,
            preexec_fn=_own_terminal,
        )

    def press(self, keys: str) -> None:
        os.write(self._keyboard, keys.encode())

    def resize(self, columns: int, rows: int) -> None:
        self.read()
        self._screen.resize(rows, columns)
        self._set_size(columns, rows)

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._inside, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self) -> None:
        """Take what has been written up to now."""
        while select.select([self._keyboard], [], [], 0.01)[0]:
            text = os.read(self._keyboard, 65536).decode(errors="replace")
            self.raw += text
            self._stream.feed(text)

    @property
    def lines(self) -> list[str]:
        """What the screen shows now, row by row."""
        self.read()
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def wait_for(self, *texts: str) -> list[str]:
        """Wait until the screen shows all of these texts. Returns its rows."""
        assert eventually(lambda: all(text in self.text for text in texts)), f"{texts} is not in\n{self.text}"
        return self.lines

    def wait_until_gone(self, text: str) -> None:
        assert eventually(lambda: text not in self.text), self.text

    @property
    def verdicts(self) -> int:
        """How many verdicts have been shown."""
        self.read()
        return self.raw.count("graded at ")

    def wait_for_end(self) -> int:
        """Wait until the command has ended. Returns its exit status."""
        assert eventually(lambda: self.text and self.process.poll() is not None), self.text
        self.read()
        return self.process.returncode

    def is_as_before(self) -> bool:
        """Whether keyboard and screen are as they were: echo, cursor, wrapping, and the screen that was there."""
        modes = {mode: self.raw.rfind(f"?{mode}h") > self.raw.rfind(f"?{mode}l") for mode in ("7", "25", "1049")}
        is_restored = "\x1b[?" not in self.raw or modes == {"7": True, "25": True, "1049": False}
        return is_restored and termios.tcgetattr(self._inside) == self._settings

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._keyboard)
        os.close(self._inside)
