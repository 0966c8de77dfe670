"""Themes of months and weeks."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from api.auth import Host, actor
from api.core import Core
from api.schemas import Body, Id, Name, PassageView, View, responses

router = APIRouter(tags=["discussion"])

PERIOD = "^[12][0-9]{3}-(W[0-9]{2}|[0-9]{2})$"
PeriodPath = Annotated[
    str, Path(max_length=8, pattern=PERIOD, description="A month or an ISO week.", examples=["2026-05", "2026-W19"])
]


class ThemeBody(Body):
    """What the period is about."""

    title: Name


class ThemeView(View):
    """What a month or a week is about."""

    period: str
    title: str
    starts: date
    ends: date = Field(description="Its last day.")


class ThemesView(View):
    """Those that are not over, by their beginning."""

    items: list[ThemeView]


class ThemePassagesView(View):
    """Nearest first; empty where the material does not speak of the theme."""

    passages: list[PassageView]


@router.get("/v1/themes", summary="List themes", responses=responses(401, 403, 422))
def list_themes(core: Core, caller: Host) -> ThemesView:
    """Of this and of coming months and weeks."""
    return ThemesView(items=[ThemeView.model_validate(one) for one in core.themes.listed(caller.community_id)])


@router.put(
    "/v1/themes/{period}", summary="Set a theme", responses=responses(400, 401, 403, 413, 415, 422)
)  # fmt: skip
def put_theme(core: Core, caller: Host, period: PeriodPath, body: ThemeBody) -> ThemeView:
    """The calendar follows it in all slots of the period that are not drafted yet, unless a plan named its own themes.

    A week's theme goes before its month's.
    """
    return ThemeView.model_validate(core.themes.put(caller.community_id, period, body.title, actor(caller)))


@router.delete(
    "/v1/themes/{period}", status_code=204, summary="Remove a theme", responses=responses(401, 403, 404, 422)
)  # fmt: skip
def delete_theme(core: Core, caller: Host, period: PeriodPath) -> None:
    """Slots of the period go back to the month's theme, or to the lessons."""
    core.themes.remove(caller.community_id, period, actor(caller))


@router.get(
    "/v1/themes/{period}/passages", summary="See what a theme would quote", responses=responses(401, 403, 404, 422)
)  # fmt: skip
def theme_passages(
    core: Core,
    caller: Host,
    period: PeriodPath,
    space_id: Annotated[Id, Query(description="Where prompts would be posted.")],
) -> ThemePassagesView:
    """The passages of lessons that prompts on this theme would be about; all readers of the space may read them."""
    found = core.themes.passages(caller, period, space_id)
    return ThemePassagesView(passages=[PassageView.of(one) for one in found])
