"""The command line with a mishap: `python -m tests.chaos.office STEP@NTH …` is `noinghe …`."""

from __future__ import annotations

import sys

from services.__main__ import main
from tests.chaos.mishap import Mishap, arm

if __name__ == "__main__":
    arm(Mishap.read(sys.argv[1]))
    main(sys.argv[2:])
