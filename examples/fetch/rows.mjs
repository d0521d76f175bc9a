// Plain fetch, as in a page of the service's own origin; no library.
export async function run(baseUrl, print) {
  // A service account of the CloudIO family: every call after it carries jwt and csrf.
  const auth = await fetch(`${baseUrl}/v1/auth`, {
    method: 'POST',
    headers: { Authorization: `Token ${btoa('steve:steve-demo-secret')}`, 'Content-Type': 'application/json' },
    body: '{}',
  });
  const { jwt, csrf, displayName } = await auth.json();
  print(`signed in as ${displayName}`);

  const api = await fetch(`${baseUrl}/v1/api?csrf=${csrf}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${jwt}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ Found: { ds: 'Employees', query: { filter: [{ name: { is: 'Steve' } }], limit: 1 } } }),
  });
  const { data } = await api.json();
  print(`cloudio: number ${data.Found.data[0].empId}`);

  // The same rows through our own API, under a token of OAuth 2.0.
  const granted = await fetch(`${baseUrl}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'steve',
      client_secret: 'steve-demo-secret',
      scope: 'data.use',
    }),
  });
  const { access_token } = await granted.json();
  const query = new URLSearchParams({ select: 'emp_id,name', filter: '{"name":{"eq":"Steve"}}', limit: '1' });
  const page = await fetch(`${baseUrl}/data/v1/sample/Employees?${query}`, {
    headers: { Authorization: `Bearer ${access_token}` },
  });
  const { data: rows } = await page.json();
  print(`native: number ${rows[0].emp_id}`);

  const denied = await fetch(`${baseUrl}/data/v1/sample/Salaries`, {
    headers: { Authorization: `Bearer ${access_token}` },
  });
  const { code } = await denied.json();
  print(`salaries: ${denied.status} ${code}`);
}
