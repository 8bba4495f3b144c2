# AgentGraph. `make help` lists the targets. The environment is .venv, made by `make setup`, on which the others depend.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?= ../shared/data
# Compiled files halve the time a process needs to start; some shells switch them off.
unexport PYTHONDONTWRITEBYTECODE
export UV_PYTHON_DOWNLOADS := never
export OMP_NUM_THREADS := 1

.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*/\1/p' $(MAKEFILE_LIST))

help: ## Show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready ## Make the environment (.venv) with everything that running, testing and linting need

$(VENV)/.ready: pyproject.toml uv.lock
	@echo "Setting up $(VENV) (only when dependencies changed) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv sync --frozen --inexact
	@touch $@

run: setup ## Serve the whole system on embedded PostgreSQL and Valkey, with an example answered (Ctrl-C stops it)
	@exec $(BIN)/agentgraph up

servers: ## Install the servers that tests start and the environment cannot bring (as root on Debian; else says what is left out)
	@./tests/install-servers.sh

test: setup servers ## Run all tests, and name the slowest: PROCESSES=2 (each has servers of its own)
	$(BIN)/pytest tests --numprocesses $(or $(PROCESSES),2) --dist loadfile --no-loadscope-reorder --durations 15

lint: setup ## Check style, types and the direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: setup ## Write the generated documents anew (settings, errors, permissions)
	$(BIN)/agentgraph docs

migrate: setup ## Bring the system database (AGENTGRAPH_DATABASE_URL) to the newest revision
	$(BIN)/agentgraph migrate

load: setup ## Many users at once: USERS=300 OVER=0 (seconds) MODE=sync|async|fair LATENCY=1.0 API=1
ifeq ($(MODE),fair)
	$(BIN)/python -m benchmarks.load_fair --users $(or $(USERS),1000) --latency $(or $(LATENCY),1.0) \
		--api-processes $(or $(API),1)
else
	$(BIN)/python -m benchmarks.load --users $(or $(USERS),50) --over $(or $(OVER),0) --mode $(or $(MODE),sync) \
		--latency $(or $(LATENCY),1.0) --api-processes $(or $(API),1)
endif

chaos: setup ## Kill processes under load and count what was lost or doubled: KILLS=60 PEOPLE=20 SEED=1 LIMIT=3600
	$(BIN)/python -m benchmarks.chaos --kills $(or $(KILLS),60) --people $(or $(PEOPLE),20) --seed $(or $(SEED),1) \
		--limit $(or $(LIMIT),3600)

prove-ledger: setup ## Mixed questions, faults, cancels and kills; then each call of the servers against the ledger: COUNT=2000 KILLS=5
	$(BIN)/python -m benchmarks.prove_ledger --count $(or $(COUNT),2000) --kills $(or $(KILLS),5) --seed $(or $(SEED),1)

prove-budget: setup ## Fifty questions at once with a budget for ten: calls that reached the model, and the refusals' text
	$(BIN)/python -m benchmarks.prove_budget

prove-backup: setup ## Back up a serving installation, delete everything, restore: the tour's data and its conversation
	$(BIN)/python -m benchmarks.prove_backup

show-trace: setup ## One question from POST to the last commit, as the tree of its spans
	$(BIN)/python -m benchmarks.show_trace

prove-outages: setup ## Each dependency taken away in turn: what is answered meanwhile, and how fast: ONLY="postgresql storage"
	$(BIN)/python -m benchmarks.prove_outages $(ONLY)

prove-alerts: setup servers ## A real Prometheus scrapes the product, loads the alert rules, and one of them fires
	$(BIN)/python -m benchmarks.prove_alerts

tour-resume: setup ## Conversations in two languages over kill -9 of everything: rows, state and prompts before and after
	$(BIN)/python -m benchmarks.tour_resume

prove-memory: setup ## A session of many questions to a model: tokens sent, cost of summaries, a fact from the third: TURNS=200
	$(BIN)/python -m benchmarks.prove_memory --turns $(or $(TURNS),200)

prove-isolation: setup ## Twenty people search side by side while conversations are deleted: CALLS=2000 USERS=20 SEED=1
	$(BIN)/python -m benchmarks.prove_isolation --calls $(or $(CALLS),2000) --users $(or $(USERS),20) --seed $(or $(SEED),1)

prove-writers: setup ## Many clients write into one session at once: WRITERS=20
	$(BIN)/python -m benchmarks.prove_writers --writers $(or $(WRITERS),20)

rolling: setup ## Restart every API replica behind nginx, and the worker, under load: REPLICAS=2 USERS=8
	$(BIN)/python -m benchmarks.rolling --replicas $(or $(REPLICAS),2) --users $(or $(USERS),8)

soak: setup ## Mixed work for a while, and what has grown since: MINUTES=30 USERS=6
	$(BIN)/python -m benchmarks.soak --minutes $(or $(MINUTES),30) --users $(or $(USERS),6)

bench-overhead: setup ## Overhead, CPU, first event and cache hit of one question
	$(BIN)/python -m benchmarks.bench_overhead

profile-question: setup ## Where a question's CPU goes, by process and by package: SECONDS=20 (as root)
	$(BIN)/python -m benchmarks.profile_question $(or $(SECONDS),20)

bench-ingest: setup ## CSV to ready against sqlite3's own import: ROWS=1000000
	$(BIN)/python -m benchmarks.bench_ingest $(or $(ROWS),1000000)

