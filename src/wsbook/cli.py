"""The command `wsbook`: where am I, what is next, and grading by number or on every save."""

from __future__ import annotations

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # Until `main` can answer to it, Ctrl-C ends the command without Python's traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import ast
import inspect
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

from . import __version__
from .course import Exercise, NotFound, find, find_root
from .overview import absence, following, show_map, show_next, styled

# The watcher and the grader's process are imported where they are needed: the map is to be there at once.

INTERRUPTED = 130
"""The exit status of a command that Ctrl-C has ended, as shells know it."""


def main() -> None:
    """Run the command, and end the process with its exit status."""
    _prepare_terminal()
    try:
        arguments = _parser().parse_args()
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except NotFound as error:
        print(error, file=sys.stderr)
        status = 2
    except BrokenPipeError:
        # Whoever read our output has gone: what is left of it goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    except KeyboardInterrupt:
        status = INTERRUPTED
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(status)


def _prepare_terminal() -> None:
    if signal.getsignal(signal.SIGINT) == signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, lambda *call: signal.raise_signal(signal.SIGINT))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    if sys.platform == "win32":
        import ctypes

        # Output that is processed, wrapped, and has its colors understood.
        ctypes.windll.kernel32.SetConsoleMode(ctypes.windll.kernel32.GetStdHandle(-11), 7)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "wsbook",
        usage="wsbook [COMMAND]",
        description="The FastAPI WebSocket Workbook. Without a command it shows where you are and what is next; "
        "at a terminal it then grades every exercise that you save.",
    )
    parser.add_argument("--version", action="version", version=f"wsbook {__version__}", help="show the version")
    parser.set_defaults(run=start)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", prog="wsbook")
    for name, run in {"list": show_all, "grade": grade, "hint": hint}.items():
        command = commands.add_parser(name, help=run.__doc__, description=run.__doc__)
        command.set_defaults(run=run)
        if run is not show_all:
            text = "a number (3, 03) or a name (03_connection_managers)"
            command.add_argument("name", metavar="NN", nargs="?", help=text)
    return parser


def start(arguments: argparse.Namespace) -> int:
    """Show where you are and what is next. At a terminal, then grade every exercise that you save."""
    root = find_root(Path.cwd())
    show_map(root)
    show_next(root)
    if sys.stdin.isatty() and sys.stdout.isatty():
        try:
            from .watch import watch

            watch(root)
        except KeyboardInterrupt:
            print()
    return 0


def show_all(arguments: argparse.Namespace) -> int:
    """Show all exercises and how they stand."""
    show_map(find_root(Path.cwd()))
    return 0


def grade(arguments: argparse.Namespace) -> int:
    """Grade an exercise, or the next unsolved one."""
    exercise = _chosen(arguments.name)
    from .grading import GradingProcess

    if sys.stdout.isatty():
        print(f"Grading {exercise.number} {exercise.title} …")
    with GradingProcess(exercise) as grading:
        status = grading.wait()
        print(grading.output)
    if status == 0:
        show_next(exercise.root)
    return status


def hint(arguments: argparse.Namespace) -> int:
    """Show the hint of the first check that fails."""
    exercise = _chosen(arguments.name)
    import tempfile

    from .grading import GradingProcess

    with tempfile.TemporaryDirectory(prefix="wsbook-") as folder:
        file = Path(folder) / "results.json"
        with GradingProcess(exercise, "--results", str(file)) as grading:
            status = grading.wait()
            output = grading.output
        graded = json.loads(file.read_text(encoding="utf-8"))["exercises"] if file.exists() else []
    failed = [check for each in graded for check in each["checks"] if check["outcome"] == "failed"]
    if status == 0:
        print(f"{exercise.number} {exercise.title} is solved. It passes every check.")
        return 0
    if not failed:
        print(output)
        return status
    print(styled(f"{exercise.number} {exercise.title} ✗ {failed[0]['name']}", "red"))
    print(f"\n{_advice(exercise, failed[0])}\n")
    print(f"`wsbook grade {int(exercise.number)}` shows what was said and what came.")
    return 0


def _advice(exercise: Exercise, check: dict[str, Any]) -> str:
    """The hint of a check. Where nothing was said, the server did not start: then, all that is known of that."""
    if not check["transcript"]:
        return "\n".join(check["message"].splitlines()[2:])
    function = check["id"].partition("[")[0]
    for node in ast.parse(exercise.checks.read_bytes()).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            text = inspect.cleandoc(ast.get_docstring(node) or "").splitlines()[2:]
            return "\n".join(f"  {line}".rstrip() for line in text) or f"  Read lessons/{exercise.stem}.md."
    return ""


def _chosen(name: str | None) -> Exercise:
    """The exercise of this name, or the next unsolved one. Exits if there is none, or no file of it."""
    root = find_root(Path.cwd())
    exercise = following(root) if name is None else find(root, name)
    if exercise is None:
        print("All exercises are solved. To grade one again, name it: `wsbook grade 1`.")
        sys.exit()
    missing = absence(exercise)
    if missing:
        sys.exit(missing)
    return exercise
