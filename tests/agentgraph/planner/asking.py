"""Asks the planner over one source and runs what it writes, through the gate and read-only."""

import sqlite3
from contextlib import closing
from datetime import date

from app.agentgraph.outcome import Step
from app.agentgraph.planner import Declined, Plan, plan
from app.agentgraph.planner.follow_up import plan_follow_up
from app.connectors.sql_gate import check
from app.connectors.value_index import SqliteValueIndex
from app.core.i18n import Language
from app.services.batch.sources import BatchSource

TODAY = date(2024, 4, 15)
"""The day on which the tests' questions are asked."""

FILES = {
    "vendas": (
        "Data;Região;Produto;Vendedor;Valor;Quantidade;Canal\n"
        "10/01/2024;Norte;Mesa;Ana;100,50;2;Loja\n"
        "20/01/2024;Sul;Cadeira;Bruno;50,00;4;Site\n"
        "05/02/2024;Sul;Mesa;Ana;200,00;1;Loja\n"
        "11/02/2024;Leste;Armário;Carla;75,25;3;Site\n"
        "01/03/2024;Norte;Mesa;Bruno;300,00;5;Site\n"
        "31/12/2023;Sul;Cadeira;Carla;25,00;1;\n"
    ),
    "employees": (
        "employee_id,name,age,salary,city,hired,department_id\n"
        "1,Alice,30,5000,London,2019-03-01,10\n"
        "2,Bob,45,7000,Paris,2015-07-15,20\n"
        "3,Carol,28,4000,London,2021-01-10,10\n"
        "4,Dave,52,9000,Berlin,2010-11-30,20\n"
        "5,Erin,39,6500,Paris,2018-05-20,30\n"
    ),
    "departments": "department_id,department,budget\n10,Support,100000\n20,Research,500000\n"
    "30,Sales,250000\n40,Legal,80000\n",
    "games": (
        "Year,Competition,Venue,Position,Points\n"
        "2001,World Cup,Rome,3rd,12\n"
        "2002,Open,Oslo,1st,20\n"
        "2003,Grand Prix,Rome,2nd,15\n"
        "2004,World Cup,Lima,1st,25\n"
        "2005,Masters,Oslo,5th,7\n"
    ),
    "one_sale": "region,product,amount,units\nWest,Lamp,7,1\n",
    "few_sales": "region,product,amount,units\nWest,Lamp,7,1\nEast,Desk,9,2\nSouth,Chair,3,4\n",
    "weather": (
        "date,precipitation,temp_max,temp_min,wind\n"
        "2012-01-01,0.0,12.8,5.0,4.7\n2012-01-02,10.9,4.5,2.8,4.5\n2012-02-01,0.0,2.2,1.9,2.3\n"
        "2013-01-01,20.3,3.0,-3.1,9.9\n2013-01-02,1.3,31.5,14.2,1.1\n"
    ),
    "bem_candidato_AC": (
        "DT_ELEICAO;SG_UF;SQ_CANDIDATO;NR_ORDEM_CANDIDATO;CD_TIPO_BEM;DS_TIPO_BEM;VR_BEM_CANDIDATO\n"
        "02/10/2022;AC;101;1;11;Casa;100,00\n02/10/2022;AC;101;2;12;Terreno;50,50\n"
        "02/10/2022;AC;101;3;12;Terreno;9,50\n02/10/2022;AC;202;1;12;Terreno;300,00\n"
        "02/10/2022;AC;303;1;13;Dinheiro em espécie;80,00\n"
    ),
    "parties": (
        "SG_UF;SG_PARTIDO;NM_PARTIDO;TP_AGREMIACAO;NM_FEDERACAO;DS_CARGO\n"
        "AC;AVE;Aves;FEDERAÇÃO;Mata;SENADOR\nAC;AVE;Aves;FEDERAÇÃO;Mata;GOVERNADOR\n"
        "AC;RIO;Rios;PARTIDO ISOLADO;;SENADOR\nAC;SOL;Sóis;FEDERAÇÃO;Serra;SENADOR\n"
    ),
    "fleet": (
        "tipo;uso;valor\n"
        "Veículo terrestre: carro, moto;SERVIÇO ISOLADO;10\nVeículo terrestre: carro, moto;SERVIÇO CONJUNTO;20\n"
        "Avião;SERVIÇO ISOLADO;300\n"
    ),
    "wards": "transaction,population_density,nationality\n5,10,Peru\n7,30,Chile\n",
    "nations": (
        "country,continent,year,pop\n"
        "Peru,South,2000,5\nPeru,South,2005,6\nChile,South,2000,3\nChile,South,2005,4\n"
        "Norway,North,2000,2\nNorway,North,2005,2\nItaly,North,2000,9\nItaly,North,2005,9\n"
        "Spain,North,2000,7\nSpain,North,2005,8\n"
    ),
    "provinces": "province_id,province\n7,Alta\n8,Baixa\n9,Pará\n",
    "towns": (
        "town_id,town,capital,province_id,latitude\n1,Alta,0,7,1\n2,Riba,1,7,2\n3,Mor,0,7,3\n4,Vau,1,8,4\n"
        "5,Foz,0,8,-5\n6,Ilha,1,9,0\n"
    ),
    "cars": "name,mpg,hp\nAjax,10,300\nBolt,30,90\nComet,20,200\n",
    "ticks": "symbol,date,price\nAA,2020-01-01,3\nAA,2020-02-01,9\nBB,2020-01-01,5\nBB,2020-02-01,4\n",
    "polls": "district,Moss,Reed,total,winner\nEast,40,60,100,Reed\nWest,80,20,100,Moss\nHill,55,45,100,Moss\n",
    "cities": (
        "city_id,nome,capital,state_id\n"
        "1,Porto Claro,1,7\n2,Serra,0,7\n3,Lagoa,0,8\n4,Aurora,1,8\n5,Vale Verde,0,8\n6,Brejo,0,7\n"
    ),
    "states": "state_id,uf,nome,regiao\n7,AU,Aurora,Sul\n8,BV,Boa Vista,Nordeste\n",
    "deaths": "year,month,state,deaths\n2018,1,SP,5\n2019,1,SP,10\n2019,1,RJ,20\n2019,2,SP,30\n2019,2,RJ,40\n",
    "pupils": "pupil_id,name,age\n1,Lia,9\n2,Rui,3\n3,Eva,12\n",
    "pets": (
        "pet_id,pupil_id,kind,pet_age,birthdate\n"
        "1,1,cat,3,2021-03-01\n2,2,cat,5,2019-06-10\n3,3,dog,3,2021-01-20\n4,1,dog,7,2017-11-02\n"
    ),
    "people": "name,birth_date\nMax,1950-02-03\nNoa,2001-07-08\nIvo,1980-01-01\n",
    "bills": "conta,turno\n10,Jantar\n30,Jantar\n8,Almoço\n",
    "meals": "smoker,day,size\nNo,Sunday,2\nYes,Sunday,4\nNo,Monday,3\nNo,Monday,2\n",
    "authors": "author_id,name,country\n1,Ana Prado,Brazil\n2,Bo Lind,Sweden\n3,Cy Moore,Canada\n",
    "papers": (
        "paper_id,title,year,reference_number,phone_number\n"
        "1,Tides,2020,12,555001\n"
        "2,Stars,2021,30,555002\n"
        "3,Seeds,2021,5,555003\n"
    ),
    "writes": "author_id,paper_id\n1,1\n1,2\n1,3\n2,2\n3,3\n",
    "domains": "domain_id,name\n1,Physics\n2,Biology\n3,Law\n",
    "domain_papers": "domain_id,paper_id\n1,1\n1,2\n2,3\n",
    "paper_topics": "domain_id,paper_id\n1,1\n1,2\n2,1\n2,3\n",
    "captains": "captain_id,name\n1,Ada Roe\n2,Bo Finn\n3,Cy Dunn\n",
    "ships": "ship_id,name,built,captain_id\n11,Gull,1912,1\n12,Tern,1900,1\n13,Kite,1905,2\n",
    "storms": "storm_id,ship_id,drowned\n21,11,4\n22,11,5\n23,12,3\n24,13,1\n",
    "domain_authors": "domain_id,author_id\n3,1\n1,2\n2,3\n",
    "cups": (
        "Pos,Player,Country,Team,Season,Won,Goals,Total\n"
        "1,Ann Moss,Norway,Reds,2018,9,30,90\n2,Bo Reed,Chile,Blues,2019,7,0,81\n3,Cy Lane,Norway,Reds,2020,7,25,70\n"
        "4,Di Ford,Peru,Greens,2022,2,12,33\n5,Ed Cole,Chile,Reds,2023,1,0,12\n"
    ),
    "lands": (
        "land_name,population,area,chief_town,people_density\nArda,900,30,Almo,30\nBela,100,80,Bora,1.25\n"
        "Cora,400,10,Cesa,40\nDoria,300,20,Dura,15\nElba,200,50,Enna,4\nFaro,50,5,Fano,10\n"
    ),
    "borders": (
        "land_name,border\nArda,Bela\nBela,Arda\nArda,Cora\nCora,Arda\nCora,Doria\nDoria,Cora\nBela,Cora\nCora,Bela\n"
        "Doria,Elba\nElba,Doria\n"
    ),
    "streams": (
        "stream_name,length,traverse\nBlue,70,Arda\nBlue,70,Bela\nClear,20,Cora\nDeep,40,Doria\nDeep,40,Elba\n"
        "Bela,10,Cora\n"
    ),
    "medals": (
        "Nation,Gold,Silver,Total\n"
        "Norway,4,1,5\n"
        "Japan,2,2,4\n"
        "Kenya,1,3,4\n"
        "Total,7,6,13\n"
    ),
}  # fmt: skip

