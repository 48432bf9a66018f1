"""Where the LLM is: the known providers, and the endpoint that the settings and keys name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from catreview.errors import ConfigError
from catreview.settings import LLMSettings


@dataclass(frozen=True, slots=True)
class Provider:
    """What is known about a provider; empty strings where the user has to say."""

    base_url: str = ""
    key_variable: str = ""
    """Environment variable of its key; empty: it needs none."""
    model: str = ""
    model_hint: str = ""


PROVIDERS: Final[Mapping[str, Provider]] = {
    "cerebras": Provider("https://api.cerebras.ai/v1", "CEREBRAS_API_KEY", "gpt-oss-120b"),
    "openai": Provider("https://api.openai.com/v1", "OPENAI_API_KEY", "gpt-4.1-mini"),
    "groq": Provider("https://api.groq.com/openai/v1", "GROQ_API_KEY", "openai/gpt-oss-120b"),
    "openrouter": Provider(
        "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", "openai/gpt-oss-120b"
    ),
    "ollama": Provider(
        "http://localhost:11434/v1", model_hint="`ollama list` shows the models you have"
    ),
    "custom": Provider(model_hint="the server's documentation or its /models page names them"),
    "replay": Provider(model="replay"),
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server, a model on it, and the key to it (empty where none is needed)."""

    provider: str
    base_url: str
    model: str
    api_key: str = field(default="", repr=False)


def resolve_endpoint(
    settings: LLMSettings, environ: Mapping[str, str], *, to_ask: bool = True
) -> Endpoint:
    """Find the endpoint to use; `settings.api_key` goes before the provider's own key variable.

    A provider's key is not demanded where the settings name a base URL of their own, nor without
    `to_ask`, as for a plan.
    Raises ConfigError where the base URL, the model or the key is missing, or the URL has a secret.
    """
    provider = PROVIDERS[settings.provider]
    base_url = (settings.base_url or provider.base_url).rstrip("/")
    model = settings.model or provider.model
    own_key = environ.get(provider.key_variable, "") if provider.key_variable else ""
    api_key = (settings.api_key or own_key).strip()
    if re.match(r"\w+://[^/]*@", base_url):
        # The address is told in errors, and stored with what it takes.
        raise ConfigError(
            "The base URL holds a name or password.",
            "Put the key into .env, as CATREVIEW_LLM__API_KEY=…, and the address alone here.",
        )
    if settings.provider != "replay" and not re.match(r"https?://[^/]", base_url):
        raise ConfigError(
            f"The LLM provider '{settings.provider}' needs a base URL"
            + (f", and '{base_url}' is none." if base_url else "."),
            "Set base_url under [llm] in catreview.toml, or pass --base-url http://host/v1.",
        )
    if not model:
        raise ConfigError(
            f"The LLM provider '{settings.provider}' needs a model.",
            f"Set model under [llm] in catreview.toml, or pass --model; {provider.model_hint}.",
        )
    if not api_key.isascii() or not api_key.isprintable() or " " in api_key:
        raise ConfigError(
            f"The API key for {settings.provider} holds spaces or characters that no key has.",
            "Copy it again, without quotes or dots in place of its middle.",
        )
    if to_ask and provider.key_variable and not api_key and not settings.base_url:
        raise ConfigError(
            f"No API key for {settings.provider}: {provider.key_variable} is not set.",
            f"Put {provider.key_variable}=… into .env in the project, or export it;"
            " `catreview doctor` checks it.",
        )
    return Endpoint(settings.provider, base_url, model, api_key)


_KEY_LIKE = re.compile(
    r"(?i)\bbearer\s+[^\s\"',;]+"
    r"|\b(?:c?sk|gsk|rk|pk|xai)[-_][\w*.\-]{4,}"
    # Servers echo a key with its middle starred out.
    r"|[^\s\"',;:]*\*{3,}[^\s\"',;:]*"
)
_ERROR_LENGTH: Final = 300


def scrub(text: str, api_key: str) -> str:
    """Put `text` on one line of at most 300 characters, without markup and anything like a key."""
    for secret in {api_key, quote(api_key, safe="")} - {""}:
        text = text.replace(secret, "[key]")
    text = _KEY_LIKE.sub("[key]", text)
    text = re.sub(r"(?is)<(style|script)\b.*?</\1\s*>|<[^<>]*>", " ", text)
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= _ERROR_LENGTH else text[: _ERROR_LENGTH - 1] + "…"
