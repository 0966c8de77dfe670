"""For operators: alive, ready, metrics, and what the problem types mean."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from api.problem_types import KINDS
from api.problems import problem
from api.schemas import responses
from cohost.errors import NotFound

router = APIRouter(tags=["operation"])

Slug = Annotated[
    str, Path(max_length=100, description="The last part of a problem's `type`.", examples=["stale-version"])
]
METRICS: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    """Everything is there."""

    status: Literal["ready"] = "ready"


class ProblemKind(BaseModel):
    """What a problem type means."""

    slug: str
    status: int
    title: str
    explanation: str


@router.get("/healthz", summary="Alive?")
async def healthz() -> Alive:
    """Answers at once, whatever else is busy."""
    return Alive()


@router.get("/readyz", summary="Ready?", response_model=Ready, responses=responses(503))
def readyz(request: Request) -> Ready | Response:
    """503 with `missing` until database, embedder and index are there."""
    missing = request.app.state.readiness.missing()
    if not missing:
        return Ready()
    detail = f"Not there yet: {', '.join(missing)}."
    return problem(request.app.state.problems_url, "not-ready", detail, missing=missing)


@router.get("/metrics", summary="Metrics", response_class=PlainTextResponse, responses=METRICS)
def read_metrics(request: Request) -> Response:
    """In the text format of Prometheus."""
    return Response(generate_latest(request.app.state.metrics.registry), media_type=CONTENT_TYPE_LATEST)


@router.get("/problems/{slug}", summary="What a problem means", responses=responses(404, 422))
def explain_problem(slug: Slug) -> ProblemKind:
    """Every `type` of a problem document leads here."""
    kind = KINDS.get(slug)
    if kind is None:
        raise NotFound(f"There is no problem type {slug!r}.")
    return ProblemKind(slug=slug, status=kind.status, title=kind.title, explanation=kind.explanation)
