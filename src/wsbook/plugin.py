"""pytest grades the exercises: options, fixtures, and reports that are made for learners.

Outside of a workbook the plugin does nothing.
"""

from __future__ import annotations

import signal
import threading

if (
    signal.getsignal(signal.SIGINT) is signal.default_int_handler
    and threading.current_thread() is threading.main_thread()
):
    # Until pytest can answer to it, Ctrl-C ends the command without Python's traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import ast
import inspect
import linecache
import textwrap
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest

from . import exports, parallel, report, results
from ._chromium import Chromium, NoBrowser
from ._load import Source
from .browser import Browser
from .client import Client
from .course import Exercise, NotFound, find_root
from .process import prepare
from .results import Check, Grade
from .server import Server
from .verdict import MISSING, CheckFailed

COMPARED = pytest.StashKey[tuple[Any, Any]]()
SERVERS = pytest.StashKey[list[Server]]()
CHECK = pytest.StashKey[Check]()
GRADING = pytest.StashKey["Grading"]()


@dataclass
class Grading:
    """One run: where the answers are, and what was found so far."""

    root: Path
    submission: Path
    is_own: bool
    full_trace: bool
    grades: dict[str, Grade] = field(default_factory=dict)
    current: pytest.Item | None = None

    def exercise(self, item: pytest.Item) -> Exercise | None:
        """The exercise that an item checks, if it is one of the workbook's checks."""
        return self.exercise_of(item.path)

    def exercise_of(self, checks: Path) -> Exercise | None:
        """The exercise that the checks in a file are for."""
        if checks.parent != self.root / "tests" or not checks.stem.startswith("test_"):
            return None
        return Exercise(self.root, checks.stem.removeprefix("test_"))

    def answer(self, exercise: Exercise) -> Path:
        return exercise.submission(self.submission)

    def expect(self, exercise: Exercise, check: Check) -> None:
        """Note that a check will be made."""
        if exercise.stem not in self.grades:
            answer = self.answer(exercise)
            self.grades[exercise.stem] = Grade(exercise.stem, not answer.exists(), results.digest(answer))
        self.grades[exercise.stem].checks.append(check)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("wsbook", "FastAPI WebSocket Workbook")
    group.addoption("--submission", metavar="DIR", help="grade the files of the same names in DIR, not exercises/")
    for name, (_, help_) in exports.FORMATS.items():
        group.addoption(f"--{name}", metavar="FILE", help=help_)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        root = find_root(config.rootpath)
    except NotFound:
        return
    asked = config.getoption("--submission")
    submission = (config.invocation_params.dir / asked).resolve() if asked else root / "exercises"
    if not submission.is_dir():
        raise pytest.UsageError(f"--submission: there is no folder {asked!r}. Name the folder that the answers are in.")
    if config.args_source is pytest.Config.ArgsSource.INVOCATION_DIR:
        config.args = [str(root / "tests")]
    if not _is_only_checks(config, root):
        return
    if not config.option.collectonly and not parallel.is_worker(config):
        _prepare_exports(config)
    own = submission == root / "exercises"
    config.stash[GRADING] = Grading(root, submission, own, config.getoption("fulltrace"))
    if parallel.is_shared(config):
        config.pluginmanager.register(parallel.Collected(config.stash[GRADING]))
    else:
        prepare()
    if not config.option.fulltrace:
        config.option.tbstyle = "native"  # the quickest to make; learners are told in other words
    if config.option.verbose == 0 and not config.option.collectonly:
        report.install(config, config.stash[GRADING])


def _exports(config: pytest.Config) -> Iterator[tuple[str, Path]]:
    """The formats that were asked for, and the files to write them to."""
    for name in exports.FORMATS:
        if asked := config.getoption(f"--{name}"):
            yield name, config.invocation_params.dir / asked


def _prepare_exports(config: pytest.Config) -> None:
    """See now that the files can be written to, not when everything has been graded."""
    for name, path in _exports(config):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.open("a").close()
        except OSError as error:
            raise pytest.UsageError(_unwritable(config, name, error)) from None


def _unwritable(config: pytest.Config, name: str, error: OSError) -> str:
    return f"--{name}: {config.getoption(f'--{name}')!r} cannot be written to ({error.strerror or error})."


def _is_only_checks(config: pytest.Config, root: Path) -> bool:
    """Whether this run is about exercises: the proof in qa/ is ordinary pytest."""
    paths = [(config.invocation_params.dir / argument.partition("::")[0]).resolve() for argument in config.args]
    return all(path == root or path.is_relative_to(root / "tests") for path in paths)


