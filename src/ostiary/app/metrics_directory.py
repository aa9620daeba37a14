"""Where do workers write their numbers?

`prometheus_client` must be told before it is imported for the first time: so this file imports nothing of it, and
`metrics.py` is imported after `prepare_directory` has run.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

DIRECTORY_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def prepare_directory(path: Path) -> None:
    """Empty it and tell `prometheus_client`; before workers fork."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o700, parents=True)
    os.environ[DIRECTORY_VARIABLE] = str(path)
