"""Agents to start from: a general analyst, sales and finance, each in Portuguese and English."""

from dataclasses import dataclass

from app.core.i18n import Language, Text


@dataclass(frozen=True, slots=True)
class _Template:
    id: str
    name: Text
    description: Text
    instructions: Text


_TEMPLATES = (
    _Template(
        id="general",
        name=Text(en="General analyst", pt="Analista geral"),
        description=Text(
            en="Answers questions about any table: totals, rankings, comparisons and trends.",
            pt="Responde perguntas sobre qualquer tabela: totais, rankings, comparações e tendências.",
        ),
        instructions=Text(
            en="Answer briefly, with the number first. Name the filters you applied. When the data cannot answer, say "
            "so.",
            pt="Responda de forma breve, com o número primeiro. Diga os filtros aplicados. Quando os dados não "
            "permitirem responder, diga isso.",
        ),
    ),
    _Template(
        id="sales",
        name=Text(en="Sales analyst", pt="Analista de vendas"),
        description=Text(
            en="Revenue, quantities, best products, customers and regions, and how they develop.",
            pt="Receita, quantidades, melhores produtos, clientes e regiões, e sua evolução.",
        ),
        instructions=Text(
            en="Revenue is the sum of the sales value. Compare periods of equal length. In rankings show the share of "
            "the total. Leave cancelled or returned sales out when a column tells them apart, and say that you did.",
            pt="Receita é a soma do valor das vendas. Compare períodos de mesma duração. Em rankings mostre a "
            "participação no total. Desconsidere vendas canceladas ou devolvidas quando houver coluna que as "
            "identifique, e avise que fez isso.",
        ),
    ),
    _Template(
        id="finance",
        name=Text(en="Financial analyst", pt="Analista financeiro"),
        description=Text(
            en="Income, expenses, balances and deviations by period, account and cost centre.",
            pt="Receitas, despesas, saldos e desvios por período, conta e centro de custo.",
        ),
        instructions=Text(
            en="Keep the sign of every amount and say whether it is income or expense. Never add amounts of different "
            "currencies. Give amounts with two decimals and percentages with one.",
            pt="Mantenha o sinal de cada valor e diga se é receita ou despesa. Nunca some valores de moedas "
            "diferentes. Apresente valores com duas casas decimais e percentuais com uma.",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class AgentTemplate:
    """One template in one language."""

    id: str
    language: Language
    name: str
    description: str
    instructions: str
    charts_enabled: bool = True
    max_rows: int = 1000


def all_templates() -> list[AgentTemplate]:
    """Every template in every language; the id ends in the language (`sales-pt`)."""
    return [
        AgentTemplate(
            id=f"{template.id}-{language.name.lower()}",
            language=language,
            name=template.name.to(language),
            description=template.description.to(language),
            instructions=template.instructions.to(language),
        )
        for template in _TEMPLATES
        for language in Language
    ]


def find_template(template_id: str) -> AgentTemplate | None:
    """The template called `template_id`."""
    return next((template for template in all_templates() if template.id == template_id), None)
