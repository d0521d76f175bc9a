// Rows under grants, with latchkey/client: sign in as a service account, read, write once, clean up.
import { createLatchkey, LatchkeyError } from 'latchkey/client';

const latchkey = createLatchkey({
  baseUrl: process.env.LATCHKEY_URL ?? 'http://localhost:8000',
  // Fetched when it is needed, kept in memory, renewed before it ends. Or: { apiKey: 'lk_…' }.
  credential: { clientId: 'steve', clientSecret: 'steve-demo-secret' },
});

for await (const { name, source } of latchkey.datasets()) console.log(`may use ${source}/${name}`);

const employees = latchkey.data('sample', 'Employees');

// A page.
const page = await employees.list({
  select: ['emp_id', 'name'],
  filter: { salary: { gte: 90_000 }, name: { starts: 'A' } },
  order: ['-salary', 'name'],
  limit: 3,
  count: 'exact',
});
console.log(`${page.total} earn as much, ${page.data[0].name} the most`);

// Every row, a page after the other; or all of them in one answer, as fast as they are read.
let paged = 0;
for await (const _row of employees.rows({ select: ['emp_id'], filter: { department_id: { eq: 1 } } })) paged += 1;
let streamed = 0;
for await (const _row of employees.stream({ select: ['emp_id'], filter: { department_id: { eq: 1 } } })) streamed += 1;
console.log(`department 1 has ${paged} people, either way ${streamed === paged ? 'the same' : 'different'}`);

// Written once, even if the answer is lost and the client sends it again.
const stamps = { created_by: 'steve', creation_date: 'now', last_updated_by: 'steve', last_update_date: 'now' };
const { row, etag } = await employees.insert({ name: 'Grace Example', gender: 'F', salary: 12_345, ...stamps });
console.log(`added ${row.name}`);

// Only while the row is the one that was seen.
await employees.update(row.emp_id, { salary: 23_456 }, { ifMatch: etag });
try {
  await employees.update(row.emp_id, { salary: 1 }, { ifMatch: etag });
} catch (error) {
  if (!(error instanceof LatchkeyError)) throw error;
  console.log(`a change of what is no longer so: ${error.status} ${error.code}`);
}
await employees.delete(row.emp_id);

// What was not granted, and why.
const { isAllowed, reason } = await latchkey.explain({ source: 'sample', object: 'salaries', operation: 'query' });
console.log(`salaries: ${isAllowed ? 'allowed' : reason}`);

// Any other route of our own API: a key that may only read the sample data, made and deleted.
const key = await latchkey.request('POST', '/admin/v1/api-keys', { body: { name: 'nightly', scopes: ['data.use'] } });
const nightly = createLatchkey({
  baseUrl: process.env.LATCHKEY_URL ?? 'http://localhost:8000',
  credential: { apiKey: key.value },
});
console.log(`with a key: ${await nightly.data('sample', 'Employees').count({ name: { eq: 'Steve' } })} Steve`);
await latchkey.request('DELETE', `/admin/v1/api-keys/${key.id}`);
