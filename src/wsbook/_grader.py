"""What runs in the watch's grading process: one line of JSON asks for a grading, one line answers.

Everything that is slow to load is loaded before it is asked. What may change between two gradings is loaded anew for
each: the checks, and the answer, which is loaded only in the processes that serve it.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import linecache
import os
import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from . import plugin
from .process import prepare
from .results import Grade

UNUSED = (
    *("cacheprovider", "unraisableexception", "threadexception", "doctest", "unittest", "logging", "faulthandler"),
    *("stepwise", "pastebin", "junitxml", "debugging", "setuponly", "setupplan"),
)
"""pytest's own plugins that add nothing to a grading but time."""
OPTIONS = ("-p", plugin.__name__, "--color=no", *(f"-pno:{name}" for name in UNUSED))


class Collector:
    """A plugin that keeps the grades of a run."""

    def __init__(self) -> None:
        self.grades: list[Grade] = []

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        grading = session.config.stash.get(plugin.GRADING, None)
        self.grades = list(grading.grades.values()) if grading is not None else []


def main() -> None:
    """Answer requests until there are no more."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    for number, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY)):
        null = os.open(os.devnull, flags)
        os.dup2(null, number)
        os.close(null)
    prepare()
    known = frozenset(sys.modules)
    for line in requests:
        reply = _answer(json.loads(line), known)
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


def _answer(request: dict[str, Any], known: frozenset[str]) -> dict[str, Any]:
    collector = Collector()
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        try:
            status = int(pytest.main([request["checks"], *OPTIONS], plugins=[collector]))
        except (Exception, SystemExit):
            traceback.print_exc()
            status = int(pytest.ExitCode.INTERNAL_ERROR)
    _forget(known)
    grades = [{**asdict(grade), "status": grade.status} for grade in collector.grades]
    return {"stem": request["stem"], "status": status, "output": output.getvalue(), "grades": grades}


def _forget(known: frozenset[str]) -> None:
    """Forget the checks, and all else that was loaded from the workbook, so that it is loaded anew next time."""
    here = Path.cwd()
    package = Path(__file__).parent
    for name in set(sys.modules) - known:
        file = getattr(sys.modules[name], "__file__", None)
        if file is None or (Path(file).is_relative_to(here) and not Path(file).is_relative_to(package)):
            del sys.modules[name]
    linecache.clearcache()
    importlib.invalidate_caches()


if __name__ == "__main__":
    main()