def pytest_collection_finish(session: pytest.Session) -> None:
    grading = session.config.stash.get(GRADING, None)
    if grading is None:
        return
    for item in session.items:
        exercise = grading.exercise(item)
        if exercise is not None:
            name = (inspect.getdoc(item.obj) or item.name).splitlines()[0]  # type: ignore[attr-defined]
            item.stash[CHECK] = Check(item.name, name)
            grading.expect(exercise, item.stash[CHECK])


# Running


@pytest.fixture
def serve(request: pytest.FixtureRequest) -> Iterator[Callable[..., Server]]:
    """Make a running server of the submission, with options: `mounts`, `keepalive`."""
    servers: list[Server] = request.node.stash.setdefault(SERVERS, [])
    grading = request.config.stash[GRADING]
    exercise = grading.exercise(request.node)
    assert exercise is not None, "the fixtures of the workbook are for the checks in tests/"
    path = grading.answer(exercise)

    def serve(*, mounts: tuple[tuple[str, str], ...] = (), keepalive: float | None = None) -> Server:
        server = Server(Source(str(path), mounts, keepalive))
        servers.append(server)
        server.start()
        return server

    yield serve
    for server in servers:
        server.stop()


@pytest.fixture
def server(request: pytest.FixtureRequest, serve: Callable[..., Server]) -> Server:
    """The submission, running in a process of its own. It starts as the check begins."""
    grading = request.config.stash[GRADING]
    exercise = grading.exercise(request.node)
    assert exercise is not None
    server = Server(Source(str(grading.answer(exercise))))
    request.node.stash[SERVERS].append(server)
    return server


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """The browser of this run. It starts when a check first opens a tab."""
    chromium = Chromium()
    yield chromium
    chromium.stop()


@pytest.fixture
def browser(server: Server, chromium: Chromium) -> Iterator[Browser]:
    """Tabs of a real browser. Where there is no browser, the check is skipped."""
    browser = Browser(chromium, server)
    yield browser
    browser.close()


