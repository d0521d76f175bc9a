/**
 * A bare Fastify that has loaded what the program loads to serve, as packages are installed, has an SQLite file open in
 * WAL, and knows nobody. Hashing is no part of it: the program loads that with the first password.
 *
 * @module
 */
import { DatabaseSync } from '@photostructure/sqlite';
import 'commander';
import fastify from 'fastify';
import 'jose';
import 'kysely';
import 'lru-cache';
import pino from 'pino';
import 'prom-client';
import 're2js';
import 'typebox';
import 'typebox/compile';

const { port, file } = JSON.parse(process.argv[2]);
const database = new DatabaseSync(file);
database.exec('pragma journal_mode = wal');
pino({ level: 'fatal' });
const app = fastify({ logger: false });
app.get('/', async () => ({ message: 'Hi' }));
console.log(await app.listen({ host: '127.0.0.1', port }));
