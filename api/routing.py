"""Routes of many routers in one application, built once."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute


def serve(app: FastAPI, routers: Iterable[APIRouter]) -> None:
    """Serve the routes as they were made; each is called in the document by its name.

    `include_router` would make them all again at the first call, which then takes a third of a second.
    """
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute):
                route.operation_id = route.name
            app.router.routes.append(route)
