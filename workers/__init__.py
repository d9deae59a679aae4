"""Processes beside the API: RQ workers that are nudged, and the clock that makes it sure."""
