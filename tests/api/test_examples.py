"""Each example that we publish is taken when it is posted."""

import json

from outside import EXAMPLES, Sensors

WHAT_BECOMES_OF_IT = {
    "detected.json": "opened",
    "updated.json": "updated",
    "dismissed.json": "dismissed",
    "minimal.json": "opened",
}


def test_each_example_is_posted_and_taken_as_it_is_meant(sensors: Sensors) -> None:
    outcomes = {
        name: sensors.post(json.loads((EXAMPLES / name).read_text())).json()["outcome"] for name in WHAT_BECOMES_OF_IT
    }
    assert outcomes == WHAT_BECOMES_OF_IT


def test_there_is_no_example_that_is_not_posted() -> None:
    assert {path.name for path in EXAMPLES.glob("*.json")} == set(WHAT_BECOMES_OF_IT)
