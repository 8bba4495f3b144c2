"""What a question wants besides rows: a chart, a forecast, a change of the data, or nothing but a greeting.

Decided on words and their neighbours, never on parts of words: "quantas linhas" wants no line chart.
"""

import re
from dataclasses import dataclass

from app.agentgraph.charts.kinds import ChartWish
from app.agentgraph.formats import fold, word_set
from app.core.i18n import Language, Text


@dataclass(frozen=True, slots=True)
class Intent:
    """What the words of one question ask for."""

    greeting: bool
    """A greeting, thanks or empty talk, with no question about data in it."""
    chart: ChartWish
    prediction: bool
    """It asks about the future, which rows cannot answer."""
    write_request: bool
    """It asks to change or delete data."""


def read_intent(question: str) -> Intent:
    """The intent of `question`, in Portuguese or English."""
    folded = " ".join(fold(question).split())
    greeting = _is_greeting(folded)
    return Intent(
        greeting=greeting,
        chart=ChartWish.NONE if greeting else read_chart_wish(question),
        prediction=not greeting and _asks_the_future(folded, question),
        write_request=not greeting and _asks_to_write(folded),
    )


_GREETING = Text(
    en=(
        "Hello! I answer questions about your data with numbers, the SQL behind them and a chart. "
        'Ask, for example: "How many rows are there?" or "What is the total by month?"'
    ),
    pt=(
        "Olá! Eu respondo perguntas sobre os seus dados com números, o SQL que os produziu e um gráfico. "
        'Pergunte, por exemplo: "Quantos registros existem?" ou "Qual é o total por mês?"'
    ),
)


def greeting_reply(language: Language) -> str:
    """A short reply to a greeting that says what can be asked."""
    return _GREETING.to(language)


_SMALL_TALK = word_set(
    "oi ola oie opa eai alo hello hi hey heya howdy greetings bom boa dia tarde noite good morning afternoon evening "
    "night day tudo bem bom certo como vai voce voces vc vcs esta estao ta tas e ai beleza blz joia legal show otimo "
    "perfeito excelente maravilha obrigado obrigada obg brigado brigada valeu vlw agradecido agradecida agradeco muito "
    "mesmo de nada por favor ok okay okey certo sim nao entendi claro tchau ate logo mais adeus bye goodbye see later "
    "thanks thank thx ty you so much very a lot cheers great nice cool perfect awesome wonderful well done how are is "
    "it going whats up sup there everyone all pessoal gente galera amigo amiga agente robo bot assistant assistente "
    "quem what who o que faz fazer pode sabe can do your name seu nome qual e me ajude ajuda help test teste testando "
    "testing prazer nice to meet that s t i im am fine eu estou tambem also and the for again de novo pela pelo sua "
    "your resposta answer"
)
_TALK_CORE = word_set(
    "oi ola oie opa eai alo hello hi hey heya howdy greetings bom boa obrigado obrigada obg brigado brigada valeu vlw "
    "agradecido agradecida agradeco tchau adeus bye goodbye thanks thank thx ty cheers beleza blz joia legal otimo "
    "perfeito excelente maravilha ok okay okey certo entendi claro great cool awesome perfect wonderful nice help "
    "ajuda ajude teste test testando testing good sim nao tudo sup whats prazer"
)
_ABOUT_US = re.compile(
    r"(oi |ola |hi |hello )?(quem e voce|o que voce (faz|pode fazer|sabe fazer)|qual e? ?o? ?seu nome|"
    r"como voce funciona|who are you|what (can|do) you do|what is your name|how do you work|how are you( doing)?|"
    r"como voce esta|e ai|como vai( voce)?)"
)


def _is_greeting(folded: str) -> bool:
    words = re.findall(r"[^\W\d_]+", folded)
    if not words:
        return not re.search(r"\w", folded)
    if _ABOUT_US.fullmatch(" ".join(words)):
        return True
    return len(words) <= 12 and all(word in _SMALL_TALK for word in words) and any(word in _TALK_CORE for word in words)


