#!/usr/bin/env bash
# A tour of the HTTP API: registers a user, uploads real CSVs, asks in Portuguese and English over every door
# (synchronous, asynchronous, streamed, in a conversation), prints SQL, rows and sentence, saves charts, and checks
# every value.
#
#   examples/tour.sh http://127.0.0.1:8000
#
# TOUR_DSN=engine://…         asks that database instead of the files: the questions of TOUR_QUESTIONS
# TOUR_QUESTIONS=file         one JSON object a line: `question`, and the `rows` that it must give, in any order
# TOUR_MODEL=provider:model   agents answer with that model instead of the built-in planner
# TOUR_PASSWORD=text          password of the account that it makes (default: a random one, which nobody gets to know)
# TOUR_OUT=folder             where the charts go (default: a new temporary folder)
# Needs bash, curl and python3 (for JSON only). Ends with 1 when any answer is not as expected.
set -euo pipefail

BASE="${1:?usage: examples/tour.sh BASE_URL}"
BASE="${BASE%/}"
API="$BASE/api/v1"
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
OUT="${TOUR_OUT:-$(mktemp -d)}"
WAIT_S=120
source "$HERE/tour_api.sh"

# The files: municipalities and states of Brazil, the weather of Seattle.
tour_files() {
  upload municipios.csv && MUNICIPIOS="$FILE_ID"
  upload estados.csv && ESTADOS="$FILE_ID"
  upload seattle-weather.csv && WEATHER="$FILE_ID"

  make_agent Brasil "[\"$MUNICIPIOS\", \"$ESTADOS\"]"
  ask_sync "Quantos municípios existem na base?"
  expect '[[5571]]'
  ask_sync "Quantos estados há em cada região?"
  expect '[["Centro-Oeste", 4], ["Nordeste", 9], ["Norte", 7], ["Sudeste", 4], ["Sul", 3]]'
  save_chart estados-por-regiao
  ask_async "Quais são os 5 estados com mais municípios?"
  expect '[["Minas Gerais", 853], ["São Paulo", 645], ["Rio Grande do Sul", 497], ["Bahia", 417], ["Paraná", 399]]'
  save_chart estados-com-mais-municipios
  ask_streamed "Quantos municípios têm ddd 11?"
  expect '[[64]]'
  ask_sync "Apague os estados do Norte"
  expect_outcome "refused not_answerable"
  ask_sync "Oi, tudo bem?"
  expect_outcome "answered"

  make_agent Seattle "[\"$WEATHER\"]"
  ask_sync "How many days had snow?"
  expect '[[23]]'
  ask_async "What was the hottest day and its maximum temperature?"
  expect '[["2014-08-11", 35.6]]'
  ask_streamed "What is the average temp_max by weather?"
  expect '[["drizzle", 15.909], ["fog", 14.470], ["rain", 12.585], ["snow", 5.504], ["sun", 19.363]]'
  ask_async "Show the total precipitation by year as a line chart"
  expect '[["2012", 1226.0], ["2013", 828.0], ["2014", 1232.8], ["2015", 1139.2]]'
  save_chart precipitation-by-year
  ask_sync "What will be the temperature next month?"
  # The planner looks ahead where a series is regular; the models of the tests decline.
  expect_outcome "$([[ -n "${TOUR_MODEL:-}" ]] && echo "not_answerable refused" || echo answered)"

  begin
  say "How many days are there by weather?"
  expect '[["sun", 714], ["fog", 411], ["rain", 259], ["drizzle", 54], ["snow", 23]]'
  say "only in 2012"
  expect '[["rain", 191], ["sun", 118], ["drizzle", 31], ["snow", 21], ["fog", 5]]'
  say "as a pie"
  expect '[["rain", 191], ["sun", 118], ["drizzle", 31], ["snow", 21], ["fog", 5]]'
  save_chart days-by-weather
  say "e em 2013?"
  expect '[["sun", 205], ["fog", 82], ["rain", 60], ["drizzle", 16], ["snow", 2]]'
}

# The database of TOUR_DSN, by one door after the other.
tour_database() {
  local doors=(ask_sync ask_async ask_streamed) line number=0
  connect
  make_agent Database "[\"$DATABASE_ID\"]"
  while IFS= read -r line <&3; do
    "${doors[number % 3]}" "$(field question <<<"$line")"
    expect "$(rows_of <<<"$line")"
    number=$((number + 1))
  done 3<"$TOUR_QUESTIONS"
}

wait_until_up
sign_in
if [[ -n "${TOUR_DSN:-}" ]]; then
  : "${TOUR_QUESTIONS:?a tour of a database needs TOUR_QUESTIONS}"
  tour_database
else
  tour_files
fi

heading "$([[ $FAILURES == 0 ]] && echo "All answers are right." || echo "Answers not as expected: $FAILURES.")"
((FAILURES == 0))
