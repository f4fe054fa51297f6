"""From save to verdict: `python benchmarks/watch.py [SAVES]`. Linux and macOS.

The watch runs at a terminal of 80 columns and 24 rows, in a copy of the workbook. The solution of 01 is saved, each
time with another comment in it, and what counts is the time until the verdict is on the screen. Between the saves, on
the same machine in the same state, the same answer is graded by a cold `pytest tests/test_01_basic_route.py`.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
STEM = "01_basic_route"
COMMAND = [sys.executable, "-c", "from wsbook.cli import main; main()"]
PATIENCE = 300.0


class Watch:
    """The watch at a terminal."""

    def __init__(self, book: Path) -> None:
        self._keyboard, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self._process = subprocess.Popen(
            COMMAND,
            cwd=book,
            env={**os.environ, "TERM": "xterm", "PYTHONIOENCODING": "utf-8"},
            stdin=inside,
            stdout=inside,
            stderr=inside,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(inside)
        self._shown = b""

    def wait_for(self, text: bytes) -> None:
        """Wait until a text is written, after all that was waited for before."""
        deadline = time.monotonic() + PATIENCE
        while text not in self._shown:
            if not select.select([self._keyboard], [], [], deadline - time.monotonic())[0]:
                raise TimeoutError(text, self._shown)
            self._shown += os.read(self._keyboard, 65536)
        self._shown = self._shown.partition(text)[2]

    def quit(self) -> None:
        os.write(self._keyboard, b"q")
        self._process.wait(PATIENCE)


def main(saves: int) -> None:
    warm, cold = [], []
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder)
        for name in ("lessons", "exercises", "tests", "solutions"):
            shutil.copytree(ROOT / name, book / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        shutil.copy(ROOT / "pyproject.toml", book)
        answer = book / "exercises" / f"{STEM}.py"
        solution = (ROOT / "solutions" / f"{STEM}.py").read_text(encoding="utf-8")
        watch = Watch(book)
        watch.wait_for(b"exercises solved")
        for number in range(-1, saves):  # the first ones are not counted
            start = time.perf_counter()
            answer.write_text(f"{solution}# {number}\n", encoding="utf-8")
            watch.wait_for(b"graded at")
            warm.append(time.perf_counter() - start)
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "pytest", f"tests/test_{STEM}.py"], cwd=book, capture_output=True, check=True
            )
            cold.append(time.perf_counter() - start)
        watch.quit()
    print(f"{saves} saves, {os.cpu_count()} processors, load {load:.1f} before and {os.getloadavg()[0]:.1f} after")
    for name, times in (("the watch, from save to verdict", warm[1:]), ("a cold pytest", cold[1:])):
        print(f"{name:34} median {statistics.median(times):6.2f} s   worst {max(times):6.2f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
