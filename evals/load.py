"""Load on this machine: a real server with 20,000 chunks, no model, mixed reads and writes at a fixed rate.

`python -m evals.load [--database URL] [--chunks N] [--rate R] [--seconds S] [--no-overload]`

The texts are made up and their vectors random, so that filling is quick; questions are embedded by the real embedder.
Whoever reads this as search quality reads it wrongly.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from itertools import accumulate

import numpy as np

from cohost.bootstrap import App, build
from cohost.model import Community, Member, Role, SourceInput, Space
from cohost.ports import FloatArray, TokenVectors
from cohost.settings import load
from cohost.store import Tx, credentials, people, places
from cohost.store.audit import OPERATOR
from evals.traffic import Call, Outcome, drive
from knowledge.quick import NAME
from knowledge.tokens import vocabulary

PLACE = "harbour"
SPACES, MEMBERS = 20, 200
SECTIONS, SECTION_WORDS = 10, 90  # of a lesson; a section becomes one chunk
LOOKS = {"mine": "/v1/questions?limit=20", "source": "/v1/spaces/s0/sources/lesson-0", "spaces": "/v1/spaces"}
BATCH = 50  # sources put at once
# as in a language: the second word is half as frequent as the first, the tenth a tenth (Zipf)
BY_FREQUENCY = sorted(vocabulary(), key=vocabulary().__getitem__)
WORDS = [word for word in BY_FREQUENCY if word.isascii() and word.isalpha() and len(word) > 1]
FREQUENCIES = list(accumulate(1 / rank for rank in range(1, len(WORDS) + 1)))
STOP_S = 45  # it promises 30
READY_S = 300  # to load the embedder on a busy machine
STEP = 1.5  # from one rate to the next, when looking for the highest that is kept
STEP_S, OVERLOAD_S = 20.0, 30.0
KEPT_P99_S = 2.0  # a rate is kept when 99 in 100 are answered within this and none is an error


@dataclass(frozen=True)
class Keys:
    """Who calls."""

    host: dict[str, str]
    platform: dict[str, str]

    def member(self, number: int) -> dict[str, str]:
        """The platform on behalf of a member."""
        return {**self.platform, "Cohost-Member": f"m{number}"}


class Noise:
    """The Embedder port with random vectors under the real embedder's name: to fill, not to search."""

    name = NAME
    dimensions = 384

    def __init__(self) -> None:
        self._random = np.random.default_rng(1)

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """`(n, 384)` float32, unit length, unrelated to the texts."""
        made = self._random.standard_normal((len(texts), self.dimensions)).astype(np.float32)
        return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), dtype=np.float32)

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """Nothing that is filled needs them."""
        return [TokenVectors((), self.embed([])) for _ in texts]


