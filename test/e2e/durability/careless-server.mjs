/**
 * What the trace test must be able to find: a server on SQLite that answers before it syncs (`synchronous=normal`).
 * Takes the folder of its database, writes its port to `port` in it, and stores every `{"name"}` it is sent.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';

const folder = process.argv[2];
const database = new DatabaseSync(join(folder, 'latchkey.db'));
database.exec('pragma journal_mode = wal');
database.exec('pragma synchronous = normal');
database.exec('create table kept (name text primary key)');

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const { name } = JSON.parse(Buffer.concat(chunks).toString());
  database.prepare('insert into kept (name) values (?)').run(name);
  response.end(JSON.stringify({ name }));
});
server.listen(0, '127.0.0.1', () => {
  writeFileSync(join(folder, 'port.new'), String(server.address().port));
  renameSync(join(folder, 'port.new'), join(folder, 'port'));
});
process.once('SIGTERM', () => process.exit(0));
