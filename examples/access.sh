#!/usr/bin/env bash
# What the product refuses, shown by hand: a stolen refresh token, a MASTER who reaches too far, a revoked share behind
# a cached answer, and a row of the audit log that somebody changed in the database.
#
#   agentgraph up --ready-file ready.json     (elsewhere, with AGENTGRAPH_DATA_DIR set or ./data)
#   examples/access.sh ready.json
#
# Needs bash, curl, python3, the first administrator's password in the ready file, and the environment's `agentgraph` for
# the audit log (AGENTGRAPH_BIN, default ../.venv/bin). Ends with 1 when anything is not as expected.
set -euo pipefail

READY="${1:?usage: examples/access.sh READY_FILE}"
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
BIN="${AGENTGRAPH_BIN:-$HERE/../.venv/bin}"
WAIT_S=120
OUT="$(mktemp -d)"
BASE="$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["url"])' "$READY")"
API="$BASE/api/v1"
source "$HERE/tour_api.sh"

# expect_status "STATUS CODE" WHAT METHOD PATH [JSON]: asks with TOKEN and compares the status and the problem's code.
expect_status() {
  local wanted="$1" what="$2" method="$3" path="$4" status code
  status="$(curl --silent --max-time "$WAIT_S" --output "$SCRATCH/answer" --write-out '%{http_code}' -X "$method" \
    "$API$path" ${TOKEN:+-H "Authorization: Bearer $TOKEN"} -H 'Content-Type: application/json' ${5:+--data "$5"})"
  code="$(field code <"$SCRATCH/answer" 2>/dev/null || true)"
  if [[ "$status${code:+ $code}" == "$wanted" ]]; then
    echo "  $what: $status${code:+ $code}"
  else
    echo "  $what: WRONG, $status $code instead of $wanted: $(head -c 300 "$SCRATCH/answer")"
    FAILURES=$((FAILURES + 1))
  fi
}

PASSWORD="Acesso-$RANDOM-$RANDOM-$RANDOM"
address() { echo "$1-$(date +%s)-$RANDOM@example.com"; }

register() { # NAME: leaves the new user's id in USER_ID and e-mail in EMAIL, and is signed in
  EMAIL="$(address "$1")"
  USER_ID="$(send POST /auth/register "$(body email "$EMAIL" name "$1" password "$PASSWORD")" | field id)"
  enter "$EMAIL" "$PASSWORD"
}

enter() { # EMAIL PASSWORD: leaves the tokens in TOKEN and REFRESH
  TOKEN=""
  send POST /auth/login "$(body email "$1" password "$2")" >"$SCRATCH/tokens"
  TOKEN="$(field access_token <"$SCRATCH/tokens")"
  REFRESH="$(field refresh_token <"$SCRATCH/tokens")"
}

enter_as_admin() {
  enter "$(field admin_email <"$READY")" "$(field admin_password <"$READY")"
}

refreshed() { # TOKEN: the next refresh token
  send POST /auth/refresh-token "$(body refresh_token "$1")" | field refresh_token
}

stolen_token() {
  local first second third
  register ana
  first="$REFRESH" TOKEN=""
  second="$(refreshed "$first")"
  third="$(refreshed "$second")"
  echo "  ana has refreshed twice; somebody kept the first token"
  expect_status "401 token_reused" "the stolen token" POST /auth/refresh-token "$(body refresh_token "$first")"
  expect_status "401 token_invalid" "ana's newest token, of the same family" POST /auth/refresh-token \
    "$(body refresh_token "$third")"
}

reaching_too_far() {
  local master master_email other other_user own_user
  register bia && master="$USER_ID" master_email="$EMAIL"
  register caio && other="$USER_ID"
  enter_as_admin
  send PUT "/users/$master" '{"kind": "MASTER"}' >/dev/null
  send PUT "/users/$other" '{"kind": "MASTER"}' >/dev/null
  send POST /users/ "$(body email "$(address duda)" name Duda password "$PASSWORD" manager_id "$other")" >"$SCRATCH/answer"
  other_user="$(field id <"$SCRATCH/answer")"
  send PUT "/users/$master/permissions" '{"granted": [], "denied": ["audit:read"]}' >/dev/null
  enter "$master_email" "$PASSWORD"
  own_user="$(send POST /users/ "$(body email "$(address eva)" name Eva password "$PASSWORD")" | field id)"
  echo "  bia is a MASTER without audit:read; eva is hers, duda another MASTER's"
  expect_status "403 cannot_grant" "bia grants eva what bia lacks" PUT "/users/$own_user/permissions" \
    '{"granted": ["audit:read"], "denied": []}'
  expect_status "403 cannot_grant" "bia makes a role of it" POST /roles/ '{"name": "auditors", "permissions": ["audit:read"]}'
  expect_status "404 not_found" "bia suspends duda" PUT "/users/$other_user" '{"is_active": false}'
  expect_status "403 own_account" "bia makes herself ADMIN" PUT "/users/$master" '{"kind": "ADMIN"}'
  expect_status "403 above_own_kind" "bia makes eva ADMIN" PUT "/users/$own_user" '{"kind": "ADMIN"}'
  expect_status "403 above_own_kind" "bia creates an ADMIN" POST /users/ \
    "$(body email "$(address fabio)" name Fabio password "$PASSWORD" kind ADMIN)"
}