Rows = list[tuple[object, ...]]


class Asked:
    """One source that can be asked."""

    def __init__(self, source: BatchSource) -> None:
        self._source = source

    @property
    def values(self) -> SqliteValueIndex:
        """The index of stored values."""
        return self._source.values

    def plan(self, question: str, language: Language | None = None) -> Plan | Declined:
        """What the planner makes of `question` on the day `TODAY`."""
        return plan(question, self._source.catalog, self._source.values, language=language, today=TODAY)

    def understood(self, question: str) -> Plan:
        """The plan; fails when the planner declines."""
        planned = self.plan(question)
        assert isinstance(planned, Plan), (question, planned)
        return planned

    def declined(self, question: str) -> Declined:
        """The reason why not; fails when the planner answers."""
        planned = self.plan(question)
        assert isinstance(planned, Declined), (question, planned)
        return planned

    def continued(self, steps: list[Step]) -> Plan:
        """The plan of the last of `steps` after the others; fails when the planner declines."""
        planned = plan_follow_up(steps, self._source.catalog, self._source.values, today=TODAY)
        assert isinstance(planned, Plan), (steps, planned)
        return planned

    def not_continued(self, steps: list[Step]) -> Declined:
        """The reason why not; fails when the planner answers."""
        planned = plan_follow_up(steps, self._source.catalog, self._source.values, today=TODAY)
        assert isinstance(planned, Declined), (steps, planned)
        return planned

    def rows(self, question: str) -> Rows:
        """The rows of the answer."""
        return self.run(self.understood(question))

    def run(self, planned: Plan) -> Rows:
        """The rows of a plan, its statement passed by the gate."""
        catalog = self._source.catalog
        statement = check(planned.sql, dialect=catalog.dialect, tables=[table.name for table in catalog.tables])
        uri = f"{self._source.database.resolve().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as database:
            return database.execute(statement.sql).fetchall()
