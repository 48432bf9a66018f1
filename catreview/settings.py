"""The one settings object: flags over environment over `catreview.toml` over defaults."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

from catreview.errors import ConfigError
from catreview.schema import DEFAULT_SCHEMA, Category, Schema
from catreview.toml_lines import line_of
from catreview.toml_tables import LONE, Fault, TableError, above, read, within

CONFIG = "catreview.toml"
ENV_PREFIX = "CATREVIEW_"
_ENCODING = "utf-8-sig"
"""UTF-8, also with the mark that some editors put at the start."""
_READABLE = "It must be UTF-8 text that you may read."

Environ = Mapping[str, str]
Layer = Mapping[str, Mapping[str, Any]]
"""Values by group and name; None is no value."""
Aggregator = Literal["majority", "weighted-majority", "dawid-skene"]
LabelRule = Literal["priority", "dawid-skene"]


def _in_order(pair: tuple[float, float]) -> str:
    low, high = pair
    return "" if 0 <= low <= high <= 1 else "must be two numbers in 0..1, the smaller one first"


Share = Annotated[float, within(0, 1)]
Count = Annotated[int, within(1)]


@dataclass(frozen=True, kw_only=True)
class LLMSettings:
    """`[llm]`: which model labels, and how fast it may."""

    provider: Literal["cerebras", "openai", "groq", "openrouter", "ollama", "custom", "replay"] = (
        "cerebras"
    )
    model: str = ""
    """Empty: the provider's default model."""
    base_url: str = ""
    """Empty: the provider's own."""
    api_key: str = field(default="", repr=False)
    """From the environment or `.env` only; refused in `catreview.toml`."""
    prompt: str = "classify-v1"
    """A built-in template, or the path of your own."""
    batch_size: Annotated[int, within(1, 200)] = 20
    """Messages in one request."""
    rpm: Count = 30
    """Requests per minute."""
    rpd: Count = 14_400
    """Requests per day (UTC)."""
    tpm: Count | None = None
    """Tokens per minute; unlimited by default."""
    concurrency: Annotated[int, within(1, 256)] = 4
    """Requests in flight at once."""
    timeout: Annotated[float, above(0)] = 60.0
    """Seconds before a request counts as failed."""
    max_attempts: Annotated[int, within(1, 20)] = 5
    """Tries for one request before it is set aside."""
    temperature: Annotated[float, within(0, 2)] | None = 0.0
    confidence: Annotated[float, above(0, 1)] = 0.95
    """Prior confidence of an LLM's vote."""
    replay: Path | None = None
    """For provider `replay`: a JSONL file of recorded votes."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """`[prices."MODEL"]`: US dollars per million tokens."""

    input: Annotated[float, within(0)]
    output: Annotated[float, within(0)]

    def of(self, prompt_tokens: float, completion_tokens: float) -> float:
        """US dollars for so many tokens."""
        return (prompt_tokens * self.input + completion_tokens * self.output) / 1e6


@dataclass(frozen=True, kw_only=True)
class HeuristicSettings:
    """`[heuristic]`: how the functions' votes become one."""

    method: Aggregator = "majority"
    """`catreview lf race` measures them; the last two learn from reviews (audit, pilot)."""
    confident: Share = 0.8
    """At this confidence, with `min_votes`, the heuristic's label is kept for free."""
    min_votes: Count = 2
    ambiguous: Share = 0.5
    """Below this, or with a single vote, an example is ambiguous."""
    disputed: Annotated[tuple[float, float], _in_order] = (0.4, 0.6)
    """With functions in conflict and a confidence in this range, an example is disputed."""


@dataclass(frozen=True, kw_only=True)
class LabelSettings:
    """`[labels]`: how all votes on an example become its label; a person's decision is final."""

    rule: LabelRule = "priority"
    """`priority`: LLM over heuristic; `dawid-skene`: both weighed by how each errs, as learned
    from all votes and from reviews (audit, pilot). `catreview lf race` measures them."""


@dataclass(frozen=True, kw_only=True)
class PilotSettings:
    """`[pilot]`: the gate before labelling everything."""

    size: Count = 200
    gate: Share = 0.80
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """`[training]`: the classifier."""

    target: Share = 0.85
    """The macro F1 to reach."""
    labels: Literal["auto", "trusted", "all", "weak"] = "auto"
    """`trusted`: human and LLM labels; `weak`: the heuristic's; `all`: both; `auto`: trusted ones,
    and the heuristic's only while a category has too few of those."""
    doubtful: Literal["keep", "drop"] = "keep"
    """Machine labels that cross-validation surely contradicts; `drop` trains again without."""
    encoder: str = ""
    """A pretrained transformer that reads messages too: a folder, or a Hugging Face name."""
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class ReviewSettings:
    """`[review]`: the app."""

    reviewer: str = ""
    """Empty: the name you are logged in with."""
    theme: str = ""
    """Empty: the one chosen last in the app."""
    ascii: Literal["auto", "always", "never"] = "auto"
    """Whether to draw with ASCII alone; `auto`: where the terminal or locale has no Unicode."""
    context: Count = 50
    """Most messages of the conversation to show around the one under review."""
    again_after: Count = 100
    """The queue `again` shows examples that were decided so many decisions ago."""
    overlap: Share = 0.0
    """The share of examples that `reviewers` people decide, each without seeing the others."""
    reviewers: Annotated[int, within(2)] = 2
    """How many people decide an example of the overlap."""
    retrain_every: Annotated[int, within(0)] = 0
    """Reviews after which the app retrains by itself; 0: never."""


