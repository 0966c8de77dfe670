"""Every route against every role. A route that is missing in the table fails the test."""

from __future__ import annotations

import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from api.app import create_app

PARTS = 3  # of the table: a server answers only so many calls without a key
EVERYONE = "member moderator host platform"
OPEN = {"GET /healthz", "GET /readyz", "GET /metrics", "GET /problems/{slug}"}
SIGNED = {"POST /v1/hooks/{id}"}  # by its sender, with the hook's own secret
TABLE = {
    "GET /v1/community": EVERYONE,
    "PUT /v1/community": "host platform",
    "POST /v1/big-purpose/drafts": "host",
    "GET /v1/big-purpose/versions": "host",
    "GET /v1/big-purpose/versions/{version}": "host",
    "POST /v1/big-purpose/versions/{version}/restoration": "host",
    "GET /v1/guidelines/questions": "host",
    "POST /v1/guidelines/proposals": "host",
    "GET /v1/spaces": EVERYONE,
    "GET /v1/spaces/{id}": EVERYONE,
    "PUT /v1/spaces/{id}": "host platform",
    "DELETE /v1/spaces/{id}": "host platform",
    "GET /v1/members": "moderator host platform",
    "GET /v1/members/{id}": EVERYONE,
    "PUT /v1/members/{id}": "host platform",
    "DELETE /v1/members/{id}": "host platform",
    "GET /v1/members/{id}/consents": "member moderator host",
    "PUT /v1/members/{id}/consents": "member moderator host",
    "GET /v1/members/{id}/uses": "member moderator host",
    "GET /v1/spaces/{space}/sources": EVERYONE,
    "GET /v1/spaces/{space}/sources/{id:path}": EVERYONE,
    "PUT /v1/spaces/{space}/sources/{id:path}": EVERYONE,
    "DELETE /v1/spaces/{space}/sources/{id:path}": EVERYONE,
    "POST /v1/sources/batch": "host platform",
    "POST /v1/files": "host platform",
    "POST /v1/pages": "host platform",
    "GET /v1/ingestions/{id}": "host platform",
    "POST /v1/search": EVERYONE,
    "POST /v1/questions": "member moderator host",
    "GET /v1/questions": "member moderator host",
    "GET /v1/questions/{id}": "member moderator host",
    "POST /v1/questions/{id}/feedback": "member moderator host",
    "GET /v1/questions/{id}/helpers": "host",
    "GET /v1/gaps": "host",
    "POST /v1/moderation/check": "member moderator host",
    "POST /v1/moderation/rehearsals": "moderator host",
    "GET /v1/moderation/rehearsals/{id}": "moderator host",
    "POST /v1/reports": "member moderator host",
    "GET /v1/members/{id}/profile": "member moderator host",
    "PUT /v1/members/{id}/profile": "member moderator host",
    "POST /v1/members/{id}/profile": "member moderator host",
    "DELETE /v1/members/{id}/profile": "member moderator host",
    "GET /v1/members/{id}/similarities": "member moderator host",
    "POST /v1/profiles/import": "host platform",
    "POST /v1/discussion-prompts": "host",
    "POST /v1/welcomes": "host",
    "POST /v1/recaps": "host",
    "POST /v1/kickoffs": "host",
    "POST /v1/calendar": "host",
    "GET /v1/calendar": "host",
    "PUT /v1/calendar/{id}": "host",
    "DELETE /v1/calendar/{id}": "host",
    "GET /v1/discussion-prompts/record": "host",
    "GET /v1/themes": "host",
    "PUT /v1/themes/{period}": "host",
    "DELETE /v1/themes/{period}": "host",
    "GET /v1/themes/{period}/passages": "host",
    "POST /v1/match-rounds/feasibility": "host",
    "POST /v1/match-rounds": "host",
    "GET /v1/match-rounds": "host",
    "GET /v1/match-rounds/{id}": "host",
    "POST /v1/match-rounds/{id}/rerun": "host",
    "POST /v1/match-rounds/{id}/approval": "host",
    "GET /v1/invitations": "member moderator host",
    "POST /v1/invitations/{id}/answer": "member moderator host",
    "POST /v1/invitations/{id}/outcome": "member moderator host",
    "GET /v1/moderation/record": "moderator host",
    "POST /v1/appeals": "member moderator host",
    "GET /v1/appeals": "member moderator host",
    "POST /v1/appeals/{id}/decision": "moderator host",
    "GET /v1/blocks": "member moderator host",
    "PUT /v1/blocks/{id}": "member moderator host",
    "DELETE /v1/blocks/{id}": "member moderator host",
    "GET /v1/notes": "member moderator host",
    "GET /v1/suggestions": "moderator host",
    "GET /v1/suggestions/{id}": "moderator host",
    "POST /v1/suggestions/{id}/decision": "moderator host",
    "POST /v1/suggestions/{id}/undo": "moderator host",
    "POST /v1/suggestions/{id}/delivery": "moderator host",
    "POST /v1/suggestions/{id}/members-first": "host",
    "POST /v1/suggestions/{id}/reworded": "host",
    "POST /v1/suggestions/{id}/wording": "host",
    "GET /v1/audit": "host",
    "POST /v1/keys": "host",
    "GET /v1/keys": "host",
    "DELETE /v1/keys/{id}": "host",
    "POST /v1/sign-in-links": "host",
    "GET /v1/connectors": "host",
    "POST /v1/connectors": "host",
    "GET /v1/connectors/{name}": "host",
    "DELETE /v1/connectors/{name}": "host",
    "POST /v1/hooks": "host",
    "GET /v1/hooks": "host",
    "DELETE /v1/hooks/{id}": "host",
}
HOLDER = {"member": "ada", "moderator": "mo", "host": "hana", "platform": "platform"}
PATHS = {
    "{id:path}": "nothing",
    "{id}": "nothing",
    "{space}": "course",
    "{name}": "nothing",
    "{version}": "1",
    "{period}": "2026-05",
}


