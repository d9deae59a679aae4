"""How are places shown on a map? Lists of places are also GeoJSON (RFC 7946): asked for by Accept or by `format`.

`format=geojson` is for map programs, which cannot send a header.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel

GEOJSON = "application/geo+json"


class PointGeometry(BaseModel):
    """Longitude first, in degrees, as RFC 7946 has it."""

    type: Literal["Point"] = "Point"
    coordinates: tuple[float, float]


class Feature(BaseModel):
    """`geometry` is null when nobody knows the place; `properties` is the list's item without its place."""

    type: Literal["Feature"] = "Feature"
    id: str
    geometry: PointGeometry | None
    properties: dict[str, Any]


class FeatureCollection(BaseModel):
    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[Feature]


def wants_geojson(
    request: Request,
    format: Annotated[Literal["json", "geojson"] | None, Query()] = None,  # noqa: A002  in the address
) -> bool:
    """What the address says counts more than what the browser sends by itself."""
    return format == "geojson" or (format is None and GEOJSON in request.headers.get("accept", ""))


GeoJsonDep = Annotated[bool, Depends(wants_geojson)]


def as_geojson() -> dict[int | str, dict[str, Any]]:
    """`responses` of a route that can also answer with GeoJSON."""
    schema = {"$ref": "#/components/schemas/FeatureCollection"}
    return {200: {"content": {GEOJSON: {"schema": schema}}}}


def feature(item: BaseModel, *, key: str, place: str) -> Feature:
    """A list's item on the map: `key` names its id, `place` the part with `lat` and `lon`, which may be null."""
    properties = item.model_dump(mode="json")
    where = properties.pop(place)
    geometry = PointGeometry(coordinates=(where.pop("lon"), where.pop("lat"))) if where else None
    return Feature(id=str(properties[key]), geometry=geometry, properties=properties | (where or {}))


def collection(features: Iterable[Feature], *, headers: dict[str, str] | None = None) -> Response:
    content = FeatureCollection(features=list(features)).model_dump_json()
    return Response(content, media_type=GEOJSON, headers=headers)
