"""Whatever is asked: the planner ends, and what it writes passes the gate and runs."""

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.agentgraph.planner import Plan
from app.core.i18n import Language
from tests.agentgraph.planner.asking import Asked

WORDS = (
    "quantos qual quais maior menor total media soma por cada de em e ou nao sem mais menos que entre antes depois "
    "ultimo primeiro percentual diferenca evolucao vendas valor regiao produto vendedor canal data Norte Sul Mesa Ana "
    "how many which what average highest lowest top first last after before same as only consecutive difference "
    "list name employees department salary age city hired London Research 2023 2024 10 3 janeiro month "
    "between year , ? ( \" ' % ; "
    "games points position venue competition Rome Oslo World Cup next previous number of times the is was above below"
).split()
QUESTIONS = st.one_of(st.text(max_size=120), st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=QUESTIONS, language=st.sampled_from([None, *Language]))
def test_any_text_is_declined_or_runs(sources: Callable[..., Asked], question: str, language: Language | None) -> None:
    for asked in (sources("vendas"), sources("employees", "departments"), sources("games")):
        planned = asked.plan(question, language)
        if isinstance(planned, Plan):
            asked.run(planned)


def test_a_very_long_text_is_declined_at_once(sales: Asked) -> None:
    sales.declined("valor por região " * 5000)


def test_the_same_question_gives_the_same_plan(company: Asked) -> None:
    question = "average salary by department of employees in London"
    assert company.plan(question) == company.plan(question)
