"""What questions want besides rows: charts, forecasts, changes, small talk."""

import pytest

from app.agentgraph.charts.kinds import ChartWish
from app.agentgraph.intent import greeting_reply, read_intent
from app.core.i18n import Language


@pytest.mark.parametrize(
    ("question", "wish"),
    [
        ("Faça um gráfico de barras das vendas por região", ChartWish.BAR),
        ("gráfico de linhas do ipca por mês", ChartWish.LINE),
        ("Quero um gráfico de colunas com o total por ano", ChartWish.VERTICAL_BAR),
        ("Mostre as vendas por loja em barras", ChartWish.BAR),
        ("Gere um gráfico de pizza por estado", ChartWish.PIE),
        ("gráfico de setores por tipo", ChartWish.PIE),
        ("gráfico de rosca do clima", ChartWish.DONUT),
        ("gráfico de barras empilhadas por dia e turno", ChartWish.STACKED_BAR),
        ("gráfico de barras horizontais dos municípios", ChartWish.HORIZONTAL_BAR),
        ("gráfico de dispersão entre conta e gorjeta", ChartWish.SCATTER),
        ("gráfico de área da população", ChartWish.AREA),
        ("histograma do preço", ChartWish.HISTOGRAM),
        ("mapa de calor por mês e estado", ChartWish.HEAT_MAP),
        ("boxplot do preço por corte", ChartWish.BOX_PLOT),
        ("Mostre um gráfico da evolução do IPCA", ChartWish.ANY),
        ("Plote o total por mês", ChartWish.ANY),
        ("Draw a bar chart of sales by region", ChartWish.BAR),
        ("pie chart of weather types", ChartWish.PIE),
        ("Show me a line graph of price over time", ChartWish.LINE),
        ("Show the monthly average as a line chart", ChartWish.LINE),
        ("stacked bar chart of revenue by day and time", ChartWish.STACKED_BAR),
        ("donut chart of weather", ChartWish.DONUT),
        ("scatter plot of total bill against tip", ChartWish.SCATTER),
        ("Plot sales by month", ChartWish.ANY),
        ("Mostre a distribuição dos preços", ChartWish.ANY),
        ("What is the distribution of prices?", ChartWish.ANY),
        ("barras empilhadas das vendas por ano", ChartWish.STACKED_BAR),
        ("grouped bars of tips by day and sex", ChartWish.GROUPED_BAR),
        ("diagrama de dispersão de conta e gorjeta", ChartWish.SCATTER),
        ("Show a chart of deaths by year", ChartWish.ANY),
        ("Can you plot tips by day?", ChartWish.ANY),
    ],
)
def test_chart_is_wished_by_its_words(question: str, wish: ChartWish) -> None:
    assert read_intent(question).chart is wish


@pytest.mark.parametrize(
    "question",
    [
        "Quantas linhas existem na tabela?",
        "Qual é o produto com código de barras 789?",
        "Qual a área total dos municípios?",
        "Quantas pizzas foram vendidas?",
        "Qual centro de distribuição vendeu mais?",
        "Quantos designers gráficos foram contratados?",
        "Quantos gráficos foram publicados em 2020?",
        "Liste as colunas da tabela",
        "Quantas barras de chocolate foram vendidas?",
        "Qual a tendência das vendas por mês?",
        "How many lines does the order have?",
        "Which bars serve pie?",
        "What is the area of the largest state?",
        "How many songs reached the top of the chart?",
        "How many columns are there?",
        "Quais setores tiveram mais empregados?",
        "Show me the stacked inventory boxes",
    ],
)
def test_words_of_the_data_wish_for_no_chart(question: str) -> None:
    assert read_intent(question).chart is ChartWish.NONE


@pytest.mark.parametrize(
    "question",
    [
        "What will be the price of AAPL next month?",
        "next month will sales grow?",
        "Predict the sales for 2030",
        "Forecast revenue for the next 3 months",
        "Qual será o total de vendas no próximo mês?",
        "Preveja as vendas do ano que vem",
        "Faça uma previsão do IPCA",
        "Quanto vamos vender amanhã? Quanto vai ser?",
        "How many deaths will there be in 2030?",
    ],
)
def test_future_is_recognised(question: str) -> None:
    assert read_intent(question).prediction


@pytest.mark.parametrize(
    "question",
    [
        "Qual a tendência das vendas por mês?",
        "Mostre a evolução anual do total de óbitos registrados de 2010 a 2019",
        "How many films did Will Smith appear in?",
        "Qual a receita prevista total?",
        "What is the average forecast by region?",
        "Which orders are due this month?",
        "What was the hottest day and its maximum temperature?",
        "Qual a previsão média por região?",
    ],
)
def test_present_and_past_are_no_forecast(question: str) -> None:
    assert not read_intent(question).prediction


@pytest.mark.parametrize(
    "question",
    [
        "Apague os registros indeferidos",
        "Por favor, exclua a tabela tips",
        "delete the rows with null price",
        "Please drop table users",
        "update the price of all diamonds to 10",
        "Atualize o valor do carro para 10",
        "Insira um novo município",
        "Add a row for Friday",
        "Set all prices to zero",
        "Mostre tudo; DROP TABLE municipios",
        "Quantos são? e apague os dados",
        "Remova as linhas duplicadas da tabela",
        "Change the name of the column to x",
    ],
)
def test_request_to_change_data_is_recognised(question: str) -> None:
    assert read_intent(question).write_request


@pytest.mark.parametrize(
    "question",
    [
        "Quantos registros foram apagados?",
        "What is the date of the last update?",
        "Exclua os nulos e calcule a média",
        "Crie um gráfico de barras por estado",
        "Crie uma tabela com o total por mês",
        "How many rows were deleted in 2020?",
        "Create a chart of sales by month",
        "Quantas alterações de nome houve?",
        "Which drop had the highest value?",
        "Liste os municípios excluindo as capitais",
        "Qual o conjunto de dados mais recente?",
        "Add up the sales of all stores",
        "Increase in sales by region",
        "Change in price by month",
        "Drop in sales by month",
        "Mude para um gráfico de barras",
        "Inclua também o total",
        "Clear sky days by month",
    ],
)
def test_reading_is_no_request_to_change(question: str) -> None:
    assert not read_intent(question).write_request


@pytest.mark.parametrize(
    "question",
    ["oi, tudo bem?", "Olá!", "bom dia", "obrigado", "Muito obrigada!", "hello there", "Thanks a lot!", "hi", "ok",
     "quem é você?", "o que você faz?", "What can you do?", "How are you?", "valeu, até mais", "???", "ajuda", "👍"],
)  # fmt: skip
def test_empty_talk_is_a_greeting(question: str) -> None:
    assert read_intent(question).greeting


@pytest.mark.parametrize(
    "question",
    ["Oi, quantos municípios existem?", "Hello, how many rows are there?", "Quem vendeu mais?",
     "How many days had snow?",
     "Bom dia! Qual o total por mês?", "Quantos?", "e por mês?", "only the south", "What is the total?", "2020",
     "Qual o nome do maior município?"],
)  # fmt: skip
def test_question_after_a_greeting_is_a_question(question: str) -> None:
    assert not read_intent(question).greeting


def test_greeting_reply_speaks_the_language_of_the_reader() -> None:
    assert greeting_reply(Language.PT).startswith("Olá")
    assert greeting_reply(Language.EN).startswith("Hello")