def pytest_runtest_setup(item: pytest.Item) -> None:
    check = item.stash.get(CHECK, None)
    if check is None:
        return
    grade = _grade(item)
    item.config.stash[GRADING].current = item
    if grade.missing:
        pytest.skip("not started: there is no file")
    if grade.failed is not None:
        pytest.skip("not reached: an earlier check failed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    if CHECK not in item.stash:
        return (yield)
    servers = item.stash.get(SERVERS, [])
    for server in servers:
        server.start()
    try:
        result = yield
    except NoBrowser as reason:
        pytest.skip(str(reason))
    for server in servers:
        server.expect_running()
    if _is_judged_by_its_log(item):
        for server in servers:
            _judge_log(server)
    return result


def _is_judged_by_its_log(item: pytest.Item) -> bool:
    """The log counts from the check about goodbyes on: a traceback is to be reported under that name first."""
    names = [name for name in vars(item.module) if name.startswith("test_")]  # type: ignore[attr-defined]
    goodbye = next((place for place, name in enumerate(names) if "goodbye" in name), 0)
    return names.index(item.name) >= goodbye if item.name in names else True


def _judge_log(server: Server) -> None:
    from .tracebacks import to_blame, troubles

    if server.tracebacks_allowed or server.failure is not None:
        return
    found = troubles(server.final_log(), Path(server.source.path).parent)
    trouble = to_blame(found, server.reports_allowed)
    if trouble is not None:
        raise CheckFailed("traceback", "the server's log shows a traceback", received=trouble.exception)


# Reporting


def pytest_assertrepr_compare(config: pytest.Config, op: str, left: object, right: object) -> None:
    """Remember what was compared; by convention what came stands left and what was expected right."""
    grading = config.stash.get(GRADING, None)
    if grading is not None and grading.current is not None and op in ("==", "in"):
        grading.current.stash[COMPARED] = (left, right)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    outcome = yield
    check = item.stash.get(CHECK, None)
    if check is None:
        return outcome
    if call.when == "teardown" and SERVERS in item.stash:
        del item.stash[SERVERS]  # with all that was said: pytest keeps the items to the end
    error = call.excinfo.value if call.excinfo is not None else None
    if call.when == "call" and error is None:
        check.outcome = "passed"
    elif call.when == "call" and outcome.outcome == "skipped":
        check.outcome = "skipped"
        check.message = str(error)
    elif isinstance(error, Exception) and outcome.outcome == "failed":
        check.outcome = "failed"
        servers = item.stash.get(SERVERS, [])
        failure = _as_failure(item, error)
        check.transcript = "\n\n".join(server.transcript.text() for server in servers)
        check.diagram = servers[-1].transcript.mermaid() if servers else ""
        check.hint = "\n".join((inspect.getdoc(item.obj) or "").splitlines()[2:])  # type: ignore[attr-defined]
        check.message = report.explanation(item.config.stash[GRADING], item, check, failure, servers)
        if not item.config.stash[GRADING].full_trace:
            outcome.longrepr = check.message
        outcome.sections = []
    outcome.check = asdict(check)
    return outcome


def _as_failure(item: pytest.Item, error: Exception) -> CheckFailed:
    """Whatever a check raised, as a failure with what was expected and what came."""
    if isinstance(error, CheckFailed):
        if error.expected is MISSING:
            error.expected = _expected_there(error)
        return error
    received, expected = item.stash.get(COMPARED, (MISSING, MISSING))
    if isinstance(error, AssertionError):
        if "refuses" in _statement(error)[0]:
            message = "the handshake was answered in another way"
            return CheckFailed("refused", message, expected=expected, received=received)
        if ".status_code" in _statement(error)[0]:
            message = "the request was answered in another way"
            return CheckFailed("http status", message, expected=expected, received=received)
        client = _listener(error)
        message = (
            f"something else came to {client} than was expected" if client else "something else came than was expected"
        )
        return CheckFailed("different", message, client=client, expected=expected, received=received)
    return CheckFailed("broken check", f"{type(error).__name__}: {error}")


def _statement(error: BaseException) -> tuple[str, Any]:
    """The statement of the check that failed, and the frame it stands in."""
    trace = error.__traceback__
    found: tuple[str, Any] = ("", None)
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path.name.startswith("test_"):
            first, last = _lines_of(trace.tb_frame.f_code, trace.tb_lasti, trace.tb_lineno)
            lines = linecache.getlines(str(path))[first - 1 : last]
            found = (textwrap.dedent("".join(lines)).strip(), trace.tb_frame)
        trace = trace.tb_next
    return found


def _listener(error: BaseException) -> Client | None:
    """The client that heard what a check compared: `assert ann.receive() == …`."""
    source, frame = _statement(error)
    try:
        statement = ast.parse(source).body[0]
    except (SyntaxError, IndexError):
        return None
    names = [node.id for node in ast.walk(statement) if isinstance(node, ast.Name)]
    found = [frame.f_locals[name] for name in names if isinstance(frame.f_locals.get(name), Client)]
    return found[0] if len(set(found)) == 1 else None


def _lines_of(code: Any, instruction: int, line: int) -> tuple[int, int]:
    position = list(code.co_positions())[instruction // 2]
    return position[0] or line, max(position[1] or line, line)


def _expected_there(error: CheckFailed) -> Any:
    """What the check would have compared with, had anything come: the right side of `assert … == …`."""
    source, frame = _statement(error)
    try:
        statement = ast.parse(source).body[0]
    except (SyntaxError, IndexError):
        return MISSING
    test = statement.test if isinstance(statement, ast.Assert) else None
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.Eq):
        return MISSING
    right = test.comparators[0]
    if any(isinstance(node, ast.Call) for node in ast.walk(right)):
        return MISSING
    code = compile(ast.Expression(right), "<expected>", "eval")
    try:
        return eval(code, frame.f_globals, frame.f_locals)
    except Exception:
        return MISSING


def _grade(item: pytest.Item) -> Grade:
    grading = item.config.stash[GRADING]
    exercise = grading.exercise(item)
    assert exercise is not None
    return grading.grades[exercise.stem]


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    if report.skipped and isinstance(report.longrepr, tuple) and "not reached:" in report.longrepr[2]:
        return "not reached", "-", "NOT REACHED"
    if report.skipped and isinstance(report.longrepr, tuple) and "not started:" in report.longrepr[2]:
        return "not started", "-", "NOT STARTED"
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    grading = session.config.stash.get(GRADING, None)
    if grading is None or session.config.option.collectonly or parallel.is_worker(session.config):
        return
    grades = list(grading.grades.values())
    if exitstatus == pytest.ExitCode.OK and any(grade.status != "solved" for grade in grades):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    if grading.is_own:
        for grade in grades:
            exercise = Exercise(grading.root, grade.name)
            # Only when all checks of an exercise were asked for its outcome says something about it.
            if exitstatus != pytest.ExitCode.INTERRUPTED and len(grade.checks) == exercise.size:
                results.remember(grading.root, grade)
    for name, path in _exports(session.config):
        make, _ = exports.FORMATS[name]
        try:
            path.write_text(make(grading.root, grades), encoding="utf-8", newline="\n")
        except OSError as error:
            pytest.exit(_unwritable(session.config, name, error), pytest.ExitCode.USAGE_ERROR)
