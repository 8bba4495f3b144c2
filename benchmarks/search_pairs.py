"""Questions of our own, and the words in which somebody looks for them later."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pair:
    """A question that was asked, and the words in which somebody looks for it later."""

    asked: str
    sought: str
    across: bool = False


PAIRS = (
    Pair("Qual foi o faturamento de cada filial em 2023?", "receita por loja no ano retrasado"),
    Pair("Quantos funcionários saíram da empresa no último trimestre?", "desligamentos recentes de pessoal"),
    Pair("Quais produtos estão com o estoque abaixo do mínimo?", "itens que precisam de reposição"),
    Pair("Qual o tempo médio de entrega por transportadora?", "quanto demora o frete de cada empresa"),
    Pair("Quantos pacientes foram internados por dengue em março?", "hospitalizações por mosquito no começo do ano"),
    Pair("Qual a nota média dos alunos em matemática por turma?", "desempenho em cálculo de cada classe"),
    Pair("Quais clientes não compram há mais de seis meses?", "consumidores inativos há meio ano"),
    Pair("Qual município tem a maior arrecadação de IPTU?", "arrecadação do IPTU nas cidades"),
    Pair("Quantos voos atrasaram por causa da chuva?", "atrasos de avião por mau tempo"),
    Pair("Qual o consumo de energia por residência no verão?", "gasto de eletricidade das casas nos meses quentes"),
    Pair("Quais deputados faltaram a mais sessões?", "parlamentares ausentes com frequência"),
    Pair("Qual a margem de lucro por linha de produto?", "rentabilidade de cada categoria vendida"),
    Pair("Quantas reclamações cada operadora recebeu?", "queixas contra empresas de telefone"),
    Pair("Qual foi a safra de soja do Mato Grosso?", "produção de grãos do Mato Grosso"),
    Pair("Quantos acidentes houve na BR-101 com vítimas?", "vítimas na BR-101"),
    Pair("Which customers spent the most on subscriptions?", "who pays most for subscriptions"),
    Pair("How many support tickets were reopened last month?", "cases that came back after being closed"),
    Pair("What is the average salary of engineers by seniority?", "pay of developers per level"),
    Pair("Which warehouses ship late most often?", "depots with delayed dispatch"),
    Pair("How many visitors bounced from the landing page?", "people who left the site at once"),
    Pair("What was the rainfall in each county in spring?", "precipitation per district from March to May"),
    Pair("Which drugs have the most adverse reactions reported?", "medicines with side effects"),
    Pair("How much did we refund per payment method?", "money given back by card type"),
    Pair("Which players scored in overtime?", "overtime goals and by whom"),
    Pair("What share of orders used a discount code?", "fraction of purchases with a coupon"),
    Pair("How many bikes were rented on weekends?", "cycle hire on Saturdays and Sundays"),
    Pair("Which suppliers raised their prices this year?", "vendors that became more expensive"),
    Pair("What is the churn rate by acquisition channel?", "cancellations depending on where users came from"),
    Pair("How many homes were sold above the asking price?", "houses that fetched more than listed"),
    Pair("Which museums had more visitors than in 2019?", "museums back to their attendance of 2019"),
    Pair("Qual vendedor fechou mais contratos?", "salesperson with the most deals closed", across=True),
    Pair("Quantos imóveis estão para alugar no centro?", "downtown properties for rent", across=True),
    Pair("Qual a temperatura máxima registrada em janeiro?", "hottest day of January", across=True),
    Pair("Quais escolas têm biblioteca?", "schools with a library", across=True),
    Pair("Qual o gasto com publicidade por campanha?", "advertising spend by campaign", across=True),
    Pair("How many earthquakes were stronger than magnitude 6?", "tremores de terra mais fortes", across=True),
    Pair("Which airports handle the most cargo?", "aeroportos com maior volume de carga", across=True),
    Pair("What is the median age of subscribers?", "idade típica dos assinantes", across=True),
    Pair("How many books were returned late?", "livros devolvidos com atraso", across=True),
    Pair("Which hospitals have free beds?", "hospitais com leitos disponíveis", across=True),
)
"""Twenty questions in Portuguese and twenty in English; ten are sought in the other language.

Most share no word with those in which they are sought, some a name or a rare word, as people remember them.
"""
