"""All benchmarks: the whole system beside Rasa as it comes, then the understanding.

python -m bench [--quick] [--skip-stock] [--epochs N] [--json FILE]
"""

import argparse
import json
import time
from pathlib import Path

from bench import nlu, system
from bench.processes import end_cleanly_when_told


def main() -> None:
    """Entry point of `python -m bench`."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.splitlines()[0])
    nlu.add_options(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to a file too")
    options = parser.parse_args()
    end_cleanly_when_told()
    chosen = {"quick": options.quick, "skip_stock": options.skip_stock, "epochs": options.epochs}
    figures = {"when": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "system": system.run(**chosen), "nlu": nlu.run(**chosen)}
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
