"""The OpenAPI document is complete."""

from __future__ import annotations

from typing import get_args

import pytest
from fastapi.routing import APIRoute

from api.app import create_app
from cohost.errors import UnreadableReason

OPEN = ("/healthz", "/readyz", "/metrics", "/problems/{slug}")


@pytest.fixture
def document(client):
    return client.get("/openapi.json").json()


def operations(document):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def test_every_operation_has_a_summary_a_description_and_a_readable_id(document):
    ids = []
    for route, operation in operations(document):
        assert operation["summary"], route
        assert operation["description"], route
        ids.append(operation["operationId"])
    assert len(ids) == len(set(ids))
    assert all(name.isidentifier() for name in ids)


def test_every_operation_of_the_api_needs_a_key_and_says_so(document):
    for route, operation in operations(document):
        is_open = route.removeprefix("GET ") in OPEN
        assert ("security" in operation) != is_open, route
        assert ("401" in operation["responses"]) != is_open, route


def test_problems_are_documented_as_problems(document):
    for route, operation in operations(document):
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"], (route, status)
    assert {"type", "title", "status", "detail"} <= set(document["components"]["schemas"]["Problem"]["properties"])


def test_everything_that_takes_a_body_documents_its_refusals(document):
    for route, operation in operations(document):
        if "requestBody" in operation:
            assert {"400", "413", "415", "422"} <= set(operation["responses"]), route


def test_every_post_that_stores_something_takes_an_idempotency_key(document):
    stores_nothing_twice = {
        "POST /v1/search",
        "POST /v1/hooks/{id}",  # by its `webhook-id`
        "POST /v1/moderation/check",
        "POST /v1/match-rounds/feasibility",
        "POST /v1/big-purpose/drafts",
        "POST /v1/guidelines/proposals",
    }
    storing = {r: o for r, o in operations(document) if r.startswith("POST ") and r not in stores_nothing_twice}
    for route, operation in storing.items():
        assert "Idempotency-Key" in [p["name"] for p in operation["parameters"]], route


def test_every_text_and_number_of_a_query_is_bounded(document):
    for route, operation in operations(document):
        for parameter in operation.get("parameters", []):
            schemas = parameter["schema"].get("anyOf", [parameter["schema"]])
            for schema in schemas:
                if parameter["in"] == "query" and schema.get("type") == "string" and "format" not in schema:
                    assert "maxLength" in schema, (route, parameter["name"])
                if parameter["in"] == "query" and schema.get("type") == "integer":
                    assert "maximum" in schema, (route, parameter["name"])


def test_every_reference_leads_somewhere(document):
    def references(node):
        if isinstance(node, dict):
            yield from ([node["$ref"]] if "$ref" in node else [])
            for child in node.values():
                yield from references(child)
        elif isinstance(node, list):
            for child in node:
                yield from references(child)

    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) <= known


def test_the_reasons_of_unread_files_are_a_list_and_each_is_explained(document):
    code = document["components"]["schemas"]["FileOutcome"]["properties"]["code"]
    assert set(code["enum"]) >= {"", *get_args(UnreadableReason), "conflict", "not-found", "busy"}
    assert all(f"`{reason}`" in code["description"] for reason in code["enum"] if reason)


def test_applications_share_their_routes_and_build_none_at_the_first_call(core, client):
    first, second = ([r for r in app.routes if isinstance(r, APIRoute)] for app in (client.app, create_app(core)))
    assert len(first) > 90
    assert all(one is other for one, other in zip(first, second, strict=True))
    assert [route.name for route in first] == [route.operation_id for route in first]
