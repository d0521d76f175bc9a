#!/bin/sh
# The four families and our own API with curl, against `latchkey demo`.
set -eu
BASE="${LATCHKEY_URL:-http://localhost:8000}"
JSON='Content-Type: application/json'

# The text of a member of a flat JSON object; a program that is at hand, such as jq, does it better.
member() { sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/"; }

# PreCrime: a person.
TOKEN=$(curl -sf -X POST "$BASE/user/login" -H "$JSON" -d '{"username":"john.doe","password":"SecurePass123!"}' | member Token)
echo "precrime: $(curl -sf "$BASE/test/secure" -H "Authorization: $TOKEN" | member message)"

# CloudIO: a service account. jwt and csrf go with every call.
SESSION=$(curl -sf -X POST "$BASE/v1/auth" -H "$JSON" -H "Authorization: Token $(printf %s steve:steve-demo-secret | base64)" -d '{}')
JWT=$(echo "$SESSION" | member jwt)
CSRF=$(echo "$SESSION" | member csrf)
echo "cloudio: $(curl -sf -X POST "$BASE/v1/api?csrf=$CSRF" -H "$JSON" -H "Authorization: Bearer $JWT" \
  -d '{"Found":{"ds":"Employees","query":{"filter":[{"name":{"is":"Steve"}}],"projection":{"name":1},"limit":1}}}' | member name)"

# OneDB: a program.
echo "onedb: $(curl -sf -X POST "$BASE/api/authenticate" -H "$JSON" -d '{"username":"api","password":"api"}' | member message)"

# Atlan: is a database reachable? Callers on the same machine need no credential.
echo "atlan: $(curl -s -X POST "$BASE/workflows/v1/auth" -H "$JSON" \
  -d '{"authType":"basic","host":"localhost","port":1,"username":"username","password":"password","database":"databasename"}' | member error)"

# Our own API under OAuth 2.0.
ACCESS=$(curl -sf -u steve:steve-demo-secret -d grant_type=client_credentials -d scope=data.use "$BASE/oauth/token" | member access_token)
echo "native: $(curl -sf -G "$BASE/data/v1/sample/Employees" -H "Authorization: Bearer $ACCESS" \
  -d select=name -d limit=1 --data-urlencode 'filter={"name":{"eq":"Steve"}}')"

# Every row, one a line.
curl -sf -G "$BASE/data/v1/sample/Departments" -H "Authorization: Bearer $ACCESS" -H 'Accept: application/x-ndjson' -d select=name
