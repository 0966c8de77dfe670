"""More requests than can run wait a moment; more than can wait are told at once to come back."""

from __future__ import annotations

from types import SimpleNamespace

import anyio
import pytest
from prometheus_client import CollectorRegistry, Counter

from api import crowd
from api.crowd import INSIDE, Crowd


class Room:
    """An application that answers when the door opens, behind a crowd of one running and one waiting."""

    def __init__(self) -> None:
        self.refusals = Counter("refusals", "In tests.", ["limit"], registry=CollectorRegistry())
        self.door = anyio.Event()
        self.inside = 0
        self.most_inside = 0
        self.statuses: list[int] = []
        self.app = Crowd(self._answer, refusals=self.refusals, running=1, waiting=1, uploads=1)

    async def _answer(self, _scope, _receive, send) -> None:
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        await self.door.wait()
        self.inside -= 1
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def call(self, path: str = "/v1/search", content_type: str = "application/json", **more) -> None:
        async def send(message) -> None:
            if message["type"] == "http.response.start":
                self.statuses.append(message["status"])

        state = SimpleNamespace(problems_url="/problems/")
        headers = [(b"content-type", content_type.encode())]
        scope = {"type": "http", "path": path, "headers": headers, "app": SimpleNamespace(state=state), **more}
        await self.app(scope, None, send)

    def refused(self, limit: str) -> float:
        return self.refusals.labels(limit)._value.get()


def run(story) -> Room:
    """`story(room, tasks)` in an event loop; the room when all its calls have ended."""

    async def whole() -> Room:
        room = Room()
        async with anyio.create_task_group() as tasks:
            await story(room, tasks)
        return room

    return anyio.run(whole)


async def _start(tasks, call, *args) -> None:
    tasks.start_soon(call, *args)
    await anyio.wait_all_tasks_blocked()


def test_one_runs_one_waits_and_the_third_is_refused_at_once():
    async def story(room, tasks):
        for _ in range(3):
            await _start(tasks, room.call)
        assert room.statuses == [503]
        room.door.set()

    room = run(story)
    assert room.statuses == [503, 200, 200]
    assert room.most_inside == 1
    assert room.refused("crowd") == 1


def test_health_is_told_whatever_else_waits():
    async def story(room, tasks):
        for _ in range(2):
            await _start(tasks, room.call)
        for path in crowd.ALWAYS:
            await _start(tasks, room.call, path)
        assert (room.statuses, room.inside) == ([], 4)
        room.door.set()

    assert run(story).statuses == [200] * 5


def test_uploads_have_places_of_their_own():
    async def story(room, tasks):
        for _ in range(3):
            await _start(tasks, room.call, "/v1/files", "multipart/form-data; boundary=x")
        await _start(tasks, room.call)
        assert (room.statuses, room.inside) == ([503], 2)  # one upload, one other; one upload waits
        room.door.set()

    assert run(story).refused("uploads") == 1


def test_a_request_of_this_server_to_itself_needs_no_second_place():
    async def story(room, tasks):
        await _start(tasks, room.call)
        tasks.start_soon(lambda: room.call(**{INSIDE: True}))
        await anyio.wait_all_tasks_blocked()
        assert room.inside == 2
        room.door.set()

    assert run(story).statuses == [200, 200]


def test_a_caller_who_goes_away_gives_the_place_back():
    async def story(room, tasks):
        gone = anyio.CancelScope()
        await _start(tasks, _within, gone, room.call)
        gone.cancel()
        room.door.set()
        await room.call()

    async def _within(scope, call):
        with scope:
            await call()

    assert run(story).statuses == [200]


@pytest.mark.parametrize("value", ["", "text/plain", "MULTIPART/FORM-DATA"])
def test_only_forms_with_files_are_uploads(value):
    scope = {"type": "http", "headers": [(b"content-type", value.encode())]}
    assert crowd._brings_files(scope) == value.startswith("MULTIPART")
