"""A loaded machine makes no difference: a short form of `python qa/load.py --runs 25 --graders 24`."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.zoo


def test_verdicts_beside_busy_processes() -> None:
    load = Path(__file__).with_name("load.py")

    done = subprocess.run(
        [sys.executable, load, "--every", "97", "--graders", "6"], capture_output=True, encoding="utf-8", check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 verdicts different" in done.stdout