revoked_share() {
  local owner reader_email share cached
  register gil && owner="$EMAIL"
  upload estados.csv
  register hugo && reader_email="$EMAIL"
  enter "$owner" "$PASSWORD"
  share="$(send POST "/files/$FILE_ID/shares" "$(body email "$reader_email")" | field id)"
  enter "$reader_email" "$PASSWORD"
  make_agent Estados "[\"$FILE_ID\"]"
  send POST /queries/execute "$(question_to "Quantos estados há?")" >/dev/null
  send POST /queries/execute "$(question_to "Quantos estados há?")" >"$SCRATCH/answer"
  cached="$(field id <"$SCRATCH/answer")"
  echo "  hugo asks gil's file twice; the second answer comes from: $(field answered_by <"$SCRATCH/answer")"
  expect_status "200" "hugo reads its rows" GET "/queries/$cached/result"
  enter "$owner" "$PASSWORD"
  expect_status "204" "gil takes the share back" DELETE "/files/$FILE_ID/shares/$share"
  enter "$reader_email" "$PASSWORD"
  expect_status "404 not_found" "hugo reads the cached rows" GET "/queries/$cached/result"
  expect_status "404 not_found" "hugo reads the cached answer" GET "/queries/$cached"
  expect_status "422 source_missing" "hugo asks the same again" POST /queries/execute "$(question_to "Quantos estados há?")"
  expect_status "404 not_found" "hugo looks at the file" GET "/files/$FILE_ID/preview"
}

# in_database STATEMENT: runs it behind the product's back, as whoever owns the tables can.
in_database() {
  "$BIN/python" - "$1" <<'PY'
import asyncio, sys
import asyncpg
from app.cli.installation import as_it_runs
from app.core.config import get_settings

async def run():
    connection = await asyncpg.connect(as_it_runs(get_settings()).database_url)
    await connection.execute(f"""
        SELECT set_config('agentgraph.actor', 'system', false);
        ALTER TABLE audit_events DISABLE TRIGGER ALL; {sys.argv[1]}; ALTER TABLE audit_events ENABLE TRIGGER ALL""")
    await connection.close()

asyncio.run(run())
PY
}

verify() { # EXIT_CODE WHAT: checks the chain
  local code=0
  "$BIN/agentgraph" audit verify >"$SCRATCH/verdict" 2>&1 || code=$?
  echo "  $2: $(tail -1 "$SCRATCH/verdict")"
  [[ "$code" == "$1" ]] || { echo "  WRONG: exit code $code instead of $1"; FAILURES=$((FAILURES + 1)); }
}

tampered_row() {
  local tries=0
  until "$BIN/agentgraph" audit verify 2>&1 | grep -q ' 0 not sealed'; do
    tries=$((tries + 1))
    ((tries < WAIT_S)) || die "the last events are not sealed"
    sleep 1
  done
  verify 0 "before"
  in_database "UPDATE audit_events SET outcome = 'ok!' WHERE id = (SELECT id FROM audit_events WHERE outcome = 'refused' LIMIT 1)"
  verify 1 "a refusal was made to look allowed"
  in_database "UPDATE audit_events SET outcome = 'refused' WHERE outcome = 'ok!'"
  verify 0 "put back as it was"
}

wait_until_up
heading "A stolen refresh token, used a second time" && stolen_token
heading "A MASTER who reaches too far" && reaching_too_far
heading "A revoked share behind a cached answer" && revoked_share
heading "A changed row of the audit log" && tampered_row

heading "$([[ $FAILURES == 0 ]] && echo "Everything was refused as it must be." || echo "Not as expected: $FAILURES.")"
((FAILURES == 0))
