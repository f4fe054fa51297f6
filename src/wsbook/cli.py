"""The command `wsbook`: its words, and what each of them does."""

from __future__ import annotations

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # Until `main` can answer to it, Ctrl-C ends the command without Python's traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import io
import json
import os
import sys
from pathlib import Path
from typing import Any, NamedTuple

from . import __version__, results
from .course import Exercise, Problem, exercises, find, find_root
from .overview import expect_file, following, show_map, show_next, standings
from .text import show, styled

# What a single command needs is imported there: the map is to be there at once.

INTERRUPTED = 130
"""The exit status of a command that Ctrl-C has ended, as shells know it."""


def main() -> None:
    """Run the command, and end the process with its exit status."""
    _prepare_terminal()
    try:
        arguments = _parser().parse_args()
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except Problem as error:
        sys.stdout.flush()
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


def _end(*call: object) -> None:
    """The first Ctrl-C ends the command, and nothing disturbs its end: a grading is stopped, the screen given back."""
    # Not SIG_IGN: of a Ctrl-C that is on its way already, Python would say that it "ignored" it.
    signal.signal(signal.SIGINT, lambda *call: None)
    raise KeyboardInterrupt


def _prepare_terminal() -> None:
    if signal.getsignal(signal.SIGINT) == signal.SIG_DFL:
        signal.signal(signal.SIGINT, _end)
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
    for run in (show_all, grade, hint, solution, reset, serve, lab):
        name = "list" if run is show_all else run.__name__
        command = commands.add_parser(name, help=run.__doc__, description=run.__doc__)
        command.set_defaults(run=run)
        if run is not show_all:
            text = "a number (3, 03) or a name (03_connection_managers)"
            command.add_argument(
                "name", metavar="NN", nargs=None if run in (solution, reset, serve) else "?", help=text
            )
        if run is solution:
            command.add_argument("--peek", action="store_true", help="show it although the exercise is not solved")
            way = command.add_mutually_exclusive_group()
            way.add_argument("--diff", action="store_true", help="as a diff, however wide the terminal is")
            way.add_argument("--side-by-side", action="store_true", help="in two columns, however narrow it is")
        if run is serve:
            command.add_argument("--solution", action="store_true", help="serve the reference, not your answer")
            command.add_argument("--port", type=_port, help="the port to begin with, instead of 8000")
    return parser


def _port(text: str) -> int:
    if text.isdecimal() and 0 < int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port. Name a number from 1 to 65535, such as 8000.")


def start(arguments: argparse.Namespace) -> int:
    """Show where you are and what is next. At a terminal, then grade every exercise that you save."""
    root = find_root(Path.cwd())
    if sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
        from .watch import watch

        standings(root)  # what is wrong with the workbook is said before the screen is taken
        results.expect_writable(root)
        watch(root)
        return 0
    show_map(root, following(root))
    print()
    show_next(root)
    return 0


def show_all(arguments: argparse.Namespace) -> int:
    """Show all exercises and how they stand."""
    root = find_root(Path.cwd())
    show_map(root, following(root))
    return 0


def grade(arguments: argparse.Namespace) -> int:
    """Grade an exercise, or the next unsolved one."""
    exercise = _chosen(arguments.name)
    from .grading import GradingProcess

    results.read_progress(exercise.root)  # damaged progress is told of, not replaced
    if sys.stdout.isatty():
        print(f"Grading {exercise.number} {exercise.title} …")
    with GradingProcess(exercise) as grading:
        status = grading.wait()
        print(grading.output)
    results.expect_writable(exercise.root)
    if status == 0:
        print()
        show_next(exercise.root)
    return status


