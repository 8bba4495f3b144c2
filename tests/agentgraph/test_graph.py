"""The graph's wiring: every key that a node returns is declared, and every prompt holds the placeholders it should."""

import ast
import inspect

import pytest

from app.agentgraph.graphs.question import NODES, question_graph
from app.agentgraph.prompts import FOLDER, Prompt, load_prompt
from app.agentgraph.state import GraphState


def returned_keys(node: object) -> set[str]:
    """Constant keys of all dictionaries that the module of `node` returns."""
    module = inspect.getmodule(node)
    assert module is not None
    returns = [n.value for n in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(n, ast.Return)]
    dictionaries = [n for value in returns if value is not None for n in ast.walk(value) if isinstance(n, ast.Dict)]
    keys = [key for dictionary in dictionaries for key in dictionary.keys]
    assert all(isinstance(key, ast.Constant) for key in keys), "state keys are written out"
    return {str(key.value) for key in keys if isinstance(key, ast.Constant)}


@pytest.mark.parametrize("name", sorted(NODES))
def test_node_returns_declared_keys_only(name: str) -> None:
    if name == "validate":
        assert {"intent", "outcome"} <= returned_keys(NODES[name])
    assert returned_keys(NODES[name]) - {"rule"} <= set(GraphState.__annotations__)


@pytest.mark.parametrize("name", sorted(NODES))
def test_node_is_annotated_to_give_the_state(name: str) -> None:
    assert inspect.signature(NODES[name]).return_annotation is GraphState


def test_every_node_is_reached_and_leads_to_the_end() -> None:
    graph = question_graph().get_graph()
    targets = {edge.target for edge in graph.edges}
    sources = {edge.source for edge in graph.edges}
    assert set(NODES) <= targets
    assert set(NODES) <= sources


def test_graph_is_compiled_once() -> None:
    assert question_graph() is question_graph()


def test_prompt_refuses_missing_and_foreign_placeholders() -> None:
    with pytest.raises(ValueError, match="placeholders"):
        load_prompt("suggestion", "sql")
    prompt = load_prompt("suggestion", "sql", "notes")
    with pytest.raises(ValueError, match="takes"):
        prompt.fill(sql="SELECT 1")


def test_every_prompt_file_is_loaded_by_somebody() -> None:
    from app.agentgraph.agents import chart, conversation, processing, refinement, sql, summary

    loaded = {
        value.name
        for module in (chart, conversation, processing, refinement, sql, summary)
        for value in vars(module).values()
        if isinstance(value, Prompt)
    }
    assert loaded == {file.stem for file in FOLDER.glob("*.txt")}
