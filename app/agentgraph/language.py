"""Which of the two languages a question is written in; decided on its words, without a model."""

import re

from app.agentgraph.formats import word_set
from app.core.i18n import Language

_PT = word_set(
    "a o as os um uma uns umas de do da dos das em no na nos nas por pelo pela para com sem sobre entre ate e "
    "ou que qual quais quanto quantos quanta quantas quem onde quando como cada mais menos maior menor "
    "maiores menores foi foram teve tem têm ha há é são sao era está esta este esse essa mostre liste some "
    "conte calcule me se ao aos à às media média soma mediana contagem percentual porcentagem ano mes mês dia "
    "dias meses anos nao não sim muito todos todas existe existem apague faça gere grafico gráfico evolução "
    "oi olá ola obrigado obrigada bom boa tudo bem linhas colunas registros valores valor nome número numero "
    "último primeiro pizza barras vendas tabela só isso agora mesmo também tambem qualquer dessa desse deste "
    "desta qtd meu minha seu sua vai será quero preciso pode melhor pior preço estado estados município "
    "municípios distintos diferentes e-mail acima abaixo"
)
_EN = word_set(
    "the an of in on by for with without about between and or that which what who whom whose where when how "
    "each more most less least many much is are was were be been did does do has have had show list give "
    "count compute calculate average mean sum total median number percentage percent share year month day "
    "days months years not yes all there their than from to at as it its this these those highest lowest "
    "largest smallest biggest hi hello thanks thank good chart plot graph please can you will per rows "
    "columns records names name value values only now also any me price sales table first last top above "
    "below over under different distinct delete draw evolution trend"
)
_PT_MARKS = re.compile(r"[ãõçáéíóúâêôà]", re.IGNORECASE)
_PT_ENDINGS = re.compile(r"(ções|ção|ões|ão|mente|idade|agem|inho|eiro|eira|dade|amos|aram)$")
_EN_ENDINGS = re.compile(r"(ing|tion|tions|ness|ment|ly|ght|'s)$")
_WORD = re.compile(r"[^\W\d_]+(?:'s)?")


def detect_language(question: str, *, default: Language = Language.EN, lean: float = 0.0) -> Language:
    """The language of `question`; `default` when nothing in it tells, as in a bare name or a number.

    `lean`: how much the words must say against the default before it is left, one being one word.
    """
    score = sum(_weight(word) for word in _WORD.findall(question.lower()))
    if abs(score) <= lean:
        return default
    if score == 0:
        return default
    return Language.PT if score > 0 else Language.EN


def _weight(word: str) -> float:
    """How much `word` speaks for Portuguese (positive) or English (negative).

    Function words count in full. Accents and endings count half: a foreign name may carry them.
    """
    weight = float(word in _PT) - float(word in _EN)
    if weight == 0 and word not in _PT:
        weight += 0.5 * bool(_PT_MARKS.search(word)) + 0.5 * bool(_PT_ENDINGS.search(word))
        weight -= 0.5 * bool(_EN_ENDINGS.search(word))
    return weight