def address(route):
    method, path = route.split(" ")
    for name, value in PATHS.items():
        path = path.replace(name, value)
    return method, path


def api_routes(core):
    found = iter_route_contexts(create_app(core).routes)
    return {f"{m} {r.path}" for r in found if isinstance(r.original_route, APIRoute) for m in r.methods}


def test_the_table_names_every_route(core):
    assert api_routes(core) == OPEN | SIGNED | set(TABLE)


@pytest.mark.parametrize("role", HOLDER)
def test_a_role_without_the_route_gets_403_and_the_others_do_not(client, as_, role):
    for route, roles in TABLE.items():
        method, path = address(route)
        answer = client.request(method, path, headers=as_(HOLDER[role]))
        assert (answer.status_code == 403) == (role not in roles.split()), f"{role}: {route} {answer.text}"
        assert answer.status_code not in (401, 405, 500), f"{role}: {route} {answer.text}"


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer ck_wrong"}, {"Authorization": "Basic YTpi"}])
def test_without_a_valid_key_every_route_is_401(client, headers, part):
    for route in list(TABLE)[part::PARTS]:
        method, path = address(route)
        answer = client.request(method, path, headers=headers)
        assert answer.status_code == 401, f"{route} {answer.text}"
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_platform_acting_for_a_member_has_the_rights_of_a_member(client, as_):
    for route, roles in TABLE.items():
        method, path = address(route)
        answer = client.request(method, path, headers={**as_("platform"), "Cohost-Member": "hana"})
        assert (answer.status_code == 403) == ("member" not in roles.split()), f"{route} {answer.text}"


def test_operators_need_no_key(client):
    assert [client.get(path).status_code for path in ("/healthz", "/metrics", "/problems/not-found")] == [200, 200, 200]
