"""Pages of the web: fetched from public addresses only, read like any file, and read again when asked again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from databases import Databases
from hostile import good_pdf, word

from cohost.bootstrap import App, build
from cohost.connectors.addresses import Addresses
from cohost.connectors.outbound import Outbound
from cohost.errors import InvalidInput, UnreadableFile
from cohost.ports import Reply
from cohost.settings import load
from cohost.store import ingestions, sources
from cohost.store.audit import OPERATOR
from cohost.testing import HashEmbedder
from knowledge.web import LARGEST_PAGE, MAX_REDIRECTS, fetch, source_id_of
from tests.cohost.test_addresses import FORMS, NAMES, resolve
from tests.conftest import HERE, Cast, Clock
from tests.receiver import Receiver, reply

PUBLIC = "http://public.example/"
PAGE = b"""<html><head><title>Tides</title></head><body><nav>Home</nav>
<main><h1>Tides</h1><p>High water comes twice a day.</p></main></body></html>"""


@dataclass
class Site:
    """A server in memory, by address; it never sees a socket."""

    pages: dict[str, Reply] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def check(self, url: str) -> None:
        """Every address can be reached."""

    def send(self, method: str, url: str, **request: object) -> Reply:
        self.asked.append(url)
        return self.pages.get(url, Reply(404, {}, b""))


def typed(kind: str, body: bytes, status: int = 200, **headers: str) -> Reply:
    return Reply(status, {"content-type": kind, **headers}, body)


def moved(to: str) -> Reply:
    return Reply(302, {"location": to}, b"")


def one(reply: Reply, url: str = PUBLIC + "a") -> Site:
    return Site({url: reply})


def reason(site: Site, url: str = PUBLIC + "a") -> str:
    with pytest.raises(UnreadableFile) as caught:
        fetch(url, site)
    return caught.value.code


# ------------------------------------------------------------------------------------------ what comes is read or told


@pytest.mark.parametrize(
    ("kind", "address", "name"),
    [
        ("text/html; charset=utf-8", "http://a.example/unit/one", "a.example/unit/one.html"),
        ("text/html", "http://a.example/", "a.example/index.html"),
        ("application/pdf", "http://a.example/x.pdf?page=2", "a.example/x.pdf"),
        ("text/plain", "http://a.example/notes.md", "a.example/notes.md"),
        ("application/octet-stream", "http://a.example/talk.srt", "a.example/talk.srt"),
        ("text/html", "http://a.example/readme.md", "a.example/readme.html"),
    ],
)
def test_the_servers_word_tells_the_format_and_the_address_where_it_is_vague(
    kind: str, address: str, name: str
) -> None:
    assert fetch(address, one(typed(kind, b"x"), address)).name == name


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (typed("image/png", b"x"), "unsupported"),
        (typed("", b"x"), "unsupported"),
        (typed("text/html", b"x", status=404), "unreachable"),
        (typed("text/html", b"x", status=500), "unreachable"),
        (typed("text/html", b"x", status=206), "unreachable"),
        (Reply(200, {"content-type": "text/html"}, b"half", whole=False), "unreachable"),
        (Reply(200, {"content-type": "text/html"}, b"x" * LARGEST_PAGE, whole=False), "too_large"),
        (typed("text/html", b"x", **{"content-encoding": "gzip"}), "unsupported"),
        (moved("http://[half/"), "unreachable"),
        (moved(""), "unreachable"),
    ],
    ids=["picture", "untyped", "absent", "broken", "part", "cut", "large", "packed", "no address", "nowhere"],
)
def test_what_is_no_page_is_told_with_its_reason(reply: Reply, code: str) -> None:
    assert reason(one(reply)) == code


def test_an_old_character_set_is_read_as_the_server_says() -> None:
    page = fetch(PUBLIC + "a", one(typed("text/html; charset=windows-1251", "Прилив".encode("cp1251"))))
    assert page.data.decode("utf-8-sig") == "Прилив"
    strange = fetch(PUBLIC + "a", one(typed("text/html; charset=punycode", b"abc")))  # one that stalls on long input
    assert strange.data == b"abc"


def test_five_redirects_are_followed_and_a_sixth_is_not() -> None:
    steps = {f"{PUBLIC}{n}": moved(f"/{n + 1}") for n in range(MAX_REDIRECTS)}
    assert fetch(PUBLIC + "0", Site(steps | {f"{PUBLIC}5": typed("text/html", b"x")})).url == PUBLIC + "5"
    endless = Site(steps | {f"{PUBLIC}5": moved("/0")})
    assert (reason(endless, PUBLIC + "0"), len(endless.asked)) == ("unreachable", 6)


def test_a_sources_name_is_its_address_whatever_its_scheme_and_fragment() -> None:
    same = {source_id_of(u) for u in ("http://A.example/x/", "https://a.example/x#part", "HTTPS://a.example/x")}
    assert same == {"a.example/x"}
    long = [source_id_of(f"https://a.example/{'x' * 1500}{end}") for end in "ab"]
    assert [len(name) for name in long] == [1000, 1000]
    assert long[0] != long[1]


# ------------------------------------------------------------------------------- nothing inside a network is asked


@pytest.fixture
def listener() -> Iterator[Receiver]:
    with Receiver() as opened:
        yield opened


def test_no_form_of_an_inner_address_is_fetched_and_no_redirect_leads_there(listener: Receiver) -> None:
    """Each form directly, and behind a redirect of a public server in memory: the listener hears nothing."""
    strict = Outbound(Addresses(allow_private=False, resolve=resolve))
    for form in FORMS:
        url = form.replace("{port}", str(listener.port))
        assert reason(strict, url) == "refused", url  # type: ignore[arg-type]
        assert _behind(strict, url) in {"refused", "unreachable"}, url
    assert (len(FORMS) >= 60, listener.connections) == (True, 0)


def _behind(strict: Outbound, location: str) -> str:
    site = one(moved(location))

    class Both:
        def send(self, method: str, url: str, **request: object) -> Reply:
            if url.startswith(PUBLIC):
                return site.send(method, url)
            return strict.send(method, url, **request)  # type: ignore[arg-type]

        def check(self, url: str) -> None: ...

    return reason(Both())  # type: ignore[arg-type]


def test_a_name_that_turns_inward_between_redirects_is_refused(listener: Receiver) -> None:
    """Rebinding: the first answer may be reached (here by the operator's word), the second is where clouds keep keys."""
    answers = iter(["127.0.0.1", "169.254.169.254"])
    outbound = Outbound(Addresses(allow_private=True, resolve=lambda host, port: [next(answers)]))
    listener.then(reply(302, Location="/latest/meta-data/"))
    assert reason(outbound, f"http://rebind.example:{listener.port}/") == "refused"  # type: ignore[arg-type]
    assert listener.connections == 1


def test_names_that_mix_public_and_inner_addresses_are_refused() -> None:
    assert "127.0.0.1" in NAMES["some.example"]
    strict = Outbound(Addresses(allow_private=False, resolve=resolve))
    assert reason(strict, "http://some.example/") == "refused"  # type: ignore[arg-type]


# --------------------------------------------------------------------------------------------- from address to source


@pytest.fixture
def open_core(databases: Databases, database_url: str, tmp_path: Path, clock: Clock) -> Iterator[App]:
    """As an operator runs it who allows this machine's own addresses."""
    settings = {"COHOST_HOME": str(tmp_path / "home"), "COHOST_DATABASE_URL": database_url}
    allowing = load(settings | {"COHOST_ALLOW_PRIVATE_ADDRESSES": "true"})
    made = build(allowing, clock=clock, embedder=HashEmbedder(), store=databases.store(database_url))
    yield made
    made.close()


def outcome(core: App, url: str) -> ingestions.IngestionFile:
    """Of a page accepted now and read by the worker."""
    started = core.files.accept_page(HERE, "course", url, OPERATOR)
    assert core.files.step()
    with core.store.read() as tx:
        (file,) = ingestions.files(tx, started)
    return file


def stored(core: App, source_id: str):  # type: ignore[no-untyped-def]  # a Source or None
    with core.store.read() as tx:
        return sources.texts(tx, HERE, [("course", source_id)]).get(("course", source_id))


@pytest.fixture
def world(open_core: App, cast: Cast, listener: Receiver) -> tuple[App, Receiver, str]:
    """The cast lives in the same database; the page is on the listener."""
    return open_core, listener, f"http://127.0.0.1:{listener.port}/tides"


def test_a_page_becomes_a_source_with_its_address_and_is_read_again(world: tuple[App, Receiver, str]) -> None:
    core, listener, url = world
    listener.then(reply(200, PAGE, content_type="text/html"))
    first = outcome(core, url)
    source = stored(core, first.name)
    assert (first.outcome, source.title, source.url) == ("added", "Tides", url)
    assert source.text == "Tides\n\nHigh water comes twice a day."
    listener.then(reply(200, PAGE, content_type="text/html"))
    assert outcome(core, url).outcome == "unchanged"
    listener.then(reply(200, PAGE.replace(b"twice", b"two times"), content_type="text/html"))
    assert (outcome(core, url).outcome, "two times" in stored(core, first.name).text) == ("changed", True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        (good_pdf(), "application/pdf", "Words of a page."),
        (word(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "Words of a lesson."),
        ("Ébauche d'une leçon".encode("latin-1"), "text/plain; charset=iso-8859-1", "Ébauche d'une leçon"),
    ],
    ids=["PDF", "Word", "text"],
)
def test_documents_are_read_in_their_format(
    world: tuple[App, Receiver, str], body: bytes, kind: str, text: str
) -> None:
    core, listener, url = world
    listener.then(reply(200, body, content_type=kind))
    assert stored(core, outcome(core, url).name).text == text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_cannot_be_read_keeps_what_was_read_before(world: tuple[App, Receiver, str]) -> None:
    core, listener, url = world
    listener.then(reply(200, PAGE, content_type="text/html"), reply(500))
    name = outcome(core, url).name
    failed = outcome(core, url)
    assert (failed.outcome, failed.code) == ("failed", "unreachable")
    assert "High water" in stored(core, name).text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_address_that_is_refused_is_refused_at_once(core: App, cast: Cast, listener: Receiver) -> None:
    with pytest.raises(InvalidInput) as caught:
        core.files.accept_page(HERE, "course", f"http://127.0.0.1:{listener.port}/", OPERATOR)
    assert (caught.value.field, listener.connections, core.files.step()) == ("url", 0, False)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_sync_of_a_folder_leaves_pages_alone(world: tuple[App, Receiver, str], tmp_path: Path) -> None:
    core, listener, url = world
    listener.then(reply(200, PAGE, content_type="text/html"))
    name = outcome(core, url).name
    (tmp_path / "empty").mkdir()
    core.files.ingest_path(HERE, "course", tmp_path / "empty", OPERATOR, sync=True, on_progress=lambda *_: None)
    assert stored(core, name) is not None
