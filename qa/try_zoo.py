"""Show how each answer in the zoo of one exercise fares: `python qa/try_zoo.py 01_basic_route [NAME …]`."""

import sys
import time

import zoo
from grading import verdict


def main(stem: str, *names: str) -> None:
    for kind in ("right", "wrong"):
        for answer in zoo.answers(kind, stem):
            if names and answer.name not in names:
                continue
            start = time.perf_counter()
            found = verdict(answer)
            seconds = time.perf_counter() - start
            print(f"{kind:5} {answer.name:32} {seconds:5.2f} s  {found.check or 'passed'}", flush=True)
            if names and found.message:
                print(found.message, "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
