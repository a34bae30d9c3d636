"""``./dev bench``: what Offhook needs, beside what a peer or a floor needs in the same run."""

import argparse
import sys

from tests.bench.report import foot, for_programs, readme_block, table, write_readme
from tests.bench.run import FULL, QUICK, run, say, what_is_missing
from tests.bench.wire import BenchError


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--quick", action="store_true", help="three minutes instead of eleven")
    parser.add_argument("--lab", action="store_true", help="on hidraw, too, in the lab's VM")
    parser.add_argument(
        "--readme", action="store_true", help="write the figures into README.md as well"
    )
    args = parser.parse_args()
    if missing := what_is_missing():
        say(f"nothing to measure here: {missing}")
        return 1
    try:
        rows, facts = run(QUICK if args.quick else FULL, lab=args.lab)
        if args.readme:
            write_readme(readme_block(rows, facts))
    except (BenchError, ValueError) as error:
        say(str(error))
        return 1
    print(for_programs(rows, facts) if args.json else f"{table(rows)}\n\n{foot(facts)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
