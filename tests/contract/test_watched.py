"""Whoever watches us by graphs, rules and the runbook finds what they name: no metric, alarm or section is missing."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # comes with yamllint, without its types
from outside import Backend, calling
from world import World

from service.domain.alarms import Alarm
from service.operations.canary import look_after_canary

ROOT = Path(__file__).parents[2]
RULES = ROOT / "docker" / "prometheus" / "alerts.yaml"
GRAPHS = ROOT / "docker" / "grafana" / "beatline.json"
RUNBOOK = (ROOT / "RUNBOOK.md").read_text()
_ALARMS = RUNBOOK.partition("## What you do on purpose")[0]
_METRIC = re.compile(r"\bbeatline_\w+")
_LABELLED = re.compile(r"\b(beatline_\w+)\{([^}]*)\}")
_LABEL = re.compile(r'(\w+)=~?"')


@pytest.fixture
def scraped(world: World) -> str:
    """/metrics of an installation in which something of everything has happened."""
    near, _ = world.cars(400, 900)
    world.hears()
    near.phone.accepts()
    world.advance(31)
    with world.working() as (database, ports):
        look_after_canary(database, ports, every_s=60)
    look_after_canary(world.database, world.ports, every_s=60)
    with calling(Backend(world.database, world.ports)) as call:
        call("POST", f"/v1/sources/{world.source_id}/detections", content=b"{}")
        return call("GET", "/metrics").text


def expressions() -> dict[str, str]:
    """What is asked of Prometheus, by the name of the rule or the panel."""
    rules = {rule["alert"]: rule["expr"] for rule in _rules()}
    panels = json.loads(GRAPHS.read_text())["panels"]
    targets = [(panel["title"], target) for panel in panels for target in panel.get("targets", ())]
    graphs = {f"{title} {target['refId']}": target["expr"] for title, target in targets}
    return rules | graphs


def _rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def test_every_metric_that_is_asked_for_is_told(scraped: str) -> None:
    told = set(_METRIC.findall(scraped))
    asked = {name: set(_METRIC.findall(expression)) for name, expression in expressions().items()}
    assert len(asked) > 30
    assert {} == {name: missing for name, metrics in asked.items() if (missing := metrics - told)}


def test_every_label_that_is_asked_for_is_there(scraped: str) -> None:
    lines = [line for line in scraped.splitlines() if not line.startswith("#")]
    for name, expression in expressions().items():
        for metric, matchers in _LABELLED.findall(expression):
            labels = set(_LABEL.findall(matchers))
            series = [set(_LABEL.findall(line)) for line in lines if line.startswith(f"{metric}{{")]
            assert any(labels <= each for each in series), (name, metric, labels)


def test_the_route_of_the_webhook_is_called_as_it_is_asked_for(scraped: str) -> None:
    assert 'route="/v1/sources/{source_id}/detections",status="401"' in scraped


def test_every_metric_that_is_told_of_the_installation_is_asked_for(scraped: str) -> None:
    families = set(re.findall(r"^# TYPE (beatline_\w+)(?<!_created) gauge", scraped, re.MULTILINE))
    assert set() == families - set(_METRIC.findall(" ".join(expressions().values())))


def test_every_rule_says_how_bad_it_is_and_has_its_section() -> None:
    for rule in _rules():
        assert rule["labels"]["severity"] in {"urgent", "warning"}
        assert rule["annotations"]["summary"].endswith(".")
        if rule["alert"] not in {"BeatlineAlarm", "BeatlineWarning"}:  # by the name of the alarm, below
            assert f"\n### {rule['alert']}\n" in RUNBOOK, rule["alert"]


def test_every_alarm_has_its_section() -> None:
    for alarm in Alarm:
        assert f"\n### {alarm}\n" in RUNBOOK, alarm


def test_the_runbook_has_no_section_of_what_is_no_more() -> None:
    known = {*Alarm, *(rule["alert"] for rule in _rules())}
    assert set() == set(re.findall(r"^### (\w+)$", _ALARMS, re.MULTILINE)) - known


def test_every_file_that_the_runbook_names_is_there() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", RUNBOOK):
        assert (ROOT / link).exists(), link


def test_scraping_asks_the_database_once_however_often_it_is_done(world: World) -> None:
    with calling(Backend(world.database, world.ports)) as call, ThreadPoolExecutor(4) as many:
        answers = list(many.map(lambda _: call("GET", "/metrics").text, range(4)))
    asked = {re.findall(r"^beatline_database_answer_seconds (\S+)", text, re.MULTILINE)[0] for text in answers}
    assert 1 == len(asked)
