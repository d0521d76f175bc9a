/** The test set-up's own tests: the servers are real, and extra ones obey their options. @module */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { Redis } from 'iovalkey';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { type Certificate, createTestCertificates } from './certificates.js';
import {
  createPostgresDatabase,
  describeWith,
  dropPostgresDatabase,
  mariadbSql,
  postgresSql,
  postgresUrl,
  shared,
  startMariadb,
  startPostgres,
} from './index.js';

describeWith('postgres', 'the shared PostgreSQL', () => {
  test('asks for a password and gives out new databases', async () => {
    const server = shared('postgres');
    const name = await createPostgresDatabase(server);
    const client = new pg.Client(postgresUrl(server, name));
    await client.connect();
    expect((await client.query('select current_database() as name')).rows).toEqual([{ name }]);
    await client.end();
    const intruder = new pg.Client(postgresUrl(server, name, { user: server.superuser, password: 'wrong' }));
    await expect(intruder.connect()).rejects.toMatchObject({ code: '28P01' });
    await dropPostgresDatabase(server, name);
  });
});

describeWith('postgres', 'an extra PostgreSQL', () => {
  test('obeys its own rules, can be frozen, killed, started again, and leaves nothing behind', async () => {
    const server = await startPostgres({ hba: ['host all all all reject'], settings: { work_mem: '5MB' } });
    expect(await postgresSql(server, 'show work_mem')).toEqual([{ work_mem: '5MB' }]);
    const refused = new pg.Client(postgresUrl(server, 'postgres'));
    await expect(refused.connect()).rejects.toMatchObject({ code: '28000' });

    server.pause();
    const waiting = new pg.Client({ connectionString: postgresUrl(server, 'postgres'), connectionTimeoutMillis: 300 });
    await expect(waiting.connect()).rejects.toThrow('timeout');
    server.resume();

    await server.kill();
    await expect(postgresSql(server, 'select 1')).rejects.toThrow();
    await server.restart();
    expect(await postgresSql(server, 'select 1 as one')).toEqual([{ one: 1 }]);
    await server.stop();
    expect(existsSync(server.folder)).toBe(false);
  });
});

describeWith('mariadb', 'the shared MariaDB', () => {
  test('asks for a password and has no anonymous account', async () => {
    const server = shared('mariadb');
    const { host, port, superuser: user, password } = server;
    const connection = await mysql.createConnection({ host, port, user, password });
    expect((await connection.query('select 1 as one'))[0]).toEqual([{ one: 1 }]);
    await connection.end();
    await expect(mysql.createConnection({ host, port, user, password: 'wrong' })).rejects.toMatchObject({
      code: 'ER_ACCESS_DENIED_ERROR',
    });
    await expect(mysql.createConnection({ host, port, user: 'nobody' })).rejects.toMatchObject({
      code: 'ER_ACCESS_DENIED_ERROR',
    });
  });
});

describeWith('mariadb', 'an extra MariaDB', () => {
  test('obeys its own settings, can be killed and started again, and leaves nothing behind', async () => {
    const server = await startMariadb({ settings: { max_connect_errors: 7 } });
    expect(await mariadbSql(server, 'select @@max_connect_errors as value')).toEqual([{ value: 7 }]);
    await mariadbSql(server, 'create database kept');
    await server.kill();
    await server.restart();
    expect(await mariadbSql(server, 'show databases like ?', { values: ['kept'] })).toHaveLength(1);
    await server.stop();
    expect(existsSync(server.folder)).toBe(false);
  });
});

describeWith('redis', 'the shared Redis', () => {
  test('asks for a password and keeps what it is told', async () => {
    const { host, port, password } = shared('redis');
    const client = new Redis({ host, port, password, lazyConnect: true });
    await client.connect();
    await client.set('latchkey:test', 'kept', 'EX', 5);
    expect(await client.get('latchkey:test')).toBe('kept');
    client.disconnect();
    const stranger = new Redis({ host, port, lazyConnect: true, enableReadyCheck: false, retryStrategy: () => null });
    await stranger.connect();
    await expect(stranger.get('latchkey:test')).rejects.toThrow('NOAUTH');
    stranger.disconnect();
  });
});

/** What a client that trusts the authority and expects `localhost` says of a certificate; `null` when content. */
async function judge(authority: Certificate, shown: Certificate): Promise<string | null> {
  const server = createServer({ cert: shown.cert, key: shown.key }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca: authority.cert });
  try {
    await once(socket, 'secureConnect');
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    socket.destroy();
    server.close();
  }
}

describe('the test certificates', () => {
  test('are right, or wrong in exactly the way their names say', async () => {
    const all = await createTestCertificates();
    expect(await judge(all.authority, all.good)).toBe(null);
    expect(await judge(all.strangeAuthority, all.good)).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    expect(await judge(all.authority, all.wrongName)).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(await judge(all.authority, all.expired)).toBe('CERT_HAS_EXPIRED');
    expect(await judge(all.authority, all.notYetValid)).toBe('CERT_NOT_YET_VALID');
    expect(await judge(all.authority, all.selfSigned)).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
  });
});

describeWith('postgres', 'a PostgreSQL with TLS', () => {
  test('shows its certificate, and can ask clients for theirs', async () => {
    const { authority, good, client, strangeClient } = await createTestCertificates();
    const server = await startPostgres({
      tls: { ...good, ca: authority.cert },
      hba: ['hostssl all all 127.0.0.1/32 cert', 'host all all all reject'],
    });
    const logIn = async (own: Certificate) => {
      const connection = new pg.Client({
        ...{ host: server.host, port: server.port, user: 'client', database: 'postgres' },
        ssl: { ca: authority.cert, cert: own.cert, key: own.key },
      });
      connection.on('error', () => {});
      await connection.connect();
      await connection.end();
    };
    await postgresSql(server, 'create role client login');
    await logIn(client);
    await expect(logIn(strangeClient)).rejects.toThrow();
    await server.stop();
  });
});

describeWith('mariadb', 'a MariaDB with TLS', () => {
  test('shows its certificate', async () => {
    const { authority, strangeAuthority, good } = await createTestCertificates();
    const server = await startMariadb({ tls: good });
    const logIn = async (ca: string) => {
      const connection = await mysql.createConnection({
        ...{ host: server.host, port: server.port, user: server.superuser, password: server.password },
        ssl: { ca },
      });
      await connection.end();
    };
    await logIn(authority.cert);
    await expect(logIn(strangeAuthority.cert)).rejects.toThrow('unable to verify');
    await server.stop();
  });
});
