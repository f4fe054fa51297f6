"""The command `wsbook`: where am I, what is next, and grading by number or on every save."""

from __future__ import annotations

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # Until `main` can answer to it, Ctrl-C ends the command without Python's traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import ast
import inspect
import io
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from .course import Exercise, NotFound, find, find_root
from .overview import absence, following, show_map, show_next
from .watch import Grading, watch

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Name = Annotated[str | None, typer.Argument(metavar="NN", help="A number (3, 03) or a name (03_connection_managers).")]


def main() -> None:
    """Run the command and end the process with its exit status."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app(prog_name="wsbook")
    except NotFound as error:
        typer.echo(error, err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"wsbook {version('fastapi-websocket-workbook')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """The FastAPI WebSocket Workbook.

    Without a command: where you are and what is next. At a terminal it then grades every exercise that you save.
    """
    if os.environ.get("NO_COLOR"):
        context.color = False
    if context.invoked_subcommand is not None:
        return
    root = find_root(Path.cwd())
    show_map(root)
    show_next(root)
    if sys.stdin.isatty() and sys.stdout.isatty():
        try:
            watch(root)
        except KeyboardInterrupt:
            typer.echo()


@app.command("list")
def list_exercises() -> None:
    """Show all exercises and how they stand."""
    show_map(find_root(Path.cwd()))


@app.command()
def grade(name: Name = None) -> None:
    """Grade an exercise, or the next unsolved one."""
    exercise = _chosen(name)
    if sys.stdout.isatty():
        typer.echo(f"Grading {exercise.number} {exercise.title} …")
    with Grading(exercise) as grading:
        status = grading.wait()
        typer.echo(grading.output)
    if status == 0:
        show_next(exercise.root)
    raise typer.Exit(status)


@app.command()
def hint(name: Name = None) -> None:
    """Show the hint of the first check that fails."""
    exercise = _chosen(name)
    with tempfile.TemporaryDirectory(prefix="wsbook-") as folder:
        file = Path(folder) / "results.json"
        with Grading(exercise, "--results", str(file)) as grading:
            status = grading.wait()
            output = grading.output
        graded = json.loads(file.read_text(encoding="utf-8"))["exercises"] if file.exists() else []
    failed = [check for each in graded for check in each["checks"] if check["outcome"] == "failed"]
    if status == 0:
        typer.echo(f"{exercise.number} {exercise.title} is solved. It passes every check.")
    elif failed:
        typer.secho(f"{exercise.number} {exercise.title} ✗ {failed[0]['name']}\n", fg="red", bold=True)
        typer.echo(_advice(exercise, failed[0]))
        typer.echo(f"\n`wsbook grade {int(exercise.number)}` shows what was said and what came.")
    else:
        typer.echo(output)
        raise typer.Exit(status)


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
    """The exercise of this name, or the next unsolved one. Leaves if there is none, or no file of it."""
    root = find_root(Path.cwd())
    exercise = following(root) if name is None else find(root, name)
    if exercise is None:
        typer.echo("All exercises are solved. To grade one again, name it: `wsbook grade 1`.")
        raise typer.Exit
    missing = absence(exercise)
    if missing:
        typer.echo(missing, err=True)
        raise typer.Exit(1)
    return exercise