def hint(arguments: argparse.Namespace) -> int:
    """Show a hint for the first check that fails; again, and it shows the next one."""
    exercise = _chosen(arguments.name)
    from . import hints

    results.read_progress(exercise.root)
    results.expect_writable(exercise.root)
    found = _graded(exercise)
    if found.status == 0:
        print(f"{exercise.number} {exercise.title} is solved. It passes every check.")
        return 0
    failed = next((check for check in found.checks if check["outcome"] == "failed"), None)
    if failed is None:
        print(found.output)
        return found.status
    step, text = hints.give(exercise, failed)
    print(styled(f"{exercise.number} {exercise.title} ✗ {failed['name']}", "red"))
    print(f"\n{styled(step, 'bold')}\n\n{text}\n")
    again = "the first hint" if step.startswith(f"Hint {hints.STEPS}") else "the next hint"
    print(f"`wsbook hint {int(exercise.number)}` again: {again}. ", end="")
    print(f"`wsbook grade {int(exercise.number)}` shows what was said and what came.")
    return 0


class Graded(NamedTuple):
    """A grading that is over: the exit status of pytest, what it printed, and the checks as in its JSON."""

    status: int
    output: str
    checks: list[dict[str, Any]]


def _graded(exercise: Exercise) -> Graded:
    import tempfile

    from .grading import GradingProcess

    with tempfile.TemporaryDirectory(prefix="wsbook-") as folder:
        file = Path(folder) / "results.json"
        with GradingProcess(exercise, "--results", str(file)) as grading:
            status = grading.wait()
            output = grading.output
        found = json.loads(file.read_text(encoding="utf-8"))["exercises"] if file.exists() else []
    return Graded(status, output, [check for each in found for check in each["checks"]])


def solution(arguments: argparse.Namespace) -> int:
    """Show your answer beside the reference, once it is solved."""
    exercise = _chosen(arguments.name)
    from .comparison import columns_here, comparison

    number = int(exercise.number)
    if not (arguments.peek or standings(exercise.root)[exercise].is_solved):
        question = f"{exercise.number} {exercise.title} is not solved yet, and the reference gives all of it away."
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise Problem(f"{question} Try `wsbook hint {number}`; `wsbook solution {number} --peek` shows it.")
        print(question)
        if input("Show it all the same? [y/N] ").strip().lower() not in ("y", "yes"):
            print(f"`wsbook hint {number}` helps without giving it away.")
            return 0
    chosen = True if arguments.side_by_side else False if arguments.diff else None
    show(comparison(exercise, columns_here(), side_by_side=chosen))
    return 0


def reset(arguments: argparse.Namespace) -> int:
    """Bring the original stub back; your version is kept."""
    exercise = _named(arguments.name)
    from . import stubs

    name = exercise.own.relative_to(exercise.root).as_posix()
    if stubs.is_original(exercise):
        print(f"{name} is the original already. Nothing was changed.")
        return 0
    kept = stubs.reset(exercise)
    print(f"{exercise.own.relative_to(exercise.root).as_posix()} is the original again.")
    if kept is not None:
        print(f"Your version is kept in {os.path.relpath(kept)}{os.sep}; to have it back, copy it from there.")
    return 0


def serve(arguments: argparse.Namespace) -> int:
    """Serve your answer, or the reference, with reload."""
    exercise = _named(arguments.name)
    answer = exercise.own
    if arguments.solution:
        answer = exercise.submission(exercise.root / "solutions")
        if not answer.exists():
            raise Problem(f"There is no solutions/{answer.name}. Take solutions/ from the workbook again.")
    else:
        expect_file(exercise)
    from . import serving

    return serving.serve(exercise, answer, arguments.port)


def lab(arguments: argparse.Namespace) -> int:
    """Open the notebook in JupyterLab."""
    root = find_root(Path.cwd())
    exercise = _named(arguments.name) if arguments.name is not None else following(root) or exercises(root)[-1]
    from .jupyter import open_notebook

    return open_notebook(exercise)


def _named(name: str) -> Exercise:
    return find(find_root(Path.cwd()), name)


def _chosen(name: str | None) -> Exercise:
    """The exercise of this name, or the next unsolved one; exits if there is none. Raises `Problem`."""
    exercise = following(find_root(Path.cwd())) if name is None else _named(name)
    if exercise is None:
        print("All exercises are solved. To grade one again, name it: `wsbook grade 1`.")
        sys.exit()
    expect_file(exercise)
    return exercise
