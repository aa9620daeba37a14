"""`make bench` starts here: `python bench/run.py` from anywhere, with the project's interpreter."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)
runpy.run_module("bench.commandline", run_name="__main__")
