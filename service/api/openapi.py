"""What does the OpenAPI document say that FastAPI cannot know? Problems, bodies that signed routes read, and events."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from service.api.errors import Problem
from service.api.geojson import FeatureCollection
from service.api.schemas_integrators import DetectionBody, DismissalBody
from service.api.schemas_positions import FeedBody, PositionsBody
from service.api.schemas_streams import ALL_TOLD

OPENAPI_VERSION = "3.2.0"
"""The first that can say what one event of a stream holds (`itemSchema`)."""
UNDECLARED: tuple[type[BaseModel], ...] = (
    Problem,
    FeatureCollection,
    DetectionBody,
    DismissalBody,
    FeedBody,
    PositionsBody,
)
"""Models that no route declares to FastAPI; `errors` and `signed` refer to them by name."""


def operation_id(route: APIRoute) -> str:
    """The name of the route's function: generated clients get methods that read well, so no two may share one."""
    return route.name


def describe(app: FastAPI) -> dict[str, Any]:
    """The whole document. Made once and kept, as FastAPI does."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            openapi_version=OPENAPI_VERSION,
            description=app.description,
            license_info=app.license_info,
            tags=app.openapi_tags,
            routes=app.routes,
        )
        document.setdefault("components", {}).setdefault("schemas", {}).update(_undeclared_schemas())
        app.openapi_schema = document
    return app.openapi_schema


def _undeclared_schemas() -> dict[str, Any]:
    _, schemas = models_json_schema(
        [*((model, "validation") for model in UNDECLARED), *((model, "serialization") for model in ALL_TOLD)],
        ref_template="#/components/schemas/{model}",
    )
    found: dict[str, Any] = schemas["$defs"]
    return found