Keys = Annotated[tuple[str, ...], LONE]
"""The keys of a command: one, or a list; the first is shown in the footer."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that can be configured, validated once and passed down."""

    llm: LLMSettings = LLMSettings()
    heuristic: HeuristicSettings = HeuristicSettings()
    labels: LabelSettings = LabelSettings()
    pilot: PilotSettings = PilotSettings()
    training: TrainingSettings = TrainingSettings()
    review: ReviewSettings = ReviewSettings()
    prices: Mapping[str, Price] = field(default_factory=dict)
    """By model name; nothing has a price unless you say so."""
    keys: Mapping[str, Keys] = field(default_factory=dict)
    """`[keys]`: the keys of the review app's commands, where they are not the usual ones."""
    categories: Schema = DEFAULT_SCHEMA


def environment(folder: Path, environ: Environ) -> dict[str, str]:
    """The variables of the project's `.env`, under those of the process.

    Raises:
        ConfigError: `.env` cannot be read.
    """
    path = folder / ".env"
    try:
        if not path.exists():
            return dict(environ)
        from dotenv import dotenv_values  # late: many have no such file

        stored = dotenv_values(path, interpolate=False, encoding=_ENCODING)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", _READABLE) from error
    return {**{k: v for k, v in stored.items() if v is not None}, **environ}


def load_settings(folder: Path, environ: Environ, overrides: Layer | None = None) -> Settings:
    """Read a project's settings.

    `environ` is `environment(folder, os.environ)`: `CATREVIEW_LLM__MODEL` sets `[llm] model`.
    `overrides` are the command line's, `{"llm": {"model": ...}}`; they win.

    Raises:
        ConfigError: naming the file and line, or the variable, and what would be right.
    """
    path = folder / CONFIG
    text = _read(path)
    try:
        table: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}", "Mend that line.") from error
    llm = table.get("llm")
    if isinstance(llm, dict) and "api_key" in llm:
        raise ConfigError(
            f"{path}:{line_of(text, ('llm', 'api_key'))}: API keys don't belong in {CONFIG}",
            "Put the key into .env beside it, as CEREBRAS_API_KEY=… or CATREVIEW_LLM__API_KEY=…",
        )
    if "categories" in table:  # which is what the tables below are called in `Settings`
        raise ConfigError(
            f"{path}:{line_of(text, ('categories',))}: unknown setting categories",
            "Each category has a table of its own: [[category]], with name and definition.",
        )
    categories = table.pop("category", None)
    synonyms = table.pop("synonyms", {})
    if categories is not None:
        table["categories"] = {"categories": categories, "synonyms": synonyms}
    _overlay(table, _from_environment(environ))
    _overlay(table, overrides or {})
    try:
        settings = read(Settings, table)
    except TableError as error:
        raise _explain(error, path, text, environ, overrides or {}) from error
    if settings.llm.replay is None:
        return settings
    return replace(settings, llm=replace(settings.llm, replay=folder / settings.llm.replay))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding=_ENCODING)
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", _READABLE) from error


def _from_environment(environ: Environ) -> dict[str, dict[str, Any]]:
    table: dict[str, dict[str, Any]] = {}
    for name, value in environ.items():
        group, separator, key = name.removeprefix(ENV_PREFIX).partition("__")
        if name.startswith(ENV_PREFIX) and separator:
            table.setdefault(group.lower(), {})[key.lower()] = value
    return table


def _overlay(table: dict[str, Any], layer: Layer) -> None:
    for group, values in layer.items():
        given = {key: value for key, value in values.items() if value is not None}
        own = table.get(group, {})
        # Where the file has something else than a table, validation says so.
        if given and isinstance(own, dict):
            table[group] = {**own, **given}


def _explain(
    error: TableError, path: Path, text: str, environ: Environ, options: Layer
) -> ConfigError:
    location = tuple(part for part in error.path if part != "categories")
    name = ".".join(location) or "[[category]]"
    if location and location[0].isdigit():
        name = f"category {int(location[0]) + 1}: {'.'.join(location[1:])}"
    variable = ENV_PREFIX + "__".join(part.upper() for part in location)
    where = variable if variable in environ else f"{path}:{line_of(text, location)}"
    if len(location) == 2 and options.get(location[0], {}).get(location[1]) is not None:
        where = f"--{location[1].replace('_', '-')}"  # called like the setting that it overrides
    if error.fault is Fault.UNKNOWN:
        keys = [one.name for one in fields(_group(location))]
        near = get_close_matches(location[-1], keys, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(keys)}."
        return ConfigError(f"{where}: unknown setting {name}", hint)
    if error.fault is Fault.MISSING:
        return ConfigError(f"{where}: {name} is missing", f"Add it there: {location[-1]} = …")
    return ConfigError(f"{where}: {name}: {error.message}", f"It is {error.value!r} now.")


def _group(location: tuple[str, ...]) -> type[Any]:
    """The table in which the last part of `location` was looked for."""
    if len(location) == 3 and location[0] == "prices":
        return Price
    if location[0].isdigit():
        return Category
    groups = get_type_hints(Settings)
    return groups[location[0]] if len(location) > 1 else Settings
