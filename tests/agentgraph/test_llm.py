"""The model layer by itself: names, what is missing, faults of SDKs, JSON answers, clients."""

import pytest

from app.agentgraph.context import ModelAccess
from app.agentgraph.llm import close_clients, list_models, resolve_model, warm_up
from app.agentgraph.llm.clients import chat_model
from app.agentgraph.llm.faults import MAX_WAIT_S, Fault, fault_of, wait_s
from app.agentgraph.llm.registry import registry
from app.agentgraph.llm.structured import read_json
from app.core.errors import ModelNotConfigured, UnknownModel


@pytest.mark.parametrize(
    ("name", "model_id"),
    [
        ("GPT-4o-mini", "openai:gpt-4o-mini"),
        ("gpt-4o", "openai:gpt-4o"),
        ("GPT-o3-mini", "openai:o3-mini"),
        ("o3-mini", "openai:o3-mini"),
        ("Claude-3.5-Sonnet", "anthropic:claude-3-5-sonnet-20241022"),
        ("LLaMA 70B", "huggingface:meta-llama/Llama-3.3-70B-Instruct"),
        ("LlaMA 8B", "huggingface:meta-llama/Llama-3.1-8B-Instruct"),
        ("DeepSeek-R1", "huggingface:deepseek-ai/DeepSeek-R1-0528"),
        ("openai:gpt-9", "openai:gpt-9"),
        ("huggingface:someone/model", "huggingface:someone/model"),
    ],
)
def test_model_is_found_by_any_of_its_names(name: str, model_id: str) -> None:
    assert resolve_model(name).id == model_id


@pytest.mark.parametrize("name", ["", "gpt-9", "nobody:x", "openai:", ":x"])
def test_unknown_model_is_named(name: str) -> None:
    with pytest.raises(UnknownModel) as caught:
        resolve_model(name)
    assert caught.value.fields["model"] == name


def test_models_without_a_key_name_the_missing_setting() -> None:
    models = {model.name: model for model in list_models(ModelAccess(openai_api_key="k"))}
    assert len(models) == len(registry())
    assert models["GPT-4o"].available
    assert models["GPT-4o"].missing_setting is None
    assert not models["Claude-3.5-Sonnet"].available
    assert models["Claude-3.5-Sonnet"].missing_setting == "ANTHROPIC_API_KEY"
    assert models["LLaMA 8B"].missing_setting == "HF_TOKEN"


@pytest.mark.anyio
async def test_clients_are_made_once_for_a_key_and_a_url() -> None:
    spec = resolve_model("GPT-4o")
    first = await chat_model(spec, ModelAccess(openai_api_key="a"))
    again = await chat_model(spec, ModelAccess(openai_api_key="a"))
    other = await chat_model(spec, ModelAccess(openai_api_key="b"))
    await close_clients()
    renewed = await chat_model(spec, ModelAccess(openai_api_key="a"))
    await close_clients()
    assert first is again
    assert first is not other
    assert first is not renewed


@pytest.mark.anyio
async def test_warming_up_needs_no_provider() -> None:
    await warm_up(ModelAccess())
    with pytest.raises(ModelNotConfigured):
        await chat_model(resolve_model("GPT-4o"), ModelAccess())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ('Sure:\n```json\n{"a": {"b": 2}}\n```\nDone.', {"a": {"b": 2}}),
        ('<think>{"a": 0}</think>{"a": 1}', {"a": 1}),
        ('{"sql": "SELECT\n1"}', {"sql": "SELECT\n1"}),
    ],
)
def test_json_is_read_from_whatever_surrounds_it(text: str, value: object) -> None:
    assert read_json(text) == value


@pytest.mark.parametrize("text", ["", "no", "{", "}{", "<think>{}"])
def test_text_without_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (any reason will do)
        read_json(text)


@pytest.mark.parametrize(
    ("error", "is_transient"),
    [(TimeoutError(), True), (ConnectionResetError(), True), (KeyError("choices"), True)],
)
def test_fault_of_a_broken_answer_or_connection_is_transient(error: Exception, *, is_transient: bool) -> None:
    assert fault_of(error).is_transient is is_transient


@pytest.mark.parametrize("attempt", range(12))
def test_waiting_grows_within_bounds(attempt: int) -> None:
    assert 0 < wait_s(attempt, Fault("x", is_transient=True)) <= MAX_WAIT_S


def test_provider_says_how_long_to_wait() -> None:
    assert wait_s(3, Fault("x", is_transient=True, retry_after_s=7.0)) == 7.0
