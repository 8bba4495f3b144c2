"""Portuguese phrases by sense; a heading is a role with its settings, the phrases are parted by bars.

Words of five letters and more match in any gender and number.
"""

PHRASES: dict[str, str] = {
    "count": "quantos|quantas|numero de|o numero de|quantidade de|a quantidade de|contagem de|conte|conte o numero de|"
    "contar|total de registros|numero total de|a quantidade total de|quantidade total de|em quantos|em quantas|"
    "conte quantos|conte quantas|contagem total de|numero correspondente de|de quantos|quantas vezes|numero de vezes",
    "aggregate aggregate=avg": "media|media de|medio|numero medio|numero medio de|quantidade media|quantidade media de|"
    "em media|na media|media do|media da",
    "aggregate aggregate=sum": "soma|soma de|soma do|soma da|somatorio|some|somar|somado|quanto|montante|acumulado|"
    "total acumulado|total acumulado de|soma acumulada de|soma acumulada",
    "aggregate aggregate=avg about=revenue,sale,value,bill": "ticket medio|tiquete medio|valor medio por pedido|"
    "ticket medio de vendas",
    "total": "total|no total|ao todo|totais|total de|total do|total da|montante total",
    "aggregate aggregate=median": "mediana|mediano",
    "aggregate aggregate=min": "minimo|numero minimo|numero minimo de|quantidade minima|quantidade minima de",
    "aggregate aggregate=max": "maximo|numero maximo|numero maximo de|quantidade maxima|quantidade maxima de",
    "superlative about=size,area,population,carat,capacity,length,volume": "maior",
    "superlative about=altitude,elevation,height": "mais alto|mais elevado|mais altos|mais alta|mais altas",
    "superlative": "maior numero de|maior quantidade de|mais|mais numeros de|melhor|principal",
    "superlative order=asc about=size,area,population,carat,capacity,length,volume": "menor",
    "superlative order=asc about=altitude,elevation,height": "mais baixo|mais baixos",
    "superlative order=asc": "menor numero de|menor quantidade de|menos|pior",
    "about about=area,size": "qual o tamanho|qual e o tamanho|quao grande",
    "about about=length,duration": "quao longo|quanto dura|quanto tempo dura",
    "about about=height,altitude,elevation": "quao alto",
    "about about=age": "quantos anos|quantos anos tem|quao velho|que idade",
    "about about=weight": "quanto pesa|quanto pesam",
    "about about=price,cost,value": "quanto custa|quanto custam|quanto custou",
    "superlative about=temperature": "mais quente",
    "superlative order=asc about=temperature": "mais frio",
    "superlative about=precipitation": "mais chuvoso|mais umido",
    "superlative order=asc about=precipitation": "mais seco",
    "superlative about=wind": "mais ventoso",
    "superlative about=age": "mais velho|mais idoso",
    "superlative order=asc about=age": "mais jovem|mais novo",
    "superlative about=length,duration": "mais longo|mais comprido|mais extenso",
    "superlative order=asc about=length,duration,height": "mais curto",
    "superlative about=weight": "mais pesado",
    "superlative order=asc about=weight": "mais leve",
    "superlative about=price,cost,value": "mais caro|mais valioso|mais custoso",
    "superlative order=asc about=price,cost,value": "mais barato",
    "superlative about=speed,horsepower": "mais rapido|mais potente|mais veloz",
    "superlative order=asc about=speed,horsepower": "mais lento",
    "superlative about=population": "mais populoso|mais populosa",
    "superlative order=asc about=population": "menos populoso|menos populosa",
    "superlative about=density": "mais denso",
    "superlative about=depth": "mais profundo",
    "superlative about=income,salary": "mais rico|mais bem pago",
    "superlative order=asc about=income,salary": "mais pobre",
    "superlative about=date,year": "mais recente|ultimo|mais recentemente",
    "superlative order=asc about=date,year": "mais antigo|primeiro",
    "superlative about=efficiency,mpg": "mais eficiente|mais economico",
    "superlative about=latitude order=desc": "mais ao norte|mais setentrional",
    "superlative about=latitude order=asc": "mais ao sul|mais meridional",
    "superlative about=longitude order=desc": "mais a leste|mais oriental",
    "superlative about=longitude order=asc": "mais a oeste|mais ocidental",
    "frequent": "mais comum|mais comuns|mais frequente|mais frequentes|mais popular|mais populares|mais usado|"
    "mais usada",
    "frequent order=asc": "menos comum|menos comuns|menos frequente|menos frequentes|menos popular|mais raro",
    "top": "top|primeiros|os primeiros|as primeiras|principais",
    "top order=asc": "ultimos|piores",
    "by": "por|para cada|em cada|de cada|cada|a cada|de acordo com|segundo|agrupado por|agrupados por|por cada|"
    "no caso de cada|separado por|separados por|conforme|entre as|entre os|dentro de cada|"
    "cada um dos|cada uma das|nas diferentes|nos diferentes|com cada|discriminado por|detalhado por|em cada um dos|"
    "difere por|diferem por|varia por|variam por|varia entre|variam entre|muda por",
    "each": "cada um|cada uma|cada pessoa|por cada um",
    "compare is=gt": "mais de|mais do que|mais que|maior que|maiores que|maior do que|acima de|acima da|acima do|"
    "superior a|superior|superiores a|superior ao|superior à|a partir de mais|mais alto que|ultrapassa|ultrapassam|"
    "excede|passa de|ultrapassou|supera|>|mais alta que|passou de|passaram de",
    "compare is=lt": "menos de|menos do que|menos que|menor que|menores que|menor do que|abaixo de|abaixo da|abaixo do|"
    "inferior a|inferiores a|inferior|inferior ao|inferior à|mais baixo que|<",
    "compare is=ge": "pelo menos|no minimo|ao menos|maior ou igual a|nao menos de|ou mais|>=|a partir de|"
    "igual ou superior a|igual ou maior que|maiores ou iguais a|maior ou igual|ou superior",
    "compare is=le": "no maximo|ate|menor ou igual a|nao mais de|ou menos|<=|igual ou inferior a|igual ou menor que|"
    "menores ou iguais a|nao superior a|nao e superior a|nao é superior a|nao superior|nao e superior|menor ou igual|"
    "nao e maior que|nao ultrapassa|nao passa de|nao passam de",
    "compare is=gt about=date,year": "depois de|apos|posterior a|apos o ano de|depois do ano de|posteriores a|"
    "depois do|depois da|posterior",
    "compare is=gt about=place": "vem depois de|vem depois do|vem depois da|logo depois de|logo depois do|"
    "logo depois da|logo apos|logo abaixo de|imediatamente apos|vem apos|logo abaixo do|logo abaixo da",
    "compare is=lt about=place": "vem antes de|vem antes do|vem antes da|logo antes de|logo antes do|logo antes da|"
    "logo acima de|imediatamente antes de|imediatamente antes do|imediatamente antes da|logo acima do|logo acima da",
    "next": "proximo|seguinte|previo",
    "compare is=ge about=date,year": "desde|ou depois|desde o ano de|a partir do ano de",
    "compare is=lt about=date,year": "antes de|anterior a|anteriores a|antes do ano de|antes do|antes da|anterior",
    "compare is=le about=date,year": "ou antes",
    "compare is=gt about=age": "mais velho que|mais velhos que|mais velho do que|com idade superior a|"
    "mais velhos do que",
    "compare is=lt about=age": "mais novo que|mais jovem que|mais jovens que|mais novos que|mais jovem do que",
    "compare is=gt about=weight": "mais pesado que|mais pesados que|mais pesado do que",
    "compare is=lt about=weight": "mais leve que|mais leves que|mais leve do que",
    "compare is=gt about=price,cost,value": "mais caro que|mais caros que|mais caro do que",
    "compare is=lt about=price,cost,value": "mais barato que|mais baratos que|mais barato do que",
    "compare is=gt about=temperature": "mais quente que",
    "compare is=lt about=temperature": "mais frio que",
    "compare is=gt number=1 about=times": "mais de uma vez|mais do que uma vez|mais que uma vez|repetidamente|"
    "varias vezes|diversas vezes",
    "compare is=gt number=2 about=times": "mais de duas vezes",
    "compare is=ge number=2 about=times": "pelo menos duas vezes|ao menos duas vezes|duas ou mais vezes|"
    "no minimo duas vezes|duas vezes ou mais",
    "compare is=eq number=1 about=times": "exatamente uma vez|apenas uma vez|so uma vez|uma unica vez|somente uma vez",
    "compare is=eq number=2 about=times": "exatamente duas vezes|apenas duas vezes",
    "compare is=eq": "igual a|igual|exatamente|iguais a|=|seja|sejam",
    "compare is=ne": "diferente de|diferentes de|nao igual a|!=|<>",
    "compare is=lt number=0": "negativo|negativa|negativos|negativas|deflacao",
    "compare is=gt number=0": "positivo|positiva|positivos|positivas",
    "between": "entre|de|do ano de|no periodo de|entre os anos de|entre os anos|no intervalo de",
    "and": "e|bem como|assim como|junto com|e tambem|mais o|versus|vs|alem de|além do|alem da|&|como tambem|mas",
    "or": "ou|ou seja|ou entao",
    "not": "nao|nunca|exceto|exceto para|excluindo|menos os|menos as|fora|jamais|nenhum|nenhuma|nem|sem ser|tirando|"
    "nao ser|nao esta|nao estao|nao foi|nao foram|nao e|nao sao|com excecao de|excecao",
    "without": "sem|sem nenhum|sem nenhuma|nao tem|nao possui|nao possuem|nao teve|nao tiveram|nao tem nenhum|"
    "nao possuem nenhum|que nao tem|nao ha|ainda nao teve|nao tenham|nao possuam|sem qualquer",
    "order": "ordenado por|ordenados por|ordenada por|ordenadas por|ordene por|ordenar por|em ordem de|na ordem de|"
    "classificado por|classificados por|ordenado pelo|ordenado pela|ordenados pelo|ordenados pela|ordenando por|"
    "ordenado|ordene|ordene os resultados por|ordem de|ordene pelo|ordene pela|ordenados em|pedidos por|por ordem de",
    "direction": "do maior para o menor|da maior para a menor|em ordem decrescente|ordem decrescente|decrescente|"
    "decrescentes|descendente|de forma decrescente|do mais alto para o mais baixo|de alto a baixo|"
    "em ordem decrescente de|ordem decrescente de|do mais velho para o mais novo|do mais novo para o mais antigo|"
    "dos maiores para os menores|das maiores para as menores|em ordem descendente|do mais caro para o mais barato|"
    "do mais velho ao mais novo|do maior ao menor|da maior a menor|da mais alta para a mais baixa",
    "direction order=asc": "do menor para o maior|da menor para a maior|em ordem crescente|ordem crescente|crescente|"
    "ascendente|de forma crescente|do mais baixo para o mais alto|em ordem crescente de|ordem crescente de|"
    "do mais novo para o mais velho|em ordem cronologica|ordem cronologica|cronologicamente|em ordem ascendente|"
    "dos menores para os maiores|do mais antigo para o mais recente|do menor ao maior",
    "alphabetical": "alfabeticamente|em ordem alfabetica|ordem alfabetica|por ordem alfabetica|alfabetica|"
    "ordem alfabetica crescente|em ordem alfabetica crescente",
    "distinct": "distinto|diferentes|unico|unicos|sem repetir|sem repeticao|sem repeticoes|sem duplicar|diverso|"
    "distintas",
    "share": "percentual de|percentual do|percentual da|porcentagem de|porcentagem do|porcentagem da|percentual|"
    "porcentagem|proporcao de|proporcao|fracao de|parcela de|parcela do|parcela da|participacao de|participacao|"
    "que percentual|que porcentagem|que parcela|que proporcao|qual percentual|qual porcentagem|quantos por cento|"
    "por cento|%|% de|% do|% da|que fracao|fatia|em percentual",
    "ratio": "razao entre|relacao entre|razao|razao de",
    "growth": "crescimento|crescimento percentual|aumento|aumento percentual|variacao|variacao percentual|cresceu|"
    "crescer|aumentou|cresceram|aumentaram|alta percentual|taxa de crescimento",
    "growth order=asc": "queda|queda percentual|reducao|reducao percentual|diminuicao|caiu|diminuiu",
    "streak": "consecutivo|seguidos|seguidas|em sequencia",
    "difference": "a mais|a menos|diferenca entre|diferenca de|diferenca|distancia entre",
    "trend": "evolucao|evolucao de|evolucao do|evolucao da|ao longo do tempo|tendencia|tendencia de|historico|"
    "serie historica|ao longo dos anos|ao longo dos meses|serie temporal|evoluiu|evoluiram|ao longo do ano|"
    "como evoluiu|como evoluiram",
    "grain grain=day": "dia|dias|diario|diaria|diariamente",
    "grain grain=month": "mes|meses|mensal|mensais|mensalmente|mes a mes",
    "grain grain=quarter": "trimestre|trimestres|trimestral|trimestrais",
    "grain grain=year": "ano|anos|anual|anuais|anualmente|ano a ano",
    "null": "nulo|nula|nulos|nulas|vazio|vazia|vazios|vazias|em branco|nao informado|nao informada|nao preenchido|"
    "ausente|faltante|desconhecido",
    "contains is=contains": "contendo|contem|contenha|contenham|com a palavra|que inclui|com o texto|que contem|"
    "tem a palavra|com o termo|a palavra|a letra",
    "contains is=starts": "comecando com|comeca com|comecam com|comecem com|iniciam com|inicia com|iniciado com|"
    "que comecam por|comeca por|comecam por|comecado com|comeca com a letra|comecam com a letra|comecado por",
    "contains is=ends": "terminando com|termina com|terminam com|terminando em|termina em|terminam em|terminado em",
    "which": "qual|quais|que|quem|qual e|quais sao|qual foi|quais foram|qual era|quem e|quem sao|quem foi|em qual|"
    "em quais|em que|de quais|de que|cujo|cuja|cujos|cujas|qual o|qual a|quais os|quais as|qual e o|qual e a|"
    "quais sao os|quais sao as|qual foi o|qual foi a|o que|para qual|para quais|de qual|com qual",
    "where": "onde|de onde|de onde e|onde fica|onde esta|onde ficam|aonde",
    "when": "quando|quando foi",
    "ask": "ranking de|ranking dos|ranking das|ranking|"
    "mostre|mostrar|mostre me|me mostre|liste|listar|liste todos|liste todas|encontre|encontrar|ache|exiba|"
    "exibir|retorne|devolva|indique|informe|diga|me diga|descubra|localize|traga|apresente|de me|me de|por favor|"
    "quero|quero saber|gostaria de saber|gostaria|calcule|calcular|obtenha|busque|selecione|identifique|veja|ver|"
    "preciso|compare|comparar|relacione|determine|forneca|mostra|lista|me informe|dê|saber",
    "row": "registros|registro|linhas|linha|entradas|itens|item|observacoes|ocorrencias|vezes|casos|exemplos|"
    "amostras|pessoa|pessoas",
    "of": "de|do|da|dos|das|d",
    "in": "em|no|na|nos|nas|durante|dentro|a|ao|aos|pelo|pela|pelos|pelas|num|numa|neste|nesta|nesse|nessa|"
    "entre todos|para|por|pra|para o|para a|para os|para as|sobre|dentre",
    "with": "com|que tem|que tenha|que tenham|que possui|que possuem|tem|possui|possuem|tiveram|teve|tinha|tinham|"
    "onde o|com o|com a|que teve|que tiveram|que sao|que e|que foram|que foi|usando|tenham|possuam|possua|que estao|"
    "ter|tenha",
    "stop": "temos|tivemos|"
    "o|a|os|as|um|uma|uns|umas|e|é|sao|foi|foram|era|eram|ser|seja|esta|estao|estava|estavam|ha|existe|"
    "existem|existia|houve|se|ele|ela|eles|elas|lhe|seu|sua|seus|suas|este|esta|esse|essa|isso|isto|aquele|aquela|"
    "todos|todas|todo|toda|algum|alguma|alguns|algumas|ja|tambem|so|apenas|somente|me|eu|nos|la|ali|aqui|mesmo|mesma|"
    "entao|ainda|respectivo|respectivos|respectiva|respectivas|correspondente|correspondentes|arquivo|base|"
    "base de dados|dados|tabela|planilha|banco|banco de dados|csv|conjunto de dados|na base|no arquivo|registrado|"
    "cadastrado|grafico|grafico de barras|grafico de linhas|grafico de pizza|valor|como|em um grafico|num grafico|"
    "valores|lista|resultado|resultados|informacoes|dado|dada|proprio|propria|tudo|sendo|qualquer|quaisquer|haver|"
    "reais|de reais|em km|em quilometros|em quilometros quadrados|em metros|em milhas|em reais|em dolares|em euros|"
    "em kg|em quilos|graus|graus celsius|"
    "chamado|chamada|chamados|chamadas|denominado|denominada|listado|acontece|acontecem|ocorreu|"
    "ocorreram|ocorrido|"
    "aconteceu|aconteceram|existente|existentes|total geral|geral|deles|delas|dele|dela|ambos|ambas|cidade de|"
    "estado de|ano de|quanto a|relacao|relativo|referente|sao os|sao as",
    "kind": "tipo|tipos|categoria|categorias|especie",
    "soft": "usado|usada|usar|utilizado|utiliza|utilizam|usam|usa|feito|localizado|pertence|pertencem|pertencente|"
    "vem|vêm|veio|vieram|trabalha|trabalham|moram|mora|vivem|vive|vindo|associado|relacionado|encontrado|oferecido|vendido|comprado|"
    "declarado|registrado|observado|medido|recebido|recebeu|receberam|ganhou|ganharam|correspondem|corresponde|"
    "representa|representam|apresenta|apresentam|aparece|aparecem|participa|participam|participaram|incluido|ficam|"
    "fica|devem|deve|ministram|ministrar|ministra|suporta|suportam|origem|causado|causada|levou|levaram|acabaram|"
    "acabou|criado|criados|realizado|realizada|realizam|atingiu|atingiram|obteve|obtiveram|alcancou|somam|tiverem|"
    "cobra|custa|custam|valem|pago|paga|pagas|pagos|gasto|concorrem|concorre|disputa|disputam|em disputa|declararam|"
    "declarou|possuiam|registraram|registrou|houveram|passou|emitido|produzido|compoem|compõe|contam|lancado|informado|constam|consta|"
    "ficou|ficaram|fazem|faz|parte|"
    "vez|estimacao|concentra|concentram|atualmente|hoje|quantia",
    "forecast": "preveja|previsao|prever|prevê|projecao|projetar|sera|serao|vai ser|vao ser|proximo mes|proximo ano|"
    "proxima semana|proximo trimestre|mes que vem|ano que vem|semana que vem|amanha|no futuro|estimativa para|"
    "proximos meses|proximos anos|tera|terao|vai ter",
    "write": "apague|apagar|delete|deletar|exclua|excluir|remova|remover|atualize|atualizar|insira|inserir|altere|"
    "alterar|modifique|modificar|adicione|adicionar|crie|criar|renomeie|substitua|elimine|limpe|drop|trunque|destrua|"
    "mude|troque|corrija|acrescente|cadastre|grave",
    "reason": "por que|porque|como posso|como faco|como fazer|como podemos|devo|deveria|explique|opiniao|recomende|"
    "sugira|qual o significado|o que causa|motivo|razoes|correlacao|conselho",
}
