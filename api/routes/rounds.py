"""Rounds of introductions, for hosts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field

from api.auth import Host, actor
from api.core import Core
from api.idempotency import IdempotencyKey, IdempotentRoute
from api.schemas import ANY_TEXT, Body, Id, Moment, ObjectPath, View, Whole, responses
from cohost.match.ordered import MOST_RULES, Kind, RuleField
from cohost.rounds import Feasibility
from cohost.rounds import RoundView as Stored

router = APIRouter(tags=["introductions"])
making = APIRouter(tags=["introductions"], route_class=IdempotentRoute)

Shape = Literal["pairs", "groups", "mentors", "buddy"]
Purpose = Literal["introductions", "groups", "helping"]
Part = Literal[
    "asks_offers", "shared_goals", "shared_interests", "diverse_perspectives", "rhythm", "level_gap", "balanced_levels"
]
Weight = Annotated[float, Field(ge=-10, le=10)]


class RuleBody(Body):
    """`cluster`: alike in the field; `distribute`: no two alike; `balance`: each meeting has its share of all."""

    kind: Kind
    field: RuleField


class RulesBody(Body):
    """Who may meet whom, and what counts."""

    title: str = Field("", max_length=200, pattern=ANY_TEXT)
    shape: Shape = Field("pairs", description="`buddy`: somebody who joined lately with somebody who did long ago.")
    purpose: Purpose = "introductions"
    group_size: Whole = Field(4, ge=3, le=6)
    overlap_hours: Whole = Field(0, ge=0, le=168, description="Free hours of the week that all must share.")
    shared_language: bool = False
    no_repeat_rounds: Whole = Field(6, ge=0, le=100, description="Nobody meets again whom they met in so many rounds.")
    weights: dict[Part, Weight] = Field({}, description="How much each part counts; left out: as usual, 0: not at all.")
    rules: list[RuleBody] = Field(
        [], max_length=MOST_RULES, description="In this order, each before all that follow it and before the weights."
    )


class RoundBody(RulesBody):
    """A round to make."""

    deadline: Moment = Field(description="Until when those invited answer.")


class RuleLimitsView(View):
    """For how many a rule cannot be kept, whatever comes of the round."""

    kind: Kind
    field: RuleField
    limits: dict[str, int] = Field(description="Reason → how many people; empty where nothing is in its way.")


class RuleOutcomeView(View):
    """In how many of the introductions that stand a rule is kept."""

    kind: Kind
    field: RuleField
    kept: int
    not_kept: int
    why: str


class FeasibilityView(View):
    """What the rules leave, before anybody is matched."""

    eligible: int
    with_partner: int
    alone: dict[str, int] = Field(description="Reason → how many.")
    rules: list[RuleLimitsView]


class RoundMadeView(View):
    """A round that is being matched."""

    id: str
    status: str
    deadline: datetime
    feasibility: FeasibilityView


class IntroductionView(View):
    """One proposed meeting."""

    suggestion_id: str
    status: str
    version: int
    member_ids: list[str]
    reasons: list[str]
    unmet: list[RuleBody] = Field(description="Rules of the round that it does not keep.")
    parts: dict[str, float]
    confidence: float
    notice: str = Field(
        description="What changed since it was drafted or approved, or why it was withdrawn; else empty."
    )


class RoundView(View):
    """A round with what came of it."""

    id: str
    status: str = Field(description="`waiting` while it is matched, then `proposed`; `failed`: match it anew.")
    asked: dict[str, Any]
    deadline: datetime
    made_at: datetime
    introductions: list[IntroductionView]
    left_out: dict[str, str] = Field(description="Member id → reason.")
    invited: int
    accepted: int
    declined: int
    met: int
    not_met: int
    approval_waiting: int = Field(description="Introductions that a host approved and that are still to be worked on.")
    not_approved: dict[str, str] = Field(description="By suggestion, why the last approval of the round left it out.")
    again: int = Field(description="How many would meet again.")
    rules: list[RuleOutcomeView] = Field(description="What came of each rule, in their order.")


class RoundsView(View):
    """Newest first."""

    items: list[RoundView]
    pauses: list[str] = Field(description="Members whom you may want to ask whether they would like a break.")


class AgainBody(Body):
    """What stays, and what does not come back."""

    locked: list[Id] = Field([], max_length=10_000)
    dropped: list[Id] = Field([], max_length=10_000)


class ApprovedView(View):
    """What happened to each pending introduction."""

    introductions: dict[str, str] = Field(description="By suggestion: `approved`, `waiting`, or why not.")


@router.post(
    "/v1/match-rounds/feasibility",
    summary="Look at what rules leave",
    responses=responses(400, 401, 403, 413, 415, 422),
)
def feasibility(core: Core, caller: Host, body: RulesBody) -> FeasibilityView:
    """How many could meet somebody; stores nothing, and knows no secret."""
    return _feasible(core.rounds.feasibility(caller.community_id, body.model_dump()))


@making.post(
    "/v1/match-rounds", status_code=202, summary="Make a round",
    responses=responses(400, 401, 403, 409, 413, 415, 422),
)  # fmt: skip
def make_round(core: Core, caller: Host, body: RoundBody, idempotency_key: IdempotencyKey = None) -> RoundMadeView:
    """The worker matches; read it again in a moment. Nobody is told anything before a host approves."""
    rules = body.model_dump(exclude={"deadline"})
    seen = _feasible(core.rounds.feasibility(caller.community_id, rules))
    made = core.rounds.make(caller, rules, body.deadline, actor(caller))
    return RoundMadeView(id=made.id, status=made.status, deadline=made.deadline, feasibility=seen)


@router.get("/v1/match-rounds", summary="List rounds", responses=responses(401, 403, 422))
def list_rounds(core: Core, caller: Host) -> RoundsView:
    """The last ten, with how they went."""
    found = core.rounds.listed(caller.community_id)
    pauses = [pause.text for pause in core.rounds.pauses(caller.community_id)]
    return RoundsView(items=[_view(one) for one in found], pauses=pauses)


@router.get("/v1/match-rounds/{id}", summary="Read a round", responses=responses(401, 403, 404, 422))
def get_round(core: Core, caller: Host, id: ObjectPath) -> RoundView:
    """With its introductions and whom it left out, and why."""
    return _view(core.rounds.view(caller.community_id, id))


@making.post(
    "/v1/match-rounds/{id}/rerun", status_code=202, summary="Match a round anew",
    responses=responses(400, 401, 403, 404, 409, 413, 415, 422),
)  # fmt: skip
def rerun(
    core: Core, caller: Host, id: ObjectPath, body: AgainBody, idempotency_key: IdempotencyKey = None
) -> RoundView:
    """Locked and approved introductions stay; dropped ones do not come back; the others are matched anew."""
    core.rounds.again(caller, id, locked=body.locked, dropped=body.dropped, actor=actor(caller))
    return _view(core.rounds.view(caller.community_id, id))


@making.post(
    "/v1/match-rounds/{id}/approval", summary="Approve a round",
    responses=responses(400, 401, 403, 404, 409, 413, 415, 422),
)  # fmt: skip
def approve_round(core: Core, caller: Host, id: ObjectPath, idempotency_key: IdempotencyKey = None) -> ApprovedView:
    """Every pending introduction of it, each by itself; of many, the worker goes on with those that are `waiting`, and the
    round tells how far it is. The invitations go out; names only when all have accepted."""
    return ApprovedView(introductions=core.round_approval.approve(caller, id))


def _feasible(seen: Feasibility) -> FeasibilityView:
    rules = [RuleLimitsView(**vars(one.rule), limits=one.limits) for one in seen.rules]
    return FeasibilityView(eligible=seen.eligible, with_partner=seen.with_partner, alone=seen.alone, rules=rules)


def _view(one: Stored) -> RoundView:
    return RoundView(
        id=one.round.id, status=one.round.status, asked=one.round.asked, deadline=one.round.deadline,
        made_at=one.round.made_at, left_out=one.round.left_out, invited=one.invited, accepted=one.accepted,
        declined=one.declined, met=one.met, not_met=one.not_met, again=one.again,
        approval_waiting=one.approval_waiting, not_approved=one.not_approved,
        rules=[
            RuleOutcomeView(**vars(rule.rule), kept=rule.kept, not_kept=rule.not_kept, why=rule.why)
            for rule in one.rules
        ],
        introductions=[
            IntroductionView(
                suggestion_id=s.id, status=s.status, version=s.version, member_ids=list(s.destination.member_ids),
                reasons=s.payload["reasons"], unmet=s.payload.get("unmet", []), parts=s.payload["parts"],
                confidence=s.confidence, notice=s.notice,
            )
            for s in one.introductions
        ],
    )  # fmt: skip
