"""How an incident ended, in the words of APCO ANS 1.111, as far as a report on gunshot detection needs them."""

from enum import StrEnum


class Disposition(StrEnum):
    EVIDENCE_FOUND = "evidence_found"
    VICTIM = "victim"
    NO_EVIDENCE = "no_evidence"
    FIREWORKS = "fireworks"
    UNFOUNDED = "unfounded"
    DUPLICATE = "duplicate"
    OTHER = "other"
