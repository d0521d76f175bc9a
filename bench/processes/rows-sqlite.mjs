/** A bare Fastify that runs a prepared statement of SQLite on its own thread and sends the rows, to anybody. @module */
import { DatabaseSync } from '@photostructure/sqlite';
import fastify from 'fastify';

const { file, sql } = JSON.parse(process.argv[2]);
const database = new DatabaseSync(file, { timeout: 5_000 });
database.exec('pragma synchronous = full');
const rows = database.prepare(sql);
const insert = database.prepare('INSERT INTO entries (name, amount, note) VALUES (?, ?, ?) RETURNING *');
const app = fastify({ logger: false });
app.get('/rows', async () => ({ data: rows.all() }));
app.post('/entries', async ({ body }) => {
  const entries = Array.isArray(body) ? body : [body];
  database.exec('begin immediate');
  const data = entries.map(({ name, amount, note }) => insert.get(name, amount, note));
  database.exec('commit');
  return { data };
});
console.log(await app.listen({ host: '127.0.0.1', port: 0 }));
