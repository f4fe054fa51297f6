"""All of them, one after the other: `python benchmarks`. Takes some eleven minutes; let nothing else run beside it."""

import fanout
import grading
import watch

for title, measure in (
    ("Grading", lambda: grading.main(9)),
    ("The watch", lambda: watch.main(30)),
    ("One says it, everyone hears it", fanout.main),
):
    print(f"\n{title}\n", flush=True)
    measure()
