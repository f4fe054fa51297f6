"""Grade the zoo again and again with busy processes beside it: `python benchmarks/load.py [RUNS] [STEM …]`.

A verdict that differs from what the zoo says, at another check say, is printed; the last line counts them.
Not a test of speed: it shows that a loaded machine makes no difference to a verdict.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "qa"))
BUSY = 8


def be_busy() -> None:
    while True:
        pass


def main(runs: int, stems: list[str]) -> int:
    import zoo
    from grading import grade

    answers = [(kind, answer) for kind in ("right", "wrong") for answer in zoo.answers(kind)]
    answers = [(kind, answer) for kind, answer in answers if not stems or answer.stem in stems]
    context = multiprocessing.get_context("spawn")
    busy = [context.Process(target=be_busy, daemon=True) for _ in range(BUSY)]
    for process in busy:
        process.start()
    different = 0
    try:
        for run in range(1, runs + 1):
            start = time.monotonic()
            for kind, answer in answers:
                with tempfile.TemporaryDirectory() as folder:
                    answer.place_in(Path(folder))
                    graded = grade(Path(folder), Path(folder), answer.stem)
                checks = graded.exercises[answer.stem]["checks"]
                failed = next((check for check in checks if check["outcome"] == "failed"), None)
                as_it_should = (
                    failed is None
                    if kind == "right"
                    else failed is not None
                    and failed["id"] == f"test_{answer.fails}"
                    and answer.says in " ".join(failed["message"].split())
                )
                if not as_it_should:
                    different += 1
                    print(f"run {run}: {kind} {answer.stem} {answer.name}: {failed['id'] if failed else 'passed'}")
                    if failed:
                        print(failed["message"])
            seconds = time.monotonic() - start
            print(f"run {run}: {len(answers)} answers in {seconds:.0f} s, {different} different so far", flush=True)
    finally:
        for process in busy:
            process.kill()
    print(f"{runs} runs of {len(answers)} answers beside {BUSY} busy processes: {different} different")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20, sys.argv[2:]))
