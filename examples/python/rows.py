"""The four families and our own API with requests, against `latchkey demo`."""

import os
from base64 import b64encode

import requests

base = os.environ.get("LATCHKEY_URL", "http://localhost:8000")

# PreCrime: a person.
login = requests.post(f"{base}/user/login", json={"username": "john.doe", "password": "SecurePass123!"}, timeout=30)
login.raise_for_status()
token = login.json()["Token"]
print("precrime:", requests.get(f"{base}/test/secure", headers={"Authorization": token}, timeout=30).json()["message"])

# CloudIO: a service account. jwt and csrf go with every call.
session = requests.Session()
credentials = b64encode(b"steve:steve-demo-secret").decode()
signed_in = session.post(f"{base}/v1/auth", headers={"Authorization": f"Token {credentials}"}, json={}, timeout=30)
signed_in.raise_for_status()
answer = signed_in.json()
session.headers.update({"Authorization": f"Bearer {answer['jwt']}", "X-CSRF-Token": answer["csrf"]})
query = {"Found": {"ds": "Employees", "query": {"filter": [{"name": {"is": "Steve"}}], "limit": 1}}}
rows = session.post(f"{base}/v1/api", json=query, timeout=30).json()["data"]["Found"]["data"]
print("cloudio: number", rows[0]["empId"])

# OneDB: a program.
vault = requests.post(f"{base}/api/authenticate", json={"username": "api", "password": "api"}, timeout=30).json()
print("onedb:", vault["message"])

# Atlan: is a database reachable? Callers on the same machine need no credential.
verdict = requests.post(
    f"{base}/workflows/v1/auth",
    json={
        "authType": "basic",
        "host": "localhost",
        "port": 1,
        "username": "username",
        "password": "password",
        "database": "databasename",
    },
    timeout=60,
)
print("atlan:", verdict.status_code, verdict.json()["data"]["reason"])

# Our own API under OAuth 2.0: pages of rows.
granted = requests.post(
    f"{base}/oauth/token",
    auth=("steve", "steve-demo-secret"),
    data={"grant_type": "client_credentials", "scope": "data.use"},
    timeout=30,
)
granted.raise_for_status()
headers = {"Authorization": f"Bearer {granted.json()['access_token']}"}
parameters = {"select": "emp_id,name", "filter": '{"department_id":{"eq":1}}', "limit": 500}
count, cursor = 0, None
while True:
    page = requests.get(
        f"{base}/data/v1/sample/Employees",
        params=parameters | ({"cursor": cursor} if cursor else {}),
        headers=headers,
        timeout=30,
    )
    page.raise_for_status()
    count += len(page.json()["data"])
    cursor = page.json()["nextCursor"]
    if cursor is None:
        break
print("native: department 1 has", count, "people")
