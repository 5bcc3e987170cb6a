"""`python -m services.demo [FOLDER]`: write the demo's workbooks, by default those that are committed."""

from __future__ import annotations

import sys
from pathlib import Path

from services.demo import SPREADSHEETS
from services.demo.generate import generate


def main(arguments: list[str]) -> None:
    """Write the workbooks and name them."""
    for path in generate(Path(arguments[0]) if arguments else SPREADSHEETS):
        print(path)


if __name__ == "__main__":
    main(sys.argv[1:])
