"""Who labels: the configured LLM, or the replay of recorded votes, with the source it votes as."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass

from catreview.errors import ConfigError
from catreview.importers import LabelRow, read_label_rows
from catreview.jobs.project import Project
from catreview.llm.answers import Labeller
from catreview.llm.budget import Budget
from catreview.llm.client import OpenAILabeller
from catreview.llm.limits import Limiter, Slots
from catreview.llm.prompt import Prompt, load_prompt, source_fingerprint
from catreview.llm.providers import Endpoint, resolve_endpoint
from catreview.llm.replay import ReplayLabeller
from catreview.llm.waiting import Waiting
from catreview.records import Pace, Source, SourceKind
from catreview.store import StoredSource


@dataclass(frozen=True, slots=True)
class Voter:
    """An LLM as a source: another model, prompt or schema is another one."""

    source: StoredSource
    model: str
    prompt: Prompt
    replay: bool


def configured_voter(project: Project, *, to_ask: bool = True) -> Voter:
    """The LLM that the settings name, stored as a source.

    Without `to_ask`, as for a plan, it needs no key.

    Raises:
        ConfigError: base URL, model, key or prompt is missing.
    """
    model, prompt = asked(project, to_ask=to_ask)
    source = Source(SourceKind.LLM, model, source_fingerprint(model, prompt.version))
    return _voter(project, project.store.votes.source(source), model, prompt)


def trial_voter(project: Project) -> Voter:
    """The LLM that the settings name, on trial in a pilot.

    Each batch size is a source of its own here, and none of them counts for labels or is shown:
    the votes are the pilot's, until `label` adopts those that it would ask for in the same way.

    Raises:
        ConfigError: base URL, model, key or prompt is missing.
    """
    model, prompt = asked(project, to_ask=True)
    source = trial_source(project, model, source_fingerprint(model, prompt.version))
    return _voter(project, project.store.votes.source(source, active=False), model, prompt)


def trial_source(project: Project, model: str, fingerprint: str) -> Source:
    """What this LLM votes as in a pilot with the configured batch size."""
    name = f"{model}, {project.settings.llm.batch_size} a request"
    return Source(SourceKind.LLM, name, fingerprint)


def asked(project: Project, *, to_ask: bool) -> tuple[str, Prompt]:
    """Model and prompt that the settings name; see `configured_voter`."""
    settings = project.settings.llm
    prompt = load_prompt(settings.prompt, project.schema, project.folder)
    return resolve_endpoint(settings, project.environ, to_ask=to_ask).model, prompt


def _voter(project: Project, source: StoredSource, model: str, prompt: Prompt) -> Voter:
    return Voter(source, model, prompt, project.settings.llm.provider == "replay")


@asynccontextmanager
async def open_labeller(
    project: Project,
    voter: Voter,
    budget: Budget | None = None,
    waiting: Waiting | None = None,
) -> AsyncIterator[Labeller]:
    """The voter ready to be asked, at the pace the settings and the day's count allow.

    The pace is shared with every other process that works on the project.
    """
    settings = project.settings.llm
    if voter.replay:
        # One request after the other, at the pace that a limit of `rpm` would force.
        yield ReplayLabeller(
            _recording(project, voter.model), voter.prompt, latency=60.0 / settings.rpm
        )
        return
    endpoint = resolve_endpoint(settings, project.environ)
    book = EndpointBook(project, endpoint)
    limiter = Limiter(Slots(book, settings.rpm, settings.rpd, settings.tpm), waiting=waiting)
    async with OpenAILabeller(
        endpoint, settings, voter.prompt, limiter, budget=budget, memory=book
    ) as labeller:
        yield labeller


class EndpointBook:
    """What the project's database knows of an endpoint: a `PaceBook` and a `Memory`."""

    def __init__(self, project: Project, endpoint: Endpoint) -> None:
        self._endpoints = project.store.endpoints
        self._name = f"{endpoint.base_url} {endpoint.model}"

    def read(self) -> Pace:
        """See `PaceBook`."""
        return self._endpoints.pace(self._name)

    def change(self) -> AbstractContextManager[Pace]:
        """See `PaceBook`."""
        return self._endpoints.pacing(self._name)

    def recall(self) -> str | None:
        """See `Memory`."""
        return self._endpoints.features(self._name)

    def remember(self, features: str) -> None:
        """See `Memory`."""
        self._endpoints.remember(self._name, features)


def other_servers(project: Project) -> list[str]:
    """Base URLs of other servers that were asked for the model that the settings name."""
    endpoint = resolve_endpoint(project.settings.llm, project.environ, to_ask=False)
    asked = [name.partition(" ") for name in project.store.endpoints.asked()]
    return sorted({url for url, _, model in asked if model == endpoint.model} - {endpoint.base_url})


def _recording(project: Project, model: str) -> dict[str, tuple[str, float | None]]:
    path = project.settings.llm.replay
    if path is None:
        raise ConfigError(
            "The provider 'replay' needs a recording.",
            "Set replay under [llm] in catreview.toml to a JSONL file of id, label and source.",
        )
    return {
        row.id: (row.label, row.confidence)
        for row in read_label_rows(path)
        if isinstance(row, LabelRow) and row.source in (None, model)
    }
