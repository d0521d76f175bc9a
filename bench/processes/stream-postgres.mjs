/** A table as lines of JSON, fetched ten thousand rows at a time through a cursor, from node:http alone. @module */
import { once } from 'node:events';
import { createServer } from 'node:http';
import pg from 'pg';

const { connect } = JSON.parse(process.argv[2]);

const server = createServer(async (_request, response) => {
  const client = new pg.Client(connect);
  await client.connect();
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  await client.query('BEGIN READ ONLY');
  await client.query('DECLARE whole NO SCROLL CURSOR FOR SELECT * FROM big');
  for (;;) {
    const { rows } = await client.query('FETCH 10000 FROM whole');
    if (rows.length === 0) break;
    const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    if (!response.write(lines)) await once(response, 'drain');
  }
  await client.end();
  response.end();
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
