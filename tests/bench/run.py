"""Where does `make bench` start? In `bench.main`: this file only lets modules be named from `tests/`, as mypy does."""

import sys
from pathlib import Path
from runpy import run_module

sys.path[0] = str(Path(__file__).resolve().parents[1])
run_module("bench.main", run_name="__main__")
