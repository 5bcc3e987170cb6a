"""`python -m shared.contracts [FOLDER]`: the catalogue and the AsyncAPI document, into `build/`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from shared.contracts import asyncapi, catalogue


def main(folder: Path) -> None:
    """Write both documents into `folder`, and say where."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asyncapi.document(), ensure_ascii=False, indent=2) + "\n"
    for name, content in (("asyncapi.json", text), ("CATALOGUE.md", catalogue.page())):
        (folder / name).write_text(content, encoding="utf-8")
        sys.stdout.write(f"{folder / name}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build"))