_BAR_WORDS = r"(?:barras?|colunas?|bars?|columns?)"
_CHART_NOUN = r"(?:graficos?|charts?|graphs?|plots?|diagramas?|diagrams?)"
KINDS: tuple[tuple[ChartWish, str], ...] = (
    (ChartWish.STACKED_BAR, rf"{_BAR_WORDS}(?: verticais| horizontais)? empilhadas?|stacked(?: {_BAR_WORDS})?"),
    (
        ChartWish.GROUPED_BAR,
        rf"{_BAR_WORDS}(?: verticais| horizontais)? (?:agrupadas?|lado a lado)|(?:grouped|clustered)(?: {_BAR_WORDS})?",
    ),
    (ChartWish.HORIZONTAL_BAR, r"barras? horizonta(?:l|is)|horizontal bars?|barras? deitadas?"),
    (ChartWish.VERTICAL_BAR, rf"{_BAR_WORDS} vertica(?:l|is)|vertical {_BAR_WORDS}|colunas?|columns?"),
    (ChartWish.BAR, r"barras?|bars?"),
    (
        ChartWish.PIES_BY_GROUP,
        r"(?:pizzas|pies) (?:por|para|by|for|per) (?:cada |each )?\w+|pizzas? multiplas?|multiple pies?",
    ),
    (ChartWish.PIE, r"pizzas?|setor(?:es)?|torta|pies?"),
    (ChartWish.DONUT, r"roscas?|donuts?|doughnuts?|anel"),
    (ChartWish.AREA, r"areas?"),
    (ChartWish.LINE, r"linhas?|lines?|(?:multi|multiplas )linhas?"),
    (ChartWish.SCATTER, r"dispersao|pontos|scatter(?: ?plot)?|nuvem de pontos"),
    (ChartWish.BOX_PLOT, r"caixas?|caixa e bigodes|box(?: and whiskers?)?"),
    (ChartWish.HEAT_MAP, r"calor|heat"),
)
"""Kinds of chart with the words that name them beside the word chart, the more exact first."""
_PLAIN_KINDS: tuple[tuple[ChartWish, str], ...] = (
    (ChartWish.STACKED_BAR, rf"\b(?:{_BAR_WORDS} empilhadas|stacked (?:bars|columns))\b"),
    (ChartWish.GROUPED_BAR, rf"\b(?:{_BAR_WORDS} agrupadas|(?:grouped|clustered) (?:bars|columns))\b"),
    (ChartWish.HISTOGRAM, r"\b(?:histogramas?|histograms?)\b"),
    (ChartWish.BOX_PLOT, r"\b(?:box[ -]?plots?|diagramas? de caixas?)\b"),
    (ChartWish.HEAT_MAP, r"\b(?:mapas? de calor|heat[ -]?maps?)\b"),
    (ChartWish.SCATTER, r"\b(?:scatter[ -]?plots?|nuvem de pontos)\b"),
    (ChartWish.DONUT, r"\b(?:grafico de rosca|donut chart|doughnut chart)\b"),
)
"""Kinds whose name is a chart wherever it stands."""
_ASKED = (
    r"(?:mostr\w+|exib\w+|fac\w+|faz\w*|ger[ea]\w*|cri[ea]\w*|desenh\w+|plot\w*|mont[ea]\w*|apresent\w+|visualiz\w+|quero|"
    r"queria|preciso|me de|traga|construa|show|draw|make|create|generate|give|display|build|want|need|see|present|"
    r"render|visuali[sz]e|chart|graph)"
)
_ARTICLE = r"(?:um|uma|num|numa|em|como|com|no|na|o|a|an|as|in|with|using|into|de|of|the|outro|another)"
_ANY_CHART = re.compile(
    rf"^(?:(?:um|a|the|an) )?{_CHART_NOUN}\b"
    rf"|\b(?:um|num|em|como|outro|with a|as a|in a|into a|using a|on a|as) {_CHART_NOUN}\b"
    rf"|\b{_ASKED}\b(?: \w+){{0,5}} {_CHART_NOUN}\b"
    r"|\b(?:plote|plotar|plota|desenhe|desenhar|visualize|visualizar|visualise|graficamente|graphically)\b"
    r"|\b(?:distribuicao d[aeo]s?|distribution of) \w"
    r"|^(?:please |por favor )?(?:plot|chart|graph|draw)\b|\b(?:can|could|please) (?:you )?(?:plot|chart|graph|draw)\b"
)
_COUNTS_CHARTS = re.compile(rf"\b(?:quant[oa]s|how many|qual|quais|which|what) (?:\w+ )?{_CHART_NOUN}\b")
_NOT_A_CHART = re.compile(
    r"\b(?:designers?|design|projetos?|parques?|setor|setores|materia(?:l|is)|artes?|industrias?|computacao|artistas?) "
    r"grafic[oa]s?\b|\bcodigos? de barras?\b|\bbarras? de (?:chocolate|cereal|sabao|ferro|ouro)\b"
)


