"""Each change of a solution fails, or is listed as being as right; the short form takes some of them.

All of them: `python qa/mutants.py`, or `pytest qa --long`.
"""

import pytest
from grading import ROOT
from mutants import Mutant, equivalents, fails, mutants

from wsbook.course import exercises

pytestmark = pytest.mark.zoo

STEMS = [exercise.stem for exercise in exercises(ROOT)]
SHARE = 40
"""The short form grades each so many-th mutant."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "mutant" in metafunc.fixturenames:
        share = 1 if metafunc.config.getoption("--long") else SHARE
        chosen = [mutant for stem in STEMS for mutant in mutants(stem)][::share]
        metafunc.parametrize("mutant", chosen, ids=[f"{mutant.stem}-{mutant.name}" for mutant in chosen])


def test_a_change_makes_it_wrong(mutant: Mutant) -> None:
    is_as_right = mutant.name in equivalents(mutant.stem)

    assert bool(fails(mutant)) != is_as_right, "it passes" if not is_as_right else "it is said to be as right"


@pytest.mark.parametrize("stem", STEMS)
def test_what_is_as_right_can_still_be_made(stem: str) -> None:
    assert set(equivalents(stem)) <= {mutant.name for mutant in mutants(stem)}
