"""`pytest -n 2`: pytest-xdist lets several processes grade. What they find comes together here.

The checks of an exercise are made by one process, in order: the first that fails stops the others.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import pytest

from .course import Exercise
from .results import Check

if TYPE_CHECKING:
    from .plugin import Grading


def is_worker(config: pytest.Config) -> bool:
    """Whether this process grades for another one, which reports."""
    return hasattr(config, "workerinput")


def is_shared(config: pytest.Config) -> bool:
    """Whether this process lets others grade."""
    return config.getoption("dist", "no") != "no" and not config.option.collectonly and not is_worker(config)


class Collected:
    """The plugin of the process that reports."""

    def __init__(self, grading: Grading) -> None:
        self._grading = grading
        self._checks: dict[str, Check] = {}

    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        from xdist.scheduler import LoadFileScheduling

        return LoadFileScheduling(config, log)

    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """Each worker collects the same checks."""
        rules: dict[str, dict[str, str]] = {}
        for id in ids if not self._checks else ():
            path, _, name = id.partition("::")
            exercise = self._grading.exercise_of(self._grading.root / path)
            if exercise is not None:
                title = rules.setdefault(path, _rules(exercise)).get(name, name)
                self._checks[id] = Check(name, title)
                self._grading.expect(exercise, self._checks[id])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.nodeid in self._checks:
            vars(self._checks[report.nodeid]).update(getattr(report, "check", {}))


def _rules(exercise: Exercise) -> dict[str, str]:
    """The first lines of the checks' docstrings."""
    nodes = ast.parse(exercise.checks.read_bytes()).body
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    return {node.name: (ast.get_docstring(node) or node.name).splitlines()[0] for node in functions}