def read_chart_wish(question: str) -> ChartWish:
    """The chart that the words of `question` wish for."""
    text = _NOT_A_CHART.sub(" ", re.sub(r"[^\w\s-]", " ", " ".join(fold(question).split())))
    text = " ".join(text.split())
    for wish, pattern in _PLAIN_KINDS:
        if re.search(pattern, text) and not _COUNTS_CHARTS.search(text):
            return wish
    named = _named_kind(text)
    if named is not None:
        return named
    return ChartWish.ANY if _ANY_CHART.search(text) and not _COUNTS_CHARTS.search(text) else ChartWish.NONE


def _named_kind(text: str) -> ChartWish | None:
    """A kind beside the word chart ("gráfico de barras", "pie chart"), or drawn in it ("plote … em barras")."""
    for wish, words in KINDS:
        beside = (
            rf"\b(?:graficos?|diagramas?) (?:(?:de|do tipo|tipo|em|com) )?(?:\w+ de )?(?:{words})\b"
            rf"|\b(?:{words})[ -](?:charts?|graphs?|plots?|graficos?|diagrams?)\b"
            rf"|\b(?:charts?|graphs?|plots?) (?:with|of|as|in|using) (?:\w+ )?(?:{words})\b"
            rf"|\b{_ASKED}\b.* (?:em|como|num|numa|as|as a|in a|in) (?:{words})$"
            rf"|\b(?:grafico|chart|graph|plot)\b.* (?:em|como|de|as|as a|in a) (?:{words})$"
        )
        if re.search(beside, text):
            return wish
    return None


_FUTURE = (
    r"(?:proxim[oa]s? (?:\d+ )?(?:mes(?:es)?|anos?|semanas?|dias?|trimestres?|semestres?)|mes que vem|ano que vem|"
    r"semana que vem|amanha|futuro|daqui a|next (?:\d+ |few )?(?:months?|years?|weeks?|days?|quarters?|decade)|"
    r"tomorrow|(?:in the )?future|upcoming|coming (?:months?|years?|weeks?|quarters?))"
)
_PREDICTION = (
    r"^(?:por favor |please |can you |could you |voce pode |pode )?"
    r"(?:preve(?:ja|r)|projet(?:e|ar)|prediga|prognostique|predict|forecast|project|extrapol\w+)\b",
    r"\b(?:preveja|prever|predizer|prediga|predict|extrapolate|extrapole)\b",
    r"\b(?:faca|gere|fazer|gerar|make|create|generate|give me|quero|preciso de|run|do)\b(?: \w+){0,2} "
    r"(?:previsao|previsoes|projecao|projecoes|prognostico|forecasts?|predictions?|projections?)\b",
    rf"\b(?:previsao|projecao|prognostico|forecast|prediction|projection|tendencia|estimativa|estimate)\b.*\b{_FUTURE}\b",
    rf"\b(?:sera|serao|vai|vao|ira|irao|estara|tera|teremos|venderemos|will|going to)\b.*\b{_FUTURE}\b",
    rf"\b{_FUTURE}\b.*\b(?:sera|serao|vai|vao|ira|irao|tera|teremos|venderemos|will)\b",
    r"^(?:e |and )?(?:qual|quais|quanto|quanta|quantos|quantas|quando|quem|como)(?: \w+){0,3} "
    r"(?:sera|serao|vai|vao|ira|irao|tera|teremos|venderemos)\b",
    r"^(?:and )?(?:what|how much|how many|when|who|how|which)(?: \w+){0,3} will (?:be|the|there|we|it|they|have|reach|"
    r"grow|win|cost|happen|sell|need|rise|fall|increase|decrease)\b",
    r"^(?:what|who) will\b",
)


