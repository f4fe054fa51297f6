"""Fixtures for the tests of the command: a small workbook, and terminals in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from terminals import Terminal
    from workbook import Workbook


@pytest.fixture
def workbook(tmp_path: Path) -> Iterator[Workbook]:
    from workbook import make_workbook

    book = make_workbook(tmp_path)
    yield book
    for process in book.processes():
        process.kill()


@pytest.fixture
def open_terminal(workbook: Workbook) -> Iterator[Callable[..., Terminal]]:
    pytest.importorskip("termios", reason="there are no pseudo-terminals here", exc_type=ImportError)
    from terminals import Terminal

    terminals: list[Terminal] = []

    def open_terminal(*arguments: str, **options: object) -> Terminal:
        terminals.append(Terminal(workbook, *arguments, **options))  # type: ignore[arg-type]
        return terminals[-1]

    yield open_terminal
    for terminal in terminals:
        terminal.close()


@pytest.fixture
def watching(open_terminal: Callable[..., Terminal]) -> Terminal:
    """The watch, once it notices what is saved."""
    terminal = open_terminal()
    terminal.wait_for("exercises solved")
    return terminal
