#!/usr/bin/env bash
# What the tour is made of, for scripts that source it: signing in, asking over every door, and checking what came back.
# Needs BASE, API, WAIT_S and OUT; leaves the number of wrong answers in FAILURES.
FAILURES=0
TOKEN=""
QUERY=""
mkdir -p "$OUT"
SCRATCH="$(mktemp -d)"
trap 'rm -rf "$SCRATCH"' EXIT

heading() { printf '\n\033[1m%s\033[0m\n' "$*"; }

die() {
  echo "tour: $*" >&2
  exit 1
}

# field NAME: one field of the JSON on standard input; empty when it is not there.
field() {
  python3 -c '
import json, sys
found = json.load(sys.stdin).get(sys.argv[1])
print("" if found is None else found)' "$1"
}

# rows_of: the rows that a line of TOUR_QUESTIONS expects.
rows_of() { python3 -c 'import json, sys; print(json.dumps(json.load(sys.stdin)["rows"]))'; }

# body KEY VALUE …: a JSON object; a value that starts with [ is taken as JSON, others as text.
body() {
  python3 -c '
import json, sys
pairs = zip(sys.argv[1::2], sys.argv[2::2])
print(json.dumps({k: json.loads(v) if v.startswith("[") else v for k, v in pairs}))' "$@"
}

call() { # METHOD PATH [curl options]: the answer; ends the tour on an error
  local method="$1" path="$2"
  shift 2
  curl --silent --show-error --fail-with-body --max-time "$WAIT_S" -X "$method" "$API$path" \
    ${TOKEN:+-H "Authorization: Bearer $TOKEN"} "$@" || die "$method $path failed"
}

send() { # METHOD PATH JSON
  call "$1" "$2" -H 'Content-Type: application/json' --data "$3"
}

wait_for() { # PATH "state state …": polls a status route until its state is one of those
  local path="$1" wanted=" $2 " state="" tries=0
  while ((tries < WAIT_S * 4)); do
    state="$(call GET "$path" | field state)"
    [[ "$wanted" == *" $state "* ]] && { echo "$state"; return; }
    tries=$((tries + 1))
    sleep 0.25
  done
  die "$path is still '$state' after $WAIT_S seconds"
}

wait_until_up() {
  local tries=0
  until curl --silent --fail --max-time 5 --output /dev/null "$BASE/readyz"; do
    tries=$((tries + 1))
    ((tries < WAIT_S)) || die "$BASE does not answer"
    sleep 1
  done
}

sign_in() {
  local email="tour-$(date +%s)-$RANDOM@example.com" password="${TOUR_PASSWORD:-Passeio-$RANDOM-$RANDOM-$RANDOM}"
  send POST /auth/register "$(body email "$email" name Tour password "$password")" >/dev/null
  TOKEN="$(send POST /auth/login "$(body email "$email" password "$password")" | field access_token)"
  [[ -n "$TOKEN" ]] || die "no access token"
  echo "registered and signed in as $email"
}

upload() { # FILE: uploads it, waits until it is ready, leaves its id in FILE_ID
  FILE_ID="$(call POST /files/upload -F "file=@$HERE/data/$1;type=text/csv" | field id)"
  local state
  state="$(wait_for "/files/$FILE_ID/status" "ready failed")"
  [[ "$state" == ready ]] || die "$1 was not read: $(call GET "/files/$FILE_ID/status")"
  echo "$1: $(call GET "/files/$FILE_ID" | field rows) rows"
}

# connect: connects the database of TOUR_DSN, waits until its schema is read, leaves its id in DATABASE_ID. The string
# goes through a file, since it holds a password and everybody sees the arguments of processes.
connect() {
  python3 -c 'import json, os; print(json.dumps({"name": "Tour", "dsn": os.environ["TOUR_DSN"]}))' >"$SCRATCH/connection"
  DATABASE_ID="$(call POST /databases/connect -H 'Content-Type: application/json' --data "@$SCRATCH/connection" | field id)"
  local state
  state="$(wait_for "/databases/$DATABASE_ID" "ready failed")"
  [[ "$state" == ready ]] || die "its schema was not read: $(call GET "/databases/$DATABASE_ID")"
  call GET "/databases/$DATABASE_ID" | python3 -c '
import json, sys
read = json.load(sys.stdin)
print("{engine}: {server}, {tables_found} tables".format(**read))'
}

make_agent() { # NAME SOURCE_IDS(JSON): leaves the agent's id in AGENT
  AGENT="$(send POST /agents/ "$(body name "$1" source_ids "$2" ${TOUR_MODEL:+model "$TOUR_MODEL"})" | field id)"
}

question_to() { body agent_id "$AGENT" question "$1"; }

# Each way of asking leaves the query's id in QUERY.
ask_sync() {
  heading "$1"
  curl --silent --show-error --max-time "$WAIT_S" -X POST "$API/queries/execute" -H "Authorization: Bearer $TOKEN" \
    -H 'Content-Type: application/json' --data "$(question_to "$1")" >"$SCRATCH/answer" || die "no answer"
  QUERY="$(field id <"$SCRATCH/answer")"
  [[ -n "$QUERY" ]] || QUERY="$(field query_id <"$SCRATCH/answer")"
  echo "  door     synchronous"
}

