"""Would Google take this `messages:send` request? Its own schema, and the rules its documentation adds to it.

Not for how it says no over HTTP: that is `fcm_answers`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import orjson

MAX_PAYLOAD_BYTES = 4_096
MAX_TTL_S = 28 * 24 * 3_600
MAX_COLLAPSE_ID_BYTES = 64
TARGETS = ("fid", "token", "topic", "condition")
_DURATION = re.compile(r"(\d{1,12})(\.\d{1,9})?s")
_RESERVED_KEYS = frozenset({"from", "gcm", "message_type"})
_RESERVED_PREFIXES = ("google.", "gcm.")


class Violation(NamedTuple):
    """One thing wrong, as google.rpc.BadRequest names it."""

    field: str
    description: str


_TYPES: dict[str, type | tuple[type, ...]] = {"string": str, "boolean": bool, "integer": int, "number": (int, float)}
Check = Callable[[Any, str], Iterator[Violation]]


def violations(request: Any) -> list[Violation]:
    """All that Google would refuse in a parsed request body; empty when it would take the message.

    Field names may be lowerCamelCase or snake_case, as in every JSON form of a protocol buffer.
    """
    wrong = list(_request_check()(request, ""))
    if wrong:
        return wrong
    message = request.get("message")
    return list(_rules(message)) if message else [Violation("message", "Message is empty.")]


def target_of(message: Mapping[str, Any]) -> tuple[str, str]:
    """The kind of target ("fid", "token", …) and its value. Only for a message without violations."""
    return next((kind, message[kind]) for kind in TARGETS if message.get(kind))


@cache
def _request_check() -> Check:
    document = files("googleapiclient") / "discovery_cache" / "documents" / "fcm.v1.json"
    schemas: dict[str, Any] = orjson.loads(document.read_bytes())["schemas"]
    compiled: dict[str, Check] = {}
    for name in schemas:
        _compile_named(name, schemas, compiled)
    return compiled["SendMessageRequest"]


def _compile_named(name: str, schemas: Mapping[str, Any], compiled: dict[str, Check]) -> Check:
    if name not in compiled:
        compiled[name] = _compile(schemas[name], schemas, compiled)
    return compiled[name]


def _compile(schema: Mapping[str, Any], schemas: Mapping[str, Any], compiled: dict[str, Check]) -> Check:
    """One function per schema node, built once: the stand-in sits in benchmarks."""
    if "$ref" in schema:
        return _compile_named(schema["$ref"], schemas, compiled)
    if "properties" in schema:
        return _message_check({name: _compile(part, schemas, compiled) for name, part in schema["properties"].items()})
    if "additionalProperties" in schema:
        return _map_check(_compile(schema["additionalProperties"], schemas, compiled))
    if schema["type"] == "array":
        return _list_check(_compile(schema["items"], schemas, compiled))
    return _value_check(schema)


def _message_check(parts: Mapping[str, Check]) -> Check:
    known = {spelling: check for name, check in parts.items() for spelling in (name, _snake(name))}

    def check(value: Any, path: str) -> Iterator[Violation]:
        if not isinstance(value, dict):
            yield Violation(path, f"Invalid value at '{path}' (type message), {value!r:.80}")
            return
        for name, part in value.items():
            if part is None:
                continue
            if name not in known:
                yield Violation(
                    path, f"Invalid JSON payload received. Unknown name \"{name}\" at '{path}': Cannot find field."
                )
            else:
                yield from known[name](part, f"{path}.{name}" if path else name)

    return check


def _map_check(part: Check) -> Check:
    def check(value: Any, path: str) -> Iterator[Violation]:
        if not isinstance(value, dict):
            yield Violation(path, f"Invalid value at '{path}' (type map), {value!r:.80}")
            return
        for index, item in enumerate(value.values()):
            yield from part(item, f"{path}[{index}].value")

    return check


def _list_check(part: Check) -> Check:
    def check(value: Any, path: str) -> Iterator[Violation]:
        if not isinstance(value, list):
            yield Violation(path, f"Invalid value at '{path}' (type list), {value!r:.80}")
            return
        for index, item in enumerate(value):
            yield from part(item, f"{path}[{index}]")

    return check


def _value_check(schema: Mapping[str, Any]) -> Check:
    kind = schema["type"]
    allowed = frozenset(schema.get("enum", ()))
    is_duration = schema.get("format") == "google-duration"

    def check(value: Any, path: str) -> Iterator[Violation]:
        if kind == "any":
            return
        right_type = isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))
        # The SDK writes "high" where the schema lists "HIGH", and Google takes it.
        if not right_type or (allowed and value.upper() not in allowed):
            yield Violation(path, f"Invalid value at '{path}' (TYPE_{kind.upper()}), {value!r:.80}")
        elif is_duration and not _DURATION.fullmatch(value):
            yield Violation(
                path, f"Invalid value at '{path}' (type.googleapis.com/google.protobuf.Duration), {value!r:.80}"
            )

    return check


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda capital: "_" + capital[0].lower(), name)


def _rules(message: Mapping[str, Any]) -> Iterator[Violation]:
    targets = [kind for kind in TARGETS if message.get(kind)]
    if len(targets) != 1:
        problem = (
            "Recipient of the message is not set." if not targets else f"Several recipients: {', '.join(targets)}."
        )
        yield Violation("message", problem)
    yield from _data_rules(message)
    yield from _android_rules(message.get("android") or {})
    yield from _apns_rules(message.get("apns") or {}, message.get("data") or {})


def _data_rules(message: Mapping[str, Any]) -> Iterator[Violation]:
    platform_data = {
        "message.data": message,
        "message.android.data": message.get("android"),
        "message.webpush.data": message.get("webpush"),
    }
    for path, holder in platform_data.items():
        data: Mapping[str, str] = (holder or {}).get("data") or {}
        for key in data:
            if key in _RESERVED_KEYS or key.startswith(_RESERVED_PREFIXES):
                yield Violation(path, f"Invalid data payload key: {key}")
        if sum(len(key.encode()) + len(value.encode()) for key, value in data.items()) > MAX_PAYLOAD_BYTES:
            yield Violation(path, "Android message is too big")


def _android_rules(android: Mapping[str, Any]) -> Iterator[Violation]:
    ttl = android.get("ttl")
    if ttl is not None and float(ttl[:-1]) > MAX_TTL_S:
        yield Violation("message.android.ttl", "Invalid ttl: at most 4 weeks")


def _apns_rules(apns: Mapping[str, Any], data: Mapping[str, str]) -> Iterator[Violation]:
    """Apple's limits: FCM hands the data to the phone inside the same 4,096 bytes as `aps`."""
    if not apns:
        return
    payload = {**data, **(apns.get("payload") or {}), "fcm_options": apns.get("fcm_options")}
    if len(orjson.dumps(payload)) > MAX_PAYLOAD_BYTES:
        yield Violation("message.apns.payload", "APNs payload is too big")
    collapse_id = (apns.get("headers") or {}).get("apns-collapse-id", "")
    if len(collapse_id.encode()) > MAX_COLLAPSE_ID_BYTES:
        yield Violation("message.apns.headers", "apns-collapse-id exceeds 64 bytes")
