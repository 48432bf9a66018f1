"""Errors that reach a person: what happened, what to do about it, and the exit code."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command, documented in the README."""

    DONE = 0
    GATE = 1
    """Finished, but a gate was not met or some items failed."""
    USAGE = 2
    """Bad usage, configuration or input; nothing stored was changed."""
    PROVIDER = 3
    """The provider is unreachable or refuses the key."""
    BUDGET = 5
    """Stopped by a budget or a daily limit; resumable."""
    INTERRUPTED = 130
    """Interrupted after a clean save."""


class CatreviewError(Exception):
    """An error with a hint.

    `message` says what happened, `hint` what to do next (may be empty).
    """

    exit_code: ExitCode = ExitCode.USAGE

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def in_sentences(message: str, hint: str) -> str:
    """What happened and what to do next, one behind the other."""
    end = "" if message.endswith((".", "!", "?", ":")) else "."
    return f"{message}{end} {hint}" if hint else message


class ProjectError(CatreviewError):
    """No project here, or one that cannot be opened."""


class StoreError(CatreviewError):
    """The database cannot be read or written now."""


class GoneError(StoreError):
    """Messages that a job or an app knew of were taken back with their import."""

    def __init__(self) -> None:
        super().__init__(
            "An import was taken back meanwhile, and messages that this is about are gone.",
            "Start it again: all else is as it was.",
        )


class ConfigError(CatreviewError):
    """A setting or schema that does not make sense."""


class InputError(CatreviewError):
    """A file that cannot be read as what it should be."""


class FunctionsError(CatreviewError):
    """The user's `functions.py` cannot be loaded."""


class TrainingError(CatreviewError):
    """Not enough, or not the right, labels to train or evaluate."""


class LLMStopped(CatreviewError):
    """The LLM can be asked no further: `attempts` and `cost` are what the last request took.

    HTTP requests that were sent for it, and US dollars (None where the model has no price).
    `again` is an option that the command needs besides, to go on.
    """

    attempts: int = 0
    cost: float | None = None
    again: str = ""


class ProviderError(LLMStopped):
    """The LLM endpoint is unreachable, refuses the key or does not know the model."""

    exit_code = ExitCode.PROVIDER


class BudgetReached(LLMStopped):
    """A limit of requests, money or examples stopped the job; it can be resumed."""

    exit_code = ExitCode.BUDGET
