from __future__ import annotations

import pytest

from catreview.errors import ConfigError
from catreview.llm.providers import PROVIDERS, resolve_endpoint, scrub
from catreview.settings import LLMSettings
from catreview.toml_tables import read

SETTINGS = LLMSettings()


def test_the_default_is_cerebras_with_the_key_from_its_variable() -> None:
    endpoint = resolve_endpoint(SETTINGS, {"CEREBRAS_API_KEY": "csk-1"})
    assert endpoint.base_url == "https://api.cerebras.ai/v1"
    assert endpoint.model == "gpt-oss-120b"
    assert endpoint.api_key == "csk-1"
    assert "csk-1" not in repr(endpoint)


def test_a_key_in_the_settings_goes_before_the_providers_variable() -> None:
    settings = LLMSettings(api_key="mine")
    assert resolve_endpoint(settings, {"CEREBRAS_API_KEY": "csk-1"}).api_key == "mine"


def test_every_setting_goes_before_what_the_provider_has() -> None:
    settings = LLMSettings(provider="openai", base_url="http://localhost:1/v1/", model="m")
    endpoint = resolve_endpoint(settings, {})
    assert (endpoint.base_url, endpoint.model, endpoint.api_key) == (
        "http://localhost:1/v1",
        "m",
        "",
    )


@pytest.mark.parametrize("provider", ["cerebras", "openai", "groq", "openrouter"])
def test_a_missing_key_says_where_to_put_it(provider: str) -> None:
    with pytest.raises(ConfigError) as error:
        resolve_endpoint(read(LLMSettings, {"provider": provider}), {"OTHER": "x"})
    variable = PROVIDERS[provider].key_variable
    assert f"Put {variable}=… into .env in the project, or export it" in error.value.hint
    assert "`catreview doctor` checks it" in error.value.hint


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (LLMSettings(provider="custom", model="m"), "needs a base URL"),
        (LLMSettings(provider="custom", base_url="localhost:8080", model="m"), "is none"),
        (LLMSettings(provider="custom", base_url="http://localhost:8080"), "needs a model"),
        (LLMSettings(provider="ollama"), "needs a model"),
        (LLMSettings(api_key="csk-12…89"), "characters that no key has"),
        (LLMSettings(api_key="two words"), "characters that no key has"),
    ],
)
def test_what_is_missing_or_wrong_is_named_with_a_hint(settings: LLMSettings, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as error:
        resolve_endpoint(settings, {})
    assert error.value.hint
    assert settings.api_key not in error.value.message or not settings.api_key


@pytest.mark.parametrize("address", ["https://me:pa55@host/v1", "http://pa55@host", "ftp://pa55@h"])
def test_a_secret_in_the_address_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(ConfigError, match="holds a name or password") as error:
        resolve_endpoint(LLMSettings(provider="custom", base_url=address, model="m"), {})
    assert "pa55" not in error.value.message + error.value.hint
    resolve_endpoint(LLMSettings(provider="custom", base_url="http://h/v1/a@b", model="m"), {})


def test_local_providers_need_no_key() -> None:
    assert resolve_endpoint(LLMSettings(provider="ollama", model="m"), {}).api_key == ""
    assert resolve_endpoint(LLMSettings(provider="replay"), {}).model == "replay"


@pytest.mark.parametrize(
    "text",
    [
        "key SECRET/key+1 is wrong",
        "key SECRET%2Fkey%2B1 is wrong",
        "Authorization: Bearer abc.def",
        "Incorrect API key provided: sk-proj-abcdef",
        "Incorrect API key provided: abcd********wxyz.",
    ],
)
def test_an_error_text_shows_no_key(text: str) -> None:
    clean = scrub(text, "SECRET/key+1")
    assert "[key]" in clean
    for secret in ("SECRET", "abc.def", "proj", "wxyz"):
        assert secret not in clean


def test_an_error_text_is_one_short_line_without_markup_or_escapes() -> None:
    page = "<html><style>p {}</style><h1>Bad\n gateway</h1>\x1b[31m" + "x" * 500
    clean = scrub(page, "")
    assert clean.startswith("Bad gateway [31mxxx")
    assert len(clean) == 300
    assert clean.isprintable()
