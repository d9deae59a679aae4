"""Promises R1 to R12 under injected faults: `make chaos`, and a shortened form in `make test`."""