ask_async() {
  heading "$1"
  QUERY="$(send POST /queries/execute-async "$(question_to "$1")" | field id)"
  echo "  door     asynchronous, $(wait_for "/queries/$QUERY/status" "succeeded failed cancelled")"
}

ask_streamed() {
  heading "$1"
  curl --silent --show-error --no-buffer --max-time "$WAIT_S" -X POST "$API/queries/execute" \
    -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -H 'Accept: text/event-stream' \
    --dump-header "$SCRATCH/headers" --data "$(question_to "$1")" >"$SCRATCH/events" || die "the stream broke"
  QUERY="$(tr -d '\r' <"$SCRATCH/headers" | sed -n 's|^[Ll]ocation: .*/queries/||p')"
  echo "  door     streamed: $(sed -n 's/^event: *//p' "$SCRATCH/events" | tr -d '\r' | uniq | paste -sd' ')"
}

begin() { # begins a conversation with AGENT, leaves its id in SESSION
  SESSION="$(send POST /sessions/ "$(body agent_id "$AGENT")" | field id)"
}

say() { # asks in SESSION, where a question may leave out what was said before
  heading "$1"
  curl --silent --show-error --max-time "$WAIT_S" -X POST "$API/sessions/$SESSION/messages" \
    -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' --data "$(body text "$1")" \
    --dump-header "$SCRATCH/headers" --output "$SCRATCH/answer" || die "no answer"
  QUERY="$(tr -d '\r' <"$SCRATCH/headers" | sed -n 's|^[Ll]ocation: .*/queries/||p')"
  [[ -n "$QUERY" ]] || QUERY="$(field query_id <"$SCRATCH/answer")"
  echo "  door     conversation"
}

# expect ROWS(JSON): shows the answer of QUERY and checks that its rows are these, in any order of rows and columns.
expect() {
  call GET "/queries/$QUERY" >"$SCRATCH/query"
  if [[ "$(field state <"$SCRATCH/query")" == succeeded ]]; then
    call GET "/queries/$QUERY/result?limit=1000" >"$SCRATCH/result"
  else
    echo '{"columns": [], "rows": [], "total": 0}' >"$SCRATCH/result"
  fi
  python3 - "$SCRATCH/query" "$SCRATCH/result" "$1" <<'PY' || FAILURES=$((FAILURES + 1))
import json, sys

query, result = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:3])
expected = json.loads(sys.argv[3])

def same(wanted, found):
    try:
        slack = 2e-4 * abs(wanted) if isinstance(wanted, float) else 0
        return abs(float(wanted) - float(found)) <= slack
    except (TypeError, ValueError):
        return str(wanted) == str(found)[: len(str(wanted))]

def holds(row, wanted):
    return all(any(same(cell, found) for found in row) for cell in wanted)

rows = result["rows"]
print("  sql      " + " ".join((query["sql"] or "-").split()))
print("  columns  " + ", ".join(column["name"] for column in result["columns"]))
for row in rows[:5]:
    print("  row      " + " | ".join(str(cell) for cell in row))
if len(rows) > 5:
    print(f"  row      ... {result['total']} in all")
print("  answer   " + (query["answer"] or (query["error"] or {}).get("detail", "-")))
print(f"  by       {query['answered_by']}, {query['tokens_in']}+{query['tokens_out']} tokens, USD {query['cost_usd']}")
right = len(rows) == len(expected) and all(any(holds(row, wanted) for row in rows) for wanted in expected)
verdict = "right" if right else "WRONG" if query["outcome"] == "answered" else query["outcome"]
print("  check    " + (verdict if right else f"{verdict}, expected {expected}"))
sys.exit(0 if right else 1)
PY
}

# expect_outcome "outcome …": checks that QUERY ended so, for questions that have no rows.
expect_outcome() {
  call GET "/queries/$QUERY" >"$SCRATCH/query"
  local outcome
  outcome="$(field outcome <"$SCRATCH/query")"
  echo "  answer   $(python3 -c '
import json, sys
query = json.load(sys.stdin)
print(query["answer"] or (query["error"] or {}).get("detail", "-"))' <"$SCRATCH/query")"
  if [[ " $1 " == *" $outcome "* ]]; then
    echo "  check    right ($outcome)"
  else
    echo "  check    WRONG: $outcome, expected one of: $1"
    FAILURES=$((FAILURES + 1))
  fi
}

save_chart() { # NAME: the chart of QUERY as a picture
  call GET "/queries/$QUERY/chart" -H 'Accept: image/png' --output "$OUT/$1.png"
  if [[ "$(head -c 4 "$OUT/$1.png" | tail -c 3)" == PNG ]]; then
    echo "  chart    $OUT/$1.png"
  else
    echo "  chart    WRONG: not a PNG"
    FAILURES=$((FAILURES + 1))
  fi
}
