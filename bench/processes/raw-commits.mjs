/** The rows of an API key and its event through the bare driver, so many of them in one durable commit. @module */
import { randomBytes, randomUUID } from 'node:crypto';
import { DatabaseSync } from '@photostructure/sqlite';
import { answerTasks } from './answer-tasks.mjs';

let database;
let seq = 1_000_000_000;
/** As long as a sealed value: salt, nonce, 52 characters, tag. */
const sealed = randomBytes(112);

answerTasks(({ file, group, seconds, times }) => {
  if (database === undefined) {
    database = new DatabaseSync(file);
    database.exec('pragma journal_mode = wal');
    database.exec('pragma synchronous = full');
    database.exec('pragma cache_size = -16384');
  }
  const users = database.prepare("select id, organisation_id from users where username like 'seeded-%'").all();
  const key = database.prepare(
    `insert into api_keys (id, digest, user_id, name, prefix, last4, value, created_at_ms, expires_at_ms,
     last_used_at_ms, last_used_address, purpose, scopes, sources, cidrs, successor_id, request_digest,
     request_content, epoch)
     values (?, ?, ?, 'bench', 'lk_AbCde', 'wxyz', ?, ?, null, null, null, null, null, null, null, null, null, null, 0)`,
  );
  const event = database.prepare(
    `insert into audit_events (chain, seq, mac, name, at_ms, door, request_id, address, actor_id, credential_kind,
     credential_id, organisation_id, subject, outcome, reason, facts)
     values (0, ?, ?, 'api_key.created', ?, 'cli', null, null, null, null, null, ?, ?, 'ok', null, ?)`,
  );
  const head = database.prepare('update audit_chains set seq = ?, mac = ?, proof = ? where chain = 0');
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  const deadline = seconds === undefined ? Number.POSITIVE_INFINITY : startedMs + seconds * 1_000;
  let done = 0;
  while (done < (times ?? Number.POSITIVE_INFINITY) && performance.now() < deadline) {
    database.exec('begin immediate');
    for (let at = 0; at < group; at += 1) {
      const user = users[(done + at) % users.length];
      const id = randomUUID();
      const mac = randomBytes(32).toString('hex');
      seq += 1;
      key.run(id, randomBytes(32).toString('hex'), user.id, `v1.0a1b2c3d.${sealed.toString('base64url')}`, Date.now());
      event.run(seq, mac, Date.now(), user.organisation_id, `api_key:${id}`, `{"user":"${user.id}"}`);
      head.run(seq, mac, mac);
    }
    database.exec('commit');
    done += group;
  }
  const { user: inUser, system } = process.cpuUsage(cpu);
  const elapsedMs = performance.now() - startedMs;
  return { perSecond: done / (elapsedMs / 1_000), cpuMicros: (inUser + system) / done };
});