bench-query: setup ## Six analytical questions on the columnar copy against DuckDB and SQLite: ROWS=1000000
	$(BIN)/python -m benchmarks.bench_query $(or $(ROWS),1000000)

bench-upload: setup ## MB/s of uploads on loopback and memory above idle: SIZE=256 (MiB)
	$(BIN)/python -m benchmarks.bench_upload $(or $(SIZE),256)

bench-gate: setup ## Time of the SQL gate for a typical statement
	$(BIN)/python -m benchmarks.bench_gate

bench-audit: setup ## Cost of an audit event, of sealing and of verifying: EVENTS=100000
	$(BIN)/python -m benchmarks.bench_audit $(or $(EVENTS),100000)

bench-admin: setup ## Pages of administrators over half a year of questions: ROWS=5000000
	$(BIN)/python -m benchmarks.bench_admin $(or $(ROWS),5000000)

bench-api: setup ## List and get routes against a bare FastAPI and SQLAlchemy route on the same rows: SECONDS=4 (a turn)
	$(BIN)/python -m benchmarks.bench_api $(or $(SECONDS),4)

bench-login: setup ## Time of unknown users against wrong passwords, and a storm of logins: TRIES=200
	$(BIN)/python -m benchmarks.bench_login $(or $(TRIES),200)

bench-start: setup ## Cold start of `agentgraph up` on a prepared machine
	$(BIN)/python -m benchmarks.bench_start

bench-schema: setup ## A schema of 2,000 tables of 20 columns: time and memory to read it, what a model is told of it
	$(BIN)/python -m benchmarks.bench_schema

score-csv: setup ## Score ingestion over a corpus of CSV files: DATA=folder
	$(BIN)/python -m benchmarks.score_csv $(DATA)

score-pollution: setup ## Score the reading of a small table that was broken in 1,700 ways
	$(BIN)/python -m benchmarks.score_pollution

fuzz-csv: setup ## Read broken files by the thousand: FILES=10000 SENT=200 (through the API) DATA=folder of seeds
	$(BIN)/python -m benchmarks.fuzz_csv $(or $(FILES),10000) $(DATA) --sent $(or $(SENT),200)

score-contract: setup servers ## Hold each connector to the contract, and each engine to its walls with the gate off
	$(BIN)/python -m benchmarks.score_contract

score-gate: setup ## Score the SQL gate over statements to accept and to refuse: DATA=folder
	$(BIN)/python -m benchmarks.score_gate $(DATA)

fuzz: setup ## Ask every route of the OpenAPI document as everybody, right and wrong: SECONDS=480 SEED=1
	$(BIN)/python -m benchmarks.fuzz_api $(or $(SECONDS),480) --seed $(or $(SEED),1)

fuzz-gate: setup ## Compare the SQL gate with SQLite's authorizer over generated texts: COUNT=10000 SEED=1
	$(BIN)/python -m benchmarks.fuzz_gate $(or $(COUNT),10000) $(or $(SEED),1)

mutate-gate: setup ## Remove each rule of the SQL gate in turn and see which test notices
	$(BIN)/python -m benchmarks.mutate_gate

score-planner: setup ## Score the built-in planner over questions with known answers: DATA=folder
	$(BIN)/python -m benchmarks.score_planner $(DATA)

score-servers: setup ## Score the planner on PostgreSQL and MariaDB holding real databases: DATA=folder NAMES="pets_1 …"
	$(BIN)/python -m benchmarks.score_servers $(DATA) $(NAMES)

tour-servers: setup ## Lead the tour through PostgreSQL and MariaDB holding real databases: DATA=folder NAMES="pets_1 …" QUESTIONS=12
	$(BIN)/python -m benchmarks.tour_servers $(DATA) $(or $(QUESTIONS),12) $(or $(NAMES),concert_singer pets_1)

score-context: setup ## Score what a model would be told of a source: DATA=folder BUDGET=1000 (tokens)
	$(BIN)/python -m benchmarks.score_context $(DATA) $(or $(BUDGET),1000)

score-gold: setup ## Run gold SQL through gate and connector, and compare with the stored rows: DATA=folder
	$(BIN)/python -m benchmarks.score_gold $(DATA)

score-sources: setup ## Score which of twelve sources, and which of the tables of one, each question is put to: DATA=folder
	$(BIN)/python -m benchmarks.score_sources $(DATA)

score-search: setup ## Score search: forty pairs among SIZE=100000 exchanges, and the index against a full scan: DATA=folder
	$(BIN)/python -m benchmarks.score_search $(DATA) $(or $(SIZE),100000)

bench-search: setup ## Time of a search, size of the index, speed of embedding: SIZES="1000 100000 1000000" DATA=folder
	$(BIN)/python -m benchmarks.bench_search $(DATA) $(or $(SIZES),1000 100000 1000000)

show-providers: setup ## Show what a user gets from each provider, whatever it does: faults, rubbish, hanging, cut streams
	$(BIN)/python -m benchmarks.show_providers

score-charts: setup ## Score the choice of charts over judged questions, and draw every table: DATA=folder
	$(BIN)/python -m benchmarks.score_charts $(DATA)

charts-sheet: setup ## Draw every kind of chart from the example data, to be looked at: OUT=folder
	$(BIN)/python -m benchmarks.charts_sheet $(or $(OUT),data/charts)

clean: ## Remove the environment and caches (keeps the data folder)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
