"""The only module that knows everybody: it builds the application from settings, or from what a test hands in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cohost.appeals import Appeals
from cohost.approval import Approval
from cohost.calendar import Calendar
from cohost.connectors import Connectors, built_in
from cohost.connectors.addresses import Addresses
from cohost.connectors.configured import Webhooks
from cohost.connectors.outbound import Outbound
from cohost.discussion import Discussion
from cohost.erasing import Erasure
from cohost.helping import Helping
from cohost.inbound import Hooks
from cohost.invitations import Invitations
from cohost.llm import build_model, build_second_reader
from cohost.occasions import Occasions
from cohost.ports import Connector, Embedder, LanguageModel, ModerationReader, Search, Sender, VectorIndex
from cohost.profiles import Profiles
from cohost.purpose.service import Purposes
from cohost.questions import Questions
from cohost.reading import to_be_read
from cohost.recall import Superseded
from cohost.rehearsal import Prices
from cohost.rehearsals import Rehearsals
from cohost.reports import Reports
from cohost.restore import Restore
from cohost.rewording import Rewording
from cohost.round_approval import RoundApproval
from cohost.rounds import Rounds
from cohost.sensitivity import Tuner
from cohost.settings import Settings
from cohost.store import Store, hooks
from cohost.store import connectors as connector_rows
from cohost.store.migrate import migrate
from cohost.themes import Themes
from cohost.uses import Uses
from cohost.vault import Vault
from cohost.worker import Worker
from knowledge import answerable
from knowledge.concepts import LessonConcepts
from knowledge.embed import DEFAULT, SentenceEmbedder
from knowledge.extract.sandbox import Sandbox
from knowledge.files import Files
from knowledge.indexes import build_index
from knowledge.ingest import Intake
from knowledge.moderation.reader import TrainedReader
from knowledge.quick import QuickEmbedder
from knowledge.recent import Recent
from knowledge.retrieve import Retriever

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class App:
    """Everything a process needs, wired."""

    settings: Settings
    store: Store
    clock: Clock
    embedder: Embedder
    index: VectorIndex
    search: Search
    model: LanguageModel | None
    connectors: Connectors
    hooks: Hooks
    intake: Intake
    files: Files
    questions: Questions
    approval: Approval
    erasure: Erasure
    uses: Uses
    reports: Reports
    appeals: Appeals
    tuner: Tuner
    rehearsals: Rehearsals
    profiles: Profiles
    rounds: Rounds
    round_approval: RoundApproval
    invitations: Invitations
    helping: Helping
    discussion: Discussion
    rewording: Rewording
    calendar: Calendar
    purposes: Purposes
    themes: Themes
    occasions: Occasions
    moderation: ModerationReader
    worker: Worker

    def close(self) -> None:
        """End child processes and give back connections."""
        self.index.close()
        self.files.close()
        self.store.close()


def utc_now() -> datetime:
    """The clock of a real process."""
    return datetime.now(UTC)


def build(
    settings: Settings, *, clock: Clock = utc_now, embedder: Embedder | None = None, model: LanguageModel | None = None,
    index: VectorIndex | None = None, connectors: Mapping[str, Connector] | None = None, sender: Sender | None = None,
    store: Store | None = None, moderation: ModerationReader | None = None,
) -> App:  # fmt: skip
    """Migrate the database and wire the application; loads no model and no heavy library."""
    store = _store(settings, store)
    migrate(store)
    _check_vault(settings, store)
    core = _wired(
        settings,
        store,
        clock=clock,
        embedder=embedder,
        model=model,
        index=index,
        connectors=connectors,
        sender=sender,
        moderation=moderation,
    )
    core.erasure.resume()
    return core


def restoring(settings: Settings, *, clock: Clock = utc_now, embedder: Embedder | None = None) -> Restore:
    """What restores a backup; the database is not touched before its `run`."""
    core = _wired(settings, _store(settings), clock=clock, embedder=embedder)
    return Restore(core.store, settings, core.erasure, core.index)


def _store(settings: Settings, given: Store | None = None) -> Store:
    settings.home.mkdir(parents=True, exist_ok=True)
    return given or Store(settings.database_url)


def _wired(
    settings: Settings, store: Store, *, clock: Clock, embedder: Embedder | None = None,
    model: LanguageModel | None = None, index: VectorIndex | None = None,
    connectors: Mapping[str, Connector] | None = None, sender: Sender | None = None,
    moderation: ModerationReader | None = None,
) -> App:  # fmt: skip
    """The application over a database that is not looked at yet."""
    reads: Embedder = embedder or _embedder(settings)
    index = index or build_index(settings, store, reads)
    asked = Recent(reads)
    search = Retriever(store, asked, index, answerable.load())
    model = model or build_model(settings, clock, store)
    sender = sender or Outbound(Addresses(allow_private=settings.allow_private_addresses))
    vault = Vault(settings)
    posting = Connectors({**built_in(store, clock), **(connectors or {})}, Webhooks(store, clock, vault, sender))
    approval = Approval(store, clock, posting)
    intake = Intake(store, reads, clock, approval.recheck_after_source_change, to_be_read)
    files = Files(store, intake, settings, clock, Sandbox(), sender)
    erasure = Erasure(
        store, clock, sources=intake, approval=approval, index=index, home=settings.home, uploads=settings.uploads
    )
    reader: ModerationReader = moderation or TrainedReader(embedder or _fitted_on(settings, reads))
    tuner = Tuner(store, reader, clock)
    prices = Prices(settings.model_input_price, settings.model_output_price)
    rehearsed = Rehearsals(store, clock, reader, prices)
    introduced, planned, occasions = Invitations(store, clock), Calendar(store, clock), Occasions(store, clock)
    helping, approving = Helping(store, clock, search, asked), RoundApproval(store, clock, approval)
    due = (
        Superseded(store, clock, posting).step, introduced.step, approving.step, planned.step, occasions.step, helping.step,
        tuner.step, rehearsed.step,
    )  # fmt: skip
    return App(
        settings, store, clock, reads, index, search, model, posting, Hooks(store, clock, vault), intake, files,
        Questions(store, search, asked, clock), approval, erasure, Uses(store, clock, approval),
        Reports(store, clock),
        Appeals(store, clock, approval),
        tuner,
        rehearsed,
        Profiles(store, clock, reads, approval),
        Rounds(store, clock),
        approving,
        introduced,
        helping,
        Discussion(store, clock),
        Rewording(store, clock, reads, model),
        planned,
        Purposes(store, clock, model),
        Themes(store, clock, search),
        occasions,
        reader,
        Worker(store, clock, search, model, posting, approval, files, reader, build_second_reader(settings, clock), reads,
               LessonConcepts(reads), due),
    )  # fmt: skip


def _embedder(settings: Settings) -> Embedder:
    if settings.embedder == DEFAULT:
        return QuickEmbedder(settings.home / "models")
    return SentenceEmbedder(settings.embedder.removesuffix("@float32"))


def _fitted_on(settings: Settings, reads: Embedder) -> Embedder:
    """What the moderation heads were fitted on, whatever the community's texts are embedded with."""
    return reads if settings.embedder == DEFAULT else QuickEmbedder(settings.home / "models")


def _check_vault(settings: Settings, store: Store) -> None:
    """Whether the key fits the stored secrets: a wrong one is told at the start, not when a message is due."""
    vault = Vault(settings)
    with store.read() as tx:
        for row_id, sealed in filter(None, (connector_rows.any_sealed(tx), hooks.any_sealed(tx))):
            vault.open(sealed, row_id=row_id)
