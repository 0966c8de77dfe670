"""The command line."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from cohost import backup, logs, serving
from cohost import demo as sample
from cohost.bootstrap import App, build, restoring
from cohost.discuss.variations import MOST as MOST_WORDINGS
from cohost.errors import CohostError, InvalidInput, NotFound
from cohost.match.ordered import in_words, rule_of
from cohost.match.plan import Plan
from cohost.model import Caller, Community, Member, Passage, Role, Space
from cohost.ports import Query, VectorIndex
from cohost.progress import OnProgress, progress_bar
from cohost.rehearsal import Rehearsed
from cohost.rehearsal import rehearse as rehearsed
from cohost.settings import Settings, load
from cohost.store import Tx, audit, credentials, ingestions, people, places, suggestions
from cohost.store.audit import OPERATOR
from cohost.suggestion import Destination, in_space
from knowledge.reembed import reembed
from knowledge.web import is_address

app = typer.Typer(
    help="The AI co-host of online learning communities.", no_args_is_help=True, pretty_exceptions_enable=False
)
key_app = typer.Typer(help="Keys for the API.", no_args_is_help=True)
community_app = typer.Typer(help="Communities.", no_args_is_help=True)
app.add_typer(key_app, name="key")
app.add_typer(community_app, name="community")
notes = Console(stderr=True, highlight=False)  # what is not the result goes to stderr

LOOK_S = 0.5  # between two looks at a vector index that is being filled
STUCK_S = 60.0  # without a chunk more, nobody is waiting for it any longer
REHEARSED_SHOWN = 20
DEMO_LINK_TTL = timedelta(hours=12)
DEMO_PEOPLE = ("ines", "desmond", "mirela", "noor")  # host, moderator, a lively and a new member
CommunityOption = Annotated[str, typer.Option("--community", help="Its id, where there are several.")]


@app.command()
def demo() -> None:
    """Load the sample community, serve it, and print sign-in links."""
    with _core() as core:
        serving.check_port(core.settings)
        if not sample.is_loaded(core.store):
            with progress_bar("Reading the sample community") as on_progress:
                sample.load(core, on_progress)
        _print_links(core)
        _serve(core, worker=True)


@app.command()
def serve(worker: Annotated[bool, typer.Option(help="Also work: draft and publish.")] = True) -> None:
    """Serve API and console."""
    with _core() as core:
        serving.check_port(core.settings)
        _serve(core, worker=worker)


@app.command()
def work() -> None:
    """Work without serving: draft, publish, read uploads."""
    with _core() as core:
        serving.work(core)


@app.command()
def ingest(
    path: Annotated[str, typer.Argument(help="A folder, a zip archive, one file, or the https:// address of a page.")],
    space: Annotated[str, typer.Option(help="Name or id of the space; made when it is new.")],
    private: Annotated[bool, typer.Option("--private", help="A new space is for its own members only.")] = False,
    sync: Annotated[bool, typer.Option("--sync", help="Remove what is no longer in the folder.")] = False,
    community: CommunityOption = "",
) -> None:
    """Read a course, or a page of the web, into a space."""
    with _core() as core:
        if sync and is_address(path):
            raise InvalidInput("--sync is for folders and archives; one page says nothing about the others.")
        place = _space(core, _community(core, community), space, private=private)
        with progress_bar(f"Reading {Path(path).name or path}") as on_progress:
            if is_address(path):
                made = core.files.ingest_page(*place, path, OPERATOR, on_progress=on_progress)
            else:
                made = core.files.ingest_path(*place, Path(path), OPERATOR, sync=sync, on_progress=on_progress)
        _report(core, place[0], made)


@app.command()
def search(
    query: str,
    space: Annotated[str, typer.Option(help="Only what every reader of this space may read.")] = "",
    top_k: Annotated[int, typer.Option(min=1, max=50)] = 8,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    community: CommunityOption = "",
) -> None:
    """Find passages."""
    with _core() as core:
        where = _community(core, community)
        to = in_space(_known_space(core, where, space).id) if space else Destination("hosts")
        passages = core.search.search(Query(where.id, query, to, top_k=top_k))
        if as_json:
            print(json.dumps({"passages": [_passage_json(p) for p in passages]}, ensure_ascii=False, indent=1))
            return
        for passage in passages:
            trail = " › ".join((passage.title, *passage.headings))
            print(f"{passage.score:.3f}  {trail}  ({passage.space_id}/{passage.source_id} {passage.place})")
            print("       " + " ".join(passage.text.split())[:160])


@app.command()
def moderate(
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="Say what would have been flagged; changes nothing.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many of the newest posts are read.")] = 10_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    community: CommunityOption = "",
) -> None:
    """Try moderation on past posts before it is switched on."""
    if not rehearse:
        raise InvalidInput("Say --rehearse: new posts are read by the worker, once the job `moderate` is switched on.")
    with _core() as core, progress_bar("Reading posts") as on_progress:
        where = _community(core, community)
        prices = core.rehearsals.prices
        done = rehearsed(core.store, core.moderation, where, limit=limit, prices=prices, on_progress=on_progress)
    if as_json:
        print(json.dumps(asdict(done), ensure_ascii=False, indent=1))
        return
    share = len(done.flags) / max(done.posts, 1)
    print(f"{done.posts} posts read; {len(done.flags)} would have been flagged ({share:.1%})")
    print(f"by newcomers: {done.newcomer_posts} posts, {done.by_newcomers} flags")
    print(f"people decided on {done.agreed + done.disagreed} of these before, and agreed with {done.agreed}")
    print("with each budget: " + ", ".join(f"{name} {count}" for name, count in done.by_budget.items()))
    for one in done.by_category:
        judged = f", agreed with {one.agreed} of {one.agreed + one.disagreed}" if one.agreed + one.disagreed else ""
        print(f"{one.flags:6}  {one.category}, {one.by_newcomers} by newcomers{judged}")
    _print_cost(done)
    for flag in done.flags[:REHEARSED_SHOWN]:
        print(
            f"{flag.probability:.2f}  {flag.category:<13} {flag.space_id}/{flag.source_id}  {' '.join(flag.quote.split())}"
        )


def _print_cost(done: Rehearsed) -> None:
    cost = done.cost
    speed = done.posts / max(cost.cpu_s, 0.01)
    print(f"cost: {cost.seconds:.0f} s, {cost.cpu_s:.0f} s of processor time, {speed:.0f} posts in each")
    money = "no price is set" if cost.money is None else f"{cost.money} by your prices"
    print(
        f"a second reader would read {cost.second_reader_calls}: about {cost.input_tokens} tokens in, at most"
        f" {cost.output_tokens} out; {money}"
    )


@app.command()
def evaluate(
    questions: Annotated[
        Path, typer.Argument(help="CSV with the columns question and expected (a source's id or title).")
    ],
    space: Annotated[str, typer.Option(help="Ask as in this space; everything when left out.")] = "",
    out: Annotated[Path | None, typer.Option(help="Also write a page and JSON to this folder.")] = None,
    accept: Annotated[bool, typer.Option("--accept", help="Keep the values as those to compare with.")] = False,
    community: CommunityOption = "",
) -> None:
    """Measure on your own questions how often the right source is found, and compare with the last accepted run."""
    from evals import accepted, report  # the measures: only for this command
    from evals import community as own

    with _core() as core:
        where = _community(core, community)
        to = in_space(_known_space(core, where, space).id) if space else Destination("hosts")
        made, missed = own.evaluate(core, where.id, own.read_questions(questions, core, where.id), to)
        kept = core.settings.home / "evals" / where.id
        changes = accepted.changes(made, kept)
        print(report.table(made, changes))
        for miss in missed[: own.SHOWN]:
            found = f"at place {miss.place}" if miss.place else "not found"
            print(f"line {miss.expected.line}, {found}: {miss.expected.question[:100]}")
        if out:
            print(f"page: {report.write([(made, changes)], out)}")
        if accept:
            print(f"accepted: {accepted.accept(made, kept)}")


@app.command()
def match(
    profiles: Annotated[
        Path | None,
        typer.Argument(help="CSV in UTF-8 with the columns member_id, purposes and others; else those stored."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print who would meet; nothing is stored or sent.")
    ] = False,
    shape: Annotated[str, typer.Option(help="pairs, groups, mentors or buddy.")] = "pairs",
    size: Annotated[int, typer.Option(help="Of a group, 3 to 6.")] = 4,
    overlap_hours: Annotated[int, typer.Option(min=0, help="Free hours of the week that both must have.")] = 0,
    shared_language: Annotated[bool, typer.Option("--shared-language", help="Both must speak one.")] = False,
    no_repeat_rounds: Annotated[
        int, typer.Option(min=0, help="Nobody meets again whom they met in so many rounds.")
    ] = 6,
    rule: Annotated[
        list[str] | None,
        typer.Option(help="KIND:FIELD, such as cluster:time_zone, distribute:languages or balance:level; in order."),
    ] = None,
    community: CommunityOption = "",
) -> None:
    """Try a round of introductions: who would meet, what speaks for it, who would be left out."""
    rules: dict[str, Any] = {
        "shape": shape, "purpose": "groups" if shape == "groups" else "introductions", "group_size": size,
        "overlap_hours": overlap_hours, "shared_language": shared_language, "no_repeat_rounds": no_repeat_rounds,
    }  # fmt: skip
    with _core() as core:
        if not dry_run:
            raise InvalidInput("Rounds are not sent from here; give --dry-run to see one.")
        table = _text_of(profiles) if profiles else None
        rules["rules"] = [rule_of(text) for text in rule or ()]
        _print_plan(core.rounds.tried(_community(core, community).id, rules, core.embedder.embed, table=table))


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read as a text in UTF-8: {error}.") from error


def _print_plan(made: Plan) -> None:
    for meeting in made.meetings:
        parts = ", ".join(f"{name} {value:.2f}" for name, value in meeting.parts.items())
        print(f"{meeting.compatibility:.2f}  {' + '.join(meeting.member_ids)}  ({parts})")
    for member_id, reason in made.left_out.items():
        print(f"left out: {member_id}. {reason}")
    for rule, count in Counter(rule for meeting in made.meetings for rule in meeting.unmet).items():
        print(f"not kept in {count} of {len(made.meetings)}. {in_words(rule)}")
    print(f"{len(made.meetings)} meetings, {len(made.left_out)} left out")


@app.command()
def discuss(
    space: Annotated[str, typer.Option(help="Where they would be posted; a welcome needs none.")] = "",
    number: Annotated[int, typer.Option(min=1, max=60, help="How many.")] = 3,
    theme: Annotated[str, typer.Option(help="Only what is near this is used.")] = "",
    variations: Annotated[int, typer.Option(min=1, max=MOST_WORDINGS, help="Wordings of each, to take one of.")] = 1,
    ground: Annotated[str, typer.Option(help="lesson, event, question, thread or milestone; else a mixture.")] = "",
    welcome: Annotated[str, typer.Option(help="Instead: welcome this member.")] = "",
    recap: Annotated[bool, typer.Option("--recap", help="Instead: look back at the week that is over.")] = False,
    kickoff: Annotated[str, typer.Option(help="Instead: open this lesson, given as SPACE/ID.")] = "",
    community: CommunityOption = "",
) -> None:
    """Draft discussion prompts, a welcome, a recap or a kick-off; they wait in the queue, and a host still approves them."""
    with _core() as core:
        caller, occasions = _caller(core, _community(core, community), ""), core.occasions
        if welcome:
            request_id = occasions.welcome(caller, welcome, OPERATOR)
        else:
            here = _known_space(core, _community(core, community), space).id
            asked = {
                "number": number,
                "theme": theme,
                "format": None,
                "tone": "",
                "variations": variations,
                "ground": ground or None,
            }
            lesson_space, _, lesson = kickoff.partition("/")
            request_id = (
                occasions.recap(caller, here, "", OPERATOR) if recap
                else occasions.kickoff(caller, here, (lesson_space, lesson), OPERATOR) if kickoff
                else core.discussion.ask(caller, here, asked, OPERATOR)
            )  # fmt: skip
        while core.worker.draft_one():
            pass
        with core.store.read() as tx:
            made = suggestions.of_request(tx, request_id)
    for one in made:
        form = one.payload.get("format", one.status)
        print(f"{form}: {one.payload['title']}\n\n{one.payload['text'] or one.rationale}\n")
        for other in one.payload.get("variations", ()):
            print(f"or {other['format']}: {other['title']}\n\n{other['text']}\n")


@app.command()
def ask(
    question: str,
    space: Annotated[str, typer.Option(help="Where the answer would be posted.")] = "",
    member: Annotated[str, typer.Option(help="Who asks; the host when left out.")] = "",
    community: CommunityOption = "",
) -> None:
    """Ask a question and draft its answer; a host still approves it."""
    with _core() as core:
        where = _community(core, community)
        asker = _caller(core, where, member)
        view = core.questions.ask(asker, question, space_id=_known_space(core, where, space).id if space else None)
        for passage in view.passages[:3]:
            print(f"· {passage.title} {passage.place}: {' '.join(passage.text.split())[:120]}")
        _draft_now(core, where.id, view.id)


@key_app.command("create")
def key_create(
    role: Annotated[str, typer.Option(help="member, moderator, host or platform.")],
    member: Annotated[str, typer.Option(help="Whose key it is; made when new. Not for platform.")] = "",
    name: Annotated[str, typer.Option(help="What it is for.")] = "",
    community: CommunityOption = "",
) -> None:
    """Create a key; it is printed last, and never again."""
    with _core() as core:
        where = _community(core, community)
        checked = _role(role)
        with core.store.write() as tx:
            holder = None if checked == "platform" else _holder(core, tx, where, member or role, checked)
            _, secret = credentials.create_key(
                tx,
                where.id,
                role=checked,
                member_id=holder,
                name=name or "command line",
                actor=OPERATOR,
                now=core.clock(),
            )
        notes.print(f"A {role} key for {holder or 'the platform'} in {where.id}. Keep it: it is not shown again.")
        print(secret)


@community_app.command("create")
def community_create(community_id: str, name: Annotated[str, typer.Option()] = "") -> None:
    """Create a community."""
    with _core() as core:
        _create_community(core, _slug(community_id), name or community_id)
        print(_slug(community_id))


@app.command()
def reindex(community: CommunityOption = "") -> None:
    """Build the full-text index and the vector index again; embed again what another embedder made."""
    with _core() as core:
        where = _community(core, community)
        with progress_bar("Embedding what another embedder made") as on_progress:
            again = reembed(core.store, core.embedder, where.id, on_progress=on_progress)
        count = core.intake.reindex(where.id)
        with core.store.read() as tx:
            spaces = [space.pk for space in places.all_spaces(tx, where.id)]
        for pk in spaces:
            core.index.forget(pk)
        with progress_bar("Filling the vector index") as on_progress:
            _wait_for(core.index, spaces, on_progress)
        print(f"{count} chunks indexed, {again} of them embedded again.")


def _wait_for(index: VectorIndex, spaces: Collection[int], on_progress: OnProgress) -> None:
    """Until it holds what SQL has; at once where it is always exact, or where another process fills it."""
    total = left = _drift(index, spaces)
    moved = time.monotonic()
    while left:
        on_progress(total - left, total, "")
        time.sleep(LOOK_S)
        before, left = left, _drift(index, spaces)
        moved = time.monotonic() if left < before else moved
        if time.monotonic() - moved > STUCK_S:
            notes.print("The vector index does not answer. It is filled when it does; search is exact meanwhile.")
            return


def _drift(index: VectorIndex, spaces: Collection[int]) -> int:
    return sum(chunks for pk, chunks in index.drift().items() if pk in spaces)


@app.command("backup")
def back_up(path: Annotated[Path, typer.Argument(help="A new file, such as cohost-2026-03-01.zip.")]) -> None:
    """Write everything into one file, while the service runs. Keep it as safe as the service itself."""
    with _core() as core:
        made = backup.write(core.store, core.settings, path, now=core.clock())
        key = " and the key of connector secrets" if made.with_key else ""
        print(f"{made.path}: {made.rows} rows, {made.uploads} uploads{key}.")
        notes.print("It holds everybody's words. Keep erased.jsonl beside it: who is on it is erased again on restore.")


@app.command()
def restore(
    path: Annotated[Path, typer.Argument(help="A backup.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the communities that are here.")] = False,
    erased: Annotated[Path | None, typer.Option(help="One more erasure list (erased.jsonl).")] = None,
) -> None:
    """Put a backup in place. Stop `serve` and `work` first."""
    with _told():
        with closing(restoring(_settings())) as restoration:
            done = restoration.run(path, force=force, erased=erased)
        print(f"{done.rows} rows and {done.uploads} uploads restored, {done.erased_again} people erased again.")
        notes.print("Everyone signs in anew. Keys that were revoked after the backup work again: look at them.")


def _serve(core: App, *, worker: bool) -> None:
    from api.app import create_app  # the edge: only for the commands that serve

    serving.serve(core, create_app(core), with_worker=worker)


@contextmanager
def _core() -> Iterator[App]:
    """The application; an error of ours ends the command with one clear line."""
    core = None
    try:
        with _told():
            core = build(_settings())
            yield core
    finally:
        if core is not None:
            core.close()


def _settings() -> Settings:
    settings = load(os.environ)  # handed over once, here
    logs.configure(settings.log_level)
    return settings


@contextmanager
def _told() -> Iterator[None]:
    """An error of ours ends the command with one clear line."""
    try:
        yield
    except CohostError as error:
        notes.print(f"[red]{error.message}[/red]")
        raise typer.Exit(1) from error


def _community(core: App, wanted: str) -> Community:
    with core.store.read() as tx:
        if wanted:
            return people.community(tx, wanted)
        there = people.all_communities(tx)
    if len(there) > 1:
        raise InvalidInput(
            f"There are several communities; name one with --community: {', '.join(c.id for c in there)}."
        )
    return there[0] if there else _create_community(core, "default", "My community")


def _create_community(core: App, community_id: str, name: str) -> Community:
    new = Community(community_id, name)
    with core.store.write() as tx:
        if community_id in {c.id for c in people.all_communities(tx)}:
            raise InvalidInput(f"There is a community {community_id!r} already.")
        people.put_community(tx, new, core.clock(), by=OPERATOR.name)
        audit.record(tx, new.id, OPERATOR, "community.created", "community", new.id, now=core.clock())
    notes.print(f"Created community {community_id}.")
    return new


def _space(core: App, where: Community, name: str, *, private: bool) -> tuple[str, str]:
    """Community id and space id; a new space is a course."""
    try:
        known = _known_space(core, where, name)
    except NotFound:
        new = Space(_slug(name), name, "course", "private" if private else "members")
        with core.store.write() as tx:
            places.put_space(tx, where.id, new, core.clock())
            audit.record(tx, where.id, OPERATOR, "space.created", "space", new.id, now=core.clock(), new=new.visibility)
        return where.id, new.id
    if private and known.visibility != "private":
        raise InvalidInput(
            f"Space {known.id!r} is there already and visible to all members. Change it first, or choose another name."
        )
    return where.id, known.id


def _known_space(core: App, where: Community, name: str) -> Space:
    with core.store.read() as tx:
        for space in places.all_spaces(tx, where.id):
            if name in (space.id, space.name):
                return space
    raise NotFound(f"There is no space {name!r} in {where.id}.")


def _holder(core: App, tx: Tx, where: Community, member_id: str, role: Role) -> str:
    """The member who gets the key: made when new, raised to the role when lower (the operator may)."""
    member = people.find_member(tx, where.id, member_id)
    rank = credentials.RANK
    if member is None or rank[member.role] < rank[role]:
        person = replace(member or Member(member_id, member_id), role=role)
        people.put_member(tx, where.id, person, core.clock())
        audit.record(
            tx,
            where.id,
            OPERATOR,
            "member.put",
            "member",
            member_id,
            now=core.clock(),
            old=member.role if member else None,
            new=role,
        )
        notes.print(f"{member_id} is now {role}.")
    return member_id


def _role(role: str) -> Role:
    match role:
        case "member" | "moderator" | "host" | "platform":
            return role
    raise InvalidInput(f"{role!r} is not a role; choose member, moderator, host or platform.")


def _caller(core: App, where: Community, member_id: str) -> Caller:
    with core.store.write() as tx:
        hosts = [m for m in people.all_members(tx, where.id) if m.role == "host" and m.active]
        asker = member_id or (hosts[0].id if hosts else _holder(core, tx, where, "host", "host"))
        found = people.member(tx, where.id, asker)
    return Caller(where.id, found.role, found.id, "session", "operator")


def _draft_now(core: App, community_id: str, question_id: str) -> None:
    """Work until this question has its suggestion, here or in a server that runs beside."""
    made: list[Any] = []
    while not made and core.worker.draft_one():
        with core.store.read() as tx:
            made = suggestions.of_request(tx, question_id)
    for suggestion in made:
        made_by, confidence = suggestion.provenance.made_by, suggestion.confidence
        print(f"\n{suggestion.id}: {suggestion.status}, made by {made_by}, confidence {confidence:.2f}\n")
        print(suggestion.payload["text"] or suggestion.rationale)


def _report(core: App, community_id: str, ingestion_id: str) -> None:
    with core.store.read() as tx:
        done = ingestions.get(tx, community_id, ingestion_id)
        files = ingestions.files(tx, ingestion_id, limit=100_000)
    for file in files:
        if file.outcome == "failed":
            notes.print(f"[red]{file.name}: {file.message}[/red]")
    counts = {outcome: sum(f.outcome == outcome for f in files) for outcome in dict.fromkeys(f.outcome for f in files)}
    summary = ", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or "nothing to read"
    print(f"{summary}; {sum(f.chunks for f in files)} chunks, {sum(f.embedded for f in files)} embedded.")
    if done.status == "failed":
        raise InvalidInput(done.message)


def _print_links(core: App) -> None:
    with core.store.write() as tx:
        for member_id in DEMO_PEOPLE:
            member = people.member(tx, sample.community_id(), member_id)
            link = credentials.create_sign_in_link(
                tx, sample.community_id(), member_id, actor=OPERATOR, now=core.clock(), ttl=DEMO_LINK_TTL
            )
            print(f"{member.role:>9}  {member.name:<20} {link.url(core.settings.public_url)}")
    sys.stdout.flush()


def _passage_json(passage: Passage) -> dict[str, Any]:
    """The fields that the API gives."""
    fields = ("source_id", "title", "space_id", "headings", "place", "start", "end", "text", "score")
    return {name: getattr(passage, name) for name in fields}


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "space"
