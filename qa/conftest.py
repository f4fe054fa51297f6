"""Options of the proof, and fixtures for the tests of the command: a small workbook, and terminals in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from terminals import Terminal
    from workbook import Workbook


os.environ.pop("PYTEST_ADDOPTS", None)
"""Options of whoever proves the grader are no options of the graders that the tests start."""
PROCESSES = 2
"""Processes for each processor: much of the proof is waiting, for notebooks and terminals above all."""
LONG = "also the long forms: the whole zoo, and hostile code in every exercise"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help=LONG)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """The whole proof is made by several processes, if nothing else is asked for."""
    if hasattr(config, "workerinput"):
        return  # one of these processes
    qa = Path(__file__).parent
    whole = [(config.invocation_params.dir / argument).resolve() for argument in config.args] == [qa]
    if whole and config.getoption("numprocesses", 0) is None and not config.option.collectonly:
        config.option.numprocesses = PROCESSES * (os.cpu_count() or 1)
        config.option.dist = "worksteal"


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
