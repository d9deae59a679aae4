"""Where does the proof of the streams start? In `bench.streams`: this file only lets modules be named from `tests/`."""

import sys
from pathlib import Path
from runpy import run_module

sys.path[0] = str(Path(__file__).resolve().parents[1])
run_module("bench.streams", run_name="__main__")
