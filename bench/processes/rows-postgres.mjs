/** A bare Fastify that runs a statement through a pool of `pg` and sends the rows, to anybody. @module */
import fastify from 'fastify';
import pg from 'pg';

const { connect, sql } = JSON.parse(process.argv[2]);
const pool = new pg.Pool(connect);
const app = fastify({ logger: false });
app.get('/rows', async () => ({ data: (await pool.query(sql)).rows }));
app.post('/entries', async ({ body }) => {
  const entries = Array.isArray(body) ? body : [body];
  const values = entries.flatMap(({ name, amount, note }) => [name, amount, note]);
  const places = entries.map((_, at) => `($${at * 3 + 1}, $${at * 3 + 2}, $${at * 3 + 3})`);
  const inserted = await pool.query(
    `INSERT INTO entries (name, amount, note) VALUES ${places.join(',')} RETURNING *`,
    values,
  );
  return { data: inserted.rows };
});
console.log(await app.listen({ host: '127.0.0.1', port: 0 }));
