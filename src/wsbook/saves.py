"""What is saved in exercises/: noticed in a thread of its own, told by stems."""

from __future__ import annotations

import contextlib
import os
import platform
import threading
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

LOOK = 0.1
"""Seconds between two looks, where the system does not tell of changes."""
BURST = 0.025
"""Seconds without another change after which changes are told: editors write more than once."""
TEMPORARY = (".", "#", "flycheck_", "flymake_")
"""How names begin of what editors put beside the file that is edited."""

Changes = Collection[tuple[object, str]]
"""What was saved in a moment: anything, and a path."""


class Saves:
    """Watches until the `with` block ends. The first call tells of nothing: from then on saves are noticed."""

    def __init__(self, folder: Path, on_save: Callable[[set[str]], None]) -> None:
        self._folder = folder.resolve()
        self._on_save = on_save
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Saves:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join(2)

    def _watch(self) -> None:
        is_first = True
        for changes in self._changes():
            stems = {stem_of(Path(path), self._folder) for _, path in changes} - {""}
            if stems or is_first:
                self._on_save(stems)
            is_first = False
            if self._ended.is_set():
                return

    def _changes(self) -> Iterator[Changes]:
        """Burst after burst; nothing, again and again, while nothing is saved."""
        import watchfiles

        # Windows' Linux is told nothing of files on Windows' own drives.
        if "microsoft" not in platform.release().lower() and not os.environ.get("WATCHFILES_FORCE_POLLING"):
            # Linux limits how much can be watched, and editors may have used it up.
            with contextlib.suppress(OSError, RuntimeError):
                yield from watchfiles.watch(
                    self._folder,
                    watch_filter=None,
                    step=int(BURST * 1000),
                    rust_timeout=int(LOOK * 1000),
                    yield_on_timeout=True,
                    force_polling=False,
                    stop_event=self._ended,
                    raise_interrupt=False,
                )
        if not self._ended.is_set():
            yield from self._differences()

    def _differences(self) -> Iterator[Changes]:
        """The same, found by looking. (The polling of watchfiles misses the second save within a second.)"""
        seen = _stamps(self._folder)
        yield ()
        while not self._ended.wait(LOOK):
            before, seen = seen, _stamps(self._folder)
            yield before ^ seen


def _stamps(folder: Path) -> set[tuple[object, str]]:
    found: set[tuple[object, str]] = set()
    for base, _, names in os.walk(folder):
        for path in (os.path.join(base, name) for name in names):
            with contextlib.suppress(OSError):
                status = os.stat(path)
                found.add(((status.st_mtime_ns, status.st_size), path))
    return found


def stem_of(path: Path, folder: Path) -> str:
    """The stem of the exercise that a file belongs to; empty for a file that is no source of one."""
    inside = path.relative_to(folder).parts if path.is_relative_to(folder) else ()
    if path.suffix != ".py" or not inside or any(part.startswith(TEMPORARY) for part in inside):
        return ""
    return path.stem if len(inside) == 1 else inside[0]
