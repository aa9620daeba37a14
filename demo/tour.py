"""`make demo` starts here: `python demo/tour.py` from anywhere, with the project's interpreter."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)
runpy.run_module("demo.commandline", run_name="__main__")