def main() -> None:
    """Fill, serve, send, and print what came of it."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="cohost-load-") as home:
        environ = {"COHOST_HOME": home, "COHOST_MODEL": "", "COHOST_LOG_LEVEL": "warning"}
        if asked.database:
            environ["COHOST_DATABASE_URL"] = asked.database
        keys = _filled(environ, asked.chunks)
        with served(environ) as port:
            steady = drive(port, mixed(keys), rate=asked.rate, seconds=asked.seconds)
            report(f"{asked.rate:g}/s for {asked.seconds:g} s", steady)
            failed = bool(steady.errors())
            if asked.overload:
                failed |= _overload(port, keys, asked.rate)
    sys.exit(failed)


def fill(core: App, chunks: int) -> Keys:
    """A community of made-up lessons with about this many chunks; the keys of its host and of its platform."""
    now = core.clock()
    with core.store.write() as tx:
        people.put_community(tx, Community(PLACE, "Harbour"), now)
        people.put_member(tx, PLACE, Member("hana", "Hana", "host"), now)
        for number in range(MEMBERS):
            people.put_member(tx, PLACE, Member(f"m{number}", f"Member {number}"), now)
        for number in range(SPACES):
            places.put_space(tx, PLACE, Space(f"s{number}", f"Space {number}", "course", "members"), now)
        keys = Keys(_key(core, tx, "hana", "host"), _key(core, tx, None, "platform"))
    chance = random.Random(1)  # noqa: S311  which words, no secret
    lessons = [_lesson(chance, number) for number in range(chunks // SECTIONS)]
    for start in range(0, len(lessons), BATCH):
        core.intake.put_many(PLACE, lessons[start : start + BATCH], OPERATOR)
    return keys


@contextmanager
def served(environ: dict[str, str]) -> Iterator[int]:
    """`cohost serve` in a process of its own; its port, once it is ready."""
    port = _free_port()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COHOST_")}
    command = [sys.executable, "-m", "cohost", "serve"]
    process = subprocess.Popen(command, env={**inherited, **environ, "COHOST_PORT": str(port)})  # noqa: S603  ours
    try:
        _wait_until_ready(port, process)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            print(f"The server did not stop within {STOP_S} s.")  # noqa: T201
            process.kill()


def mixed(keys: Keys) -> _Mixed:
    """Nine reads to two writes, a little more writing than a lively community does."""
    return _Mixed(keys)


class _Mixed:
    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._posts = 0

    def __call__(self, chance: random.Random) -> Call:
        member = self._keys.member(chance.randrange(MEMBERS))
        space, words = f"s{chance.randrange(SPACES)}", _words(chance, 6)
        kind = chance.choices(
            ("search", "ask", "mine", "source", "spaces", "post", "queue"), (45, 5, 10, 15, 10, 10, 5)
        )[0]
        if kind == "search":
            return Call(kind, "POST", "/v1/search", member, {"query": words, "destination": space})
        if kind == "ask":
            return Call(kind, "POST", "/v1/questions", member, {"text": f"What is {words}?", "space_id": space})
        if kind == "post":
            self._posts += 1
            path = f"/v1/spaces/{space}/sources/post-{self._posts}"
            return Call(
                kind, "PUT", path, self._keys.platform, {"kind": "post", "title": words, "text": _words(chance, 60)}
            )
        if kind == "queue":
            return Call(kind, "GET", "/v1/suggestions?status=pending", self._keys.host)
        return Call(kind, "GET", LOOKS[kind], member)


def report(title: str, outcome: Outcome) -> None:
    """Print statuses and times; each error that came, once."""
    counts = ", ".join(f"{count} × {status or 'lost'}" for status, count in sorted(outcome.statuses().items()))
    print(f"{title}: {counts}; p50 {outcome.quantile(0.5):.3f} s, p99 {outcome.quantile(0.99):.3f} s")  # noqa: T201
    for kind in sorted({answer.kind for answer in outcome.answers}):
        p50, p99 = outcome.quantile(0.5, kind), outcome.quantile(0.99, kind)
        print(f"  {kind:8} p50 {p50:.3f} s, p99 {p99:.3f} s")  # noqa: T201
    for said in sorted({f"{a.status} {a.kind}: {a.said}" for a in outcome.errors()})[:10]:
        print(f"  ! {said}")  # noqa: T201


def _overload(port: int, keys: Keys, rate: float) -> bool:
    """Look for the highest rate that is kept, then send twice that; whether anything but 429 and 503 came."""
    kept = rate
    while (tried := drive(port, mixed(keys), rate=kept * STEP, seconds=STEP_S)) and _is_kept(tried):
        kept *= STEP
        report(f"{kept:g}/s is kept", tried)
    report(f"{kept * STEP:g}/s is not kept", tried)
    twice = drive(port, mixed(keys), rate=kept * 2, seconds=OVERLOAD_S)
    report(f"twice that, {kept * 2:g}/s", twice)
    wrong = twice.errors(429, 503)
    print(f"neither success nor 429 or 503: {len(wrong)}")  # noqa: T201
    return bool(wrong)


def _is_kept(outcome: Outcome) -> bool:
    return not outcome.errors() and outcome.quantile(0.99) <= KEPT_P99_S


def _filled(environ: dict[str, str], chunks: int) -> Keys:
    started = time.monotonic()
    core = build(load(environ), embedder=Noise())
    try:
        keys = fill(core, chunks)
    finally:
        core.close()
    kind = "PostgreSQL" if "COHOST_DATABASE_URL" in environ else "SQLite"
    when = f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}"
    print(f"{kind}, {chunks:,} chunks, filled in {time.monotonic() - started:.0f} s ({when})", flush=True)  # noqa: T201
    return keys


def _lesson(chance: random.Random, number: int) -> tuple[str, SourceInput]:
    parts = [f"## {_words(chance, 3)}\n\n{_words(chance, SECTION_WORDS)}" for _ in range(SECTIONS)]
    return f"s{number % SPACES}", SourceInput(f"lesson-{number}", "lesson", _words(chance, 4), "\n\n".join(parts))


def _words(chance: random.Random, count: int) -> str:
    words = chance.choices(WORDS, cum_weights=FREQUENCIES, k=count)
    return ". ".join(" ".join(words[at : at + 12]).capitalize() for at in range(0, count, 12)) + "."


def _key(core: App, tx: Tx, member: str | None, role: Role) -> dict[str, str]:
    _, secret = credentials.create_key(
        tx, PLACE, role=role, member_id=member, name="load", actor=OPERATOR, now=core.clock()
    )
    return {"Authorization": f"Bearer {secret}"}


def _wait_until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(READY_S * 2):
        if process.poll() is not None:
            raise SystemExit(f"The server ended with {process.returncode}.")
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass  # not listening yet
        time.sleep(0.5)
    raise SystemExit(f"The server was not ready after {READY_S} s.")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--database", default="", help="a SQLAlchemy URL of an empty database; else SQLite in a new folder"
    )
    parser.add_argument("--chunks", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=30.0, help="requests a second")
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--no-overload", dest="overload", action="store_false", help="leave out twice the highest rate")
    return parser.parse_args()


if __name__ == "__main__":
    main()
