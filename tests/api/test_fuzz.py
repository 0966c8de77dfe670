"""Whatever is sent: no fault of ours, and no answer that the OpenAPI document does not know.

`make fuzz` sends many more cases than the tests do.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from api.app import create_app
from api.rates import Rates

if TYPE_CHECKING:
    from schemathesis.engine import events

MANY = 10**9
THOROUGH = 10  # cases from which on every boundary of every field is tried too, which takes minutes
# 422 is right for what a schema cannot say: a cursor of ours, a member who is here, a key that was not used before.
ACCEPTED = ["2xx", "401", "403", "404", "409", "422"]
pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.filterwarnings("default"),  # the fuzzer's own
]


@pytest.fixture
def cases(request) -> int:
    """Of each operation and phase; `--cases 50` is the long run."""
    return int(request.config.getoption("--cases"))


@pytest.fixture
def app(core, cast):
    """A server without rate limits: a fuzzer calls as often as it can, often without a key."""
    made = create_app(core)
    often = replace(core.settings, rate_calls_per_minute=MANY, rate_questions_per_minute=MANY)
    made.state.rates = Rates(often, made.state.metrics.refusals, attempts_per_minute=MANY)
    while made.state.readiness.missing():  # until then 503 is the right answer of /readyz
        time.sleep(0.01)
    return made


def failures(app, headers: dict[str, str], cases: int) -> Iterator[str]:
    """Every failure that Schemathesis finds: all checks, examples, coverage, random cases, and calls in a row."""
    import schemathesis  # seconds, in every process that only collects this file
    from schemathesis.engine import events, from_schema

    config = schemathesis.Config.from_dict(
        {
            "headers": headers,
            "generation": {"max-examples": cases, "deterministic": True, "database": "none", "no-shrink": True},
            "continue-on-failure": True,
            "phases": {"coverage": {"enabled": cases >= THOROUGH}},
            "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}},
        }
    )
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, config=config)
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            yield from _failed(event)
        elif isinstance(event, events.NonFatalError | events.FatalError):
            yield f"{event!r}"


def _failed(event: events.ScenarioFinished) -> Iterator[str]:
    for case_id, checks in event.recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                case = event.recorder.cases[case_id].value
                failure = check.failure_info.failure
                yield f"{case.operation.label} {check.name}: {failure.title} {failure.message} {case.as_curl_command()}"


@pytest.mark.parametrize("who", ["hana", "ada", "platform"])
def test_every_answer_is_documented_and_none_is_a_fault(app, as_, who, cases):
    found = sorted(set(failures(app, as_(who), cases)))
    assert not found, "\n".join(found)
