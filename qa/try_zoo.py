"""Show how each answer in the zoo of one exercise fares: `python qa/try_zoo.py 01_basic_route [NAME …]`."""

import sys
import tempfile
import time
from pathlib import Path

import zoo
from grading import grade


def main(stem: str, *names: str) -> None:
    for kind in ("right", "wrong"):
        for answer in zoo.answers(kind, stem):
            if names and answer.name not in names:
                continue
            with tempfile.TemporaryDirectory() as folder:
                answer.place_in(Path(folder))
                start = time.perf_counter()
                graded = grade(Path(folder), Path(folder), stem)
                seconds = time.perf_counter() - start
            failed = [check for check in graded.exercises[stem]["checks"] if check["outcome"] == "failed"]
            print(f"{kind:5} {answer.name:32} {seconds:5.2f} s  {failed[0]['id'] if failed else 'passed'}", flush=True)
            if names and failed:
                print(failed[0]["message"], "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
