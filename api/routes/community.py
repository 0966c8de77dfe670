"""The community itself: its name, Big Purpose, guidelines and settings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field, StringConstraints

from api.auth import Anyone, HostOrPlatform, actor
from api.core import Core
from api.schemas import ANY_TEXT, WORDS, Body, Name, View, Whole, responses
from cohost import model
from cohost.bootstrap import App
from cohost.errors import InvalidInput
from cohost.jobs import JOBS
from cohost.jobs.moderate_words import CATEGORIES
from cohost.model import UNASKED, UnaskedKind
from cohost.purpose.service import check_seen
from cohost.store import Tx, audit, moderation_fits, people
from cohost.tone import LONGEST, MOST

router = APIRouter(tags=["community"])

Line = Annotated[str, StringConstraints(max_length=1000, pattern=WORDS)]
Lines = Annotated[list[Line], Field(max_length=100)]
Tone = Annotated[str, StringConstraints(max_length=LONGEST, pattern=WORDS, strip_whitespace=True)]
Caution = Literal["careful", "balanced", "bold"]
Budget = Literal["few", "balanced", "many"]


class BigPurposeView(View):
    """Who the community is for and what it is about."""

    version: int = Field(description="Counts up with every change.")
    for_whom: str
    goals: list[str]
    activities: list[str]
    outcome: str
    sentence: str = Field(description="All of it in one sentence; empty where a host has not chosen one.")


class SettingsView(View):
    """What the hosts decide."""

    jobs: list[str] = Field(description="Which jobs run.")
    connector: str = Field(description="Where approved suggestions are published.")
    caution: Caution = Field(description="How sure the co-host must be before it drafts.")
    answer_words: int = Field(description="The most words of an answer.")
    categories_off: list[str] = Field(description="What moderation does not look for.")
    flag_budget: Budget = Field(description="Of ordinary posts, at most 1 (few), 2 or 5 in a hundred are flagged.")
    flags_per_day: int = Field(
        description="The most flags of a day; threats, distress and personal data come beside it."
    )
    moderation_shadow: bool = Field(description="Posts are read and counted, and nothing comes to the queue.")
    moderation_version: int = Field(description="What was learned from decisions: -1 the newest, 0 nothing, else that.")
    category_guidelines: dict[str, str] = Field(description="Category → the guideline that a host chose for it.")
    words_excluded: list[str] = Field(description="Words and short phrases that drafts do not use; a quote may.")
    unasked_off: list[UnaskedKind] = Field(description="Kinds of drafts that are made only when a host asks for one.")
    waiting_text: str = Field(description="The one sentence a member sees until a host has answered.")


class CommunityView(View):
    """A community."""

    name: str
    big_purpose: BigPurposeView
    guidelines: list[str] = Field(description="Numbered from 1 by position.")
    settings: SettingsView


class BigPurposeBody(Body):
    """A new Big Purpose; what is left out keeps its value."""

    version: Whole | None = Field(None, ge=0, le=2**31 - 1, description="The version you saw; another one is a 409.")
    for_whom: str | None = Field(None, max_length=2000, pattern=ANY_TEXT)
    goals: Lines | None = None
    activities: Lines | None = None
    outcome: str | None = Field(None, max_length=2000, pattern=ANY_TEXT)
    sentence: str | None = Field(None, max_length=2000, pattern=ANY_TEXT)


class SettingsBody(Body):
    """Settings to change."""

    jobs: list[str] | None = Field(None, max_length=20, examples=[["answer"]])
    connector: str | None = Field(None, max_length=100, examples=["board"])
    caution: Caution | None = None
    answer_words: Whole | None = Field(None, ge=20, le=1000)
    categories_off: list[str] | None = Field(None, max_length=20, examples=[["off_purpose"]])
    flag_budget: Budget | None = None
    flags_per_day: Whole | None = Field(None, ge=1, le=10_000)
    moderation_shadow: bool | None = None
    moderation_version: Whole | None = Field(None, ge=-1, le=2**31 - 1)
    category_guidelines: Annotated[dict[str, Line], Field(max_length=20)] | None = Field(
        None, description="Replaces all; a guideline that is not there any more counts as none."
    )
    words_excluded: list[Tone] | None = Field(
        None, max_length=MOST, examples=[["amazing", "game changer"]],
        description="Replaces all. Whole words, in any case, of prompts, welcomes, recaps, kick-offs and introductions.",
    )  # fmt: skip
    unasked_off: list[UnaskedKind] | None = Field(
        None, max_length=len(UNASKED), examples=[["recap"]],
        description="Replaces all. A host who asks for one gets it all the same.",
    )  # fmt: skip
    waiting_text: Annotated[str, StringConstraints(max_length=500, pattern=WORDS)] | None = None


class CommunityBody(Body):
    """Changes to a community; what is left out stays as it is."""

    name: Name | None = None
    big_purpose: BigPurposeBody | None = None
    guidelines: Lines | None = Field(None, description="Replaces all guidelines.")
    settings: SettingsBody | None = None


@router.get("/v1/community", summary="Read the community", responses=responses(401, 403, 422))
def get_community(core: Core, caller: Anyone) -> CommunityView:
    """Name, Big Purpose, guidelines and settings."""
    with core.store.read() as tx:
        return CommunityView.model_validate(people.community(tx, caller.community_id))


@router.put("/v1/community", summary="Change the community", responses=responses(400, 401, 403, 409, 413, 415, 422))
def put_community(core: Core, caller: HostOrPlatform, body: CommunityBody) -> CommunityView:
    """Change what is given. A changed Big Purpose becomes its next version."""
    with core.store.write() as tx:
        _check_settings(core, tx, caller.community_id, body.settings)
        old = people.community(tx, caller.community_id)
        new = replace(
            old,
            name=body.name or old.name,
            big_purpose=_next_purpose(old.big_purpose, body.big_purpose),
            guidelines=old.guidelines if body.guidelines is None else tuple(body.guidelines),
            settings=replace(old.settings, **_given(body.settings)),
        )
        if new != old:
            people.put_community(tx, new, core.clock(), by=actor(caller).name)
            changed = [name for name in ("name", "big_purpose", "guidelines", "settings") if _differs(old, new, name)]
            audit.record(
                tx, old.id, actor(caller), "community.changed", "community", old.id, now=core.clock(), fields=changed
            )
        return CommunityView.model_validate(new)


def _check_settings(core: App, tx: Tx, community_id: str, new: SettingsBody | None) -> None:
    if new is None:
        return
    known = core.connectors.names(tx, community_id)
    if new.connector is not None and new.connector not in known:
        raise InvalidInput(
            f"{new.connector!r} is no connector here; there are: {', '.join(known)}.", field="settings.connector"
        )
    unknown = [job for job in new.jobs or () if job not in JOBS]
    if unknown:
        raise InvalidInput(f"{unknown[0]!r} is no job; there are: {', '.join(JOBS)}.", field="settings.jobs")
    _check_categories(new.categories_off or (), "settings.categories_off")
    _check_categories(new.category_guidelines or (), "settings.category_guidelines")
    if new.moderation_version is not None and new.moderation_version > 0:
        known_fits = [fit.version for fit in moderation_fits.versions(tx, community_id)]
        if new.moderation_version not in known_fits:
            raise InvalidInput(
                f"There is no version {new.moderation_version}; `GET /v1/moderation/versions` lists them.",
                field="settings.moderation_version",
            )


def _check_categories(names: Iterable[str], field: str) -> None:
    strange = [name for name in names if name not in CATEGORIES]
    if strange:
        raise InvalidInput(f"{strange[0]!r} is no category; there are: {', '.join(CATEGORIES)}.", field=field)


def _next_purpose(old: model.BigPurpose, new: BigPurposeBody | None) -> model.BigPurpose:
    if new is None:
        return old
    check_seen(old, new.version)
    changed = replace(old, **{k: v for k, v in _given(new).items() if k != "version"})
    return old if changed == old else replace(changed, version=old.version + 1)


def _given(body: Body | None) -> dict[str, Any]:
    """The fields that were sent, lists as tuples."""
    sent = body.model_dump(exclude_none=True) if body else {}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in sent.items()}


def _differs(old: model.Community, new: model.Community, name: str) -> bool:
    return bool(asdict(old)[name] != asdict(new)[name])
