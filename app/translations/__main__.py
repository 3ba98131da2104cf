"""``python -m app.translations``: collect, compile, and say what is missing."""

import sys

from app.translations import write

missing = write()
for text in missing:
    sys.stdout.write(f"{text}\n")
sys.stdout.write(f"{len(missing)} without English\n")
sys.exit(1 if missing else 0)
