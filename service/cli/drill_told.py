"""How is a drill told at a terminal? Each stage of each phone as it comes, then what is wrong and what to do."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from service.cli.drill_checks import Check
from service.domain.drill import Finding, PhoneReport, Report, UnitReport


class Progress:
    """What was told of a drill so far, so that each stage is told once."""

    def __init__(self) -> None:
        self._told: set[tuple[str, str]] = set()

    def tell(self, report: Report) -> None:
        for unit in report.units:
            for phone in unit.phones:
                for stage in _stages(phone):
                    if (phone.device_id, stage) not in self._told:
                        self._told.add((phone.device_id, stage))
                        _say(f"  {_named(unit, phone)}  {stage}")


def tell_start(report: Report, *, agency: str, until: datetime, now: datetime) -> None:
    units = ", ".join(unit.call_sign for unit in report.units)
    _say(f"Drill of {units} ({agency}), for at most {(until - now).total_seconds():.0f} s")


def tell_end(report: Report, checks: Sequence[Check], *, unknown: Sequence[Finding]) -> None:
    _say("")
    for unit in report.units:
        _tell_unit(unit)
    for finding in unknown:
        _tell_finding(finding)
    _say("Installation")
    _tell_checks([*checks, *(_shown(finding) for finding in report.findings)])
    ready = sum(unit.is_ready for unit in report.units)
    of = len(report.units) + len(unknown)
    _say(f"{ready} of {of} {'unit is' if of == 1 else 'units are'} ready.")


def _stages(phone: PhoneReport) -> Iterator[str]:
    yield "queued" if phone.is_queued else "no push target: its open page must show it"
    for name, after_s in (
        ("handed to push", phone.handed_to_push_s),
        ("received", phone.received_s),
        ("displayed", phone.displayed_s),
    ):
        if after_s is not None:
            yield f"{name} after {after_s:.2f} s"


def _named(unit: UnitReport, phone: PhoneReport) -> str:
    return f"{unit.call_sign:<6} {phone.model} ({phone.platform})"


def _tell_unit(unit: UnitReport) -> None:
    pressed = {"received": ", and its officer pressed “Received”"}.get(unit.answer or "", "")
    _say(f"{unit.call_sign}: {'ready, every phone rang' + pressed if unit.is_ready else 'NOT READY'}")
    for finding in unit.findings:
        _tell_finding(finding)
    for phone in unit.phones:
        for finding in phone.findings:
            _tell_finding(finding, of=f"{phone.model}: ")


def _tell_finding(finding: Finding, *, of: str = "") -> None:
    _say(f"  {'WRONG' if finding.is_fault else 'note '}  {of}{finding.what}")
    _say(f"         → {finding.advice}")


def _tell_checks(checks: Iterable[Check]) -> None:
    for check in checks:
        _say(f"  {'ok   ' if check.is_well else 'WRONG'}  {check.what}")
        if check.advice:
            _say(f"         → {check.advice}")


def _shown(finding: Finding) -> Check:
    """What the drill itself has shown."""
    return Check(name=finding.code, is_well=False, what=finding.what, advice=finding.advice)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    # Whoever watches wants to see it as it happens, also through a pipe.
    sys.stdout.flush()