def _asks_the_future(folded: str, question: str) -> bool:
    if re.search(r"\b(?:\w+['’]s )?Will (?=[A-Z])", question):
        folded = re.sub(r"\bwill\b", "", folded)
    return any(re.search(pattern, folded) for pattern in _PREDICTION)


_POLITE = (
    r"^(?:(?:por favor|please|agora|now|entao|then|ok|ola|oi|hi|hello|can you|could you|would you|will you|"
    r"voce pode|pode|poderia|quero que voce|quero|gostaria de|preciso|preciso que voce|i want to|i want you to|"
    r"i need to|i need you to|i would like to|go ahead and|vamos|let s|let us|just)[ ,]+)*"
)
_WRITE = (
    rf"{_POLITE}(?:apagu?\w*|delet(?:e|ar|a|em)|remov(?:a|e|er|am)|exclu(?:a|ir|i|am)|elimin(?:e|ar|ate)|zer(?:e|ar)|"
    r"limp(?:e|ar)|atualiz(?:e|ar|a)|alter(?:e|ar|a)|modifi(?:que|car|y)|mud(?:e|ar)|troqu?(?:e|ar)|substitu(?:a|ir)|"
    r"insir(?:a|am)|inserir|cadastr(?:e|ar)|grav(?:e|ar)|renome(?:ie|ar)|"
    r"corrij(?:a|am)|corrigir|aument(?:e|ar)|reduz(?:a|ir)|dobr(?:e|ar)|erase|wipe|purge|drop|truncate|update|insert|alter|"
    r"modify|overwrite|rename|destroy|remove|clear (?:the|all|table))\b(?! (?:about|of|in|rate|rates|by|per)\b)",
    rf"{_POLITE}(?:add|append|create|inclu(?:a|ir)|adicion(?:e|ar)|acrescent(?:e|ar)|"
    r"cri(?:e|ar)|set|change|replace|defin(?:a|ir)|increase|decrease|double)\b(?! (?:in|of|over|from)\b)"
    r"(?: \w+){0,4} (?:rows?|records?|columns?|tables?|index|entry|entries|database|users?|linhas?|registros?|colunas?|"
    r"tabelas?|banco|indice|usuarios?|to|para|by)\b",
    r"(?:;|\be\b|\band\b|\bthen\b|\bdepois\b) *(?:apague|delete|drop|truncate|remova|exclua)(?: \w+){0,3} "
    r"(?:rows?|records?|tables?|data|linhas?|registros?|tabelas?|dados|tudo|everything)\b",
)
_STATEMENTS = (
    r"\bdelete from\b|\bdrop (?:table|database|view|index|schema|column)\b|\binsert into\b|\btruncate table\b",
    r"\balter table\b|\bupdate \w+ set\b|\bcreate (?:table|view|index|trigger|user)\b|\bgrant \w+ on\b",
)
_MAKES_A_TABLE = rf"{_POLITE}(?:cri(?:e|ar)|create) (?:uma |a )?(?:tabela|table) (?:com|de|of|with|showing|mostrando)\b"
_ONLY_LEFT_OUT = re.compile(
    r"^(?:\w+ )?(?:exclu|remov|elimin|desconsider|drop|limp)\w*\b.*\b"
    r"(?:calcul\w+|mostr\w+|cont[ea]\w*|som[ea]\w*|list[ea]\w*|qua(?:l|is)|quant\w+|compute|show|count|list|what|how|average|tell)\b"
)


def _asks_to_write(folded: str) -> bool:
    """Whether data should change; leaving rows out of a sum, or asking for another form of answer, is no change."""
    text = " ".join(re.sub(r"[^\w\s;]", " ", folded).split())
    if any(re.search(pattern, text) for pattern in _STATEMENTS):
        return True
    if re.search(rf"\b{_CHART_NOUN}\b", text) or re.match(_MAKES_A_TABLE, text):
        return False
    if _ONLY_LEFT_OUT.search(text) and not re.search(r"\b(?:table|tabela|database|banco)\b", text):
        return False
    return any(re.search(pattern, text) for pattern in _WRITE)
