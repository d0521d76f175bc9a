/**
 * Sign-ins at a steady rate, however slowly they are answered: each goes out when it is due, on a connection of its own
 * where none is free.
 *
 * @module
 */
import { Agent, request } from 'node:http';
import { answerTasks } from './answer-tasks.mjs';

const tickMs = 5;
let agent;
let timer;
let told;

answerTasks(async ({ begin }) => {
  if (begin !== undefined) {
    start(begin);
    return {};
  }
  clearInterval(timer);
  const { accepted, refusedMs, withoutRetryAfter, faults } = told;
  // Whoever still waits is let go: nothing of this round reaches into the next.
  agent.destroy();
  if (faults > 0) throw new Error(`${faults} sign-ins were answered with something else`);
  refusedMs.sort((a, b) => a - b);
  const p99 = refusedMs[Math.max(0, Math.ceil(0.99 * refusedMs.length) - 1)];
  return {
    ...{ accepted, refused: refusedMs.length, withoutRetryAfter },
    ...{ refusedP99Ms: p99 ?? 0, refusedMaxMs: refusedMs.at(-1) ?? 0 },
  };
});

function start({ url, logins, password, perSecond }) {
  const mine = { accepted: 0, refusedMs: [], withoutRetryAfter: 0, faults: 0, sent: 0 };
  const myAgent = new Agent({ keepAlive: true });
  told = mine;
  agent = myAgent;
  const startedMs = performance.now();
  timer = setInterval(() => {
    const due = ((performance.now() - startedMs) / 1_000) * perSecond;
    while (mine.sent < due) {
      const username = logins[mine.sent % logins.length];
      mine.sent += 1;
      signIn(url, { username, password }, myAgent, mine);
    }
  }, tickMs);
}

function signIn(url, login, through, mine) {
  const beganMs = performance.now();
  const options = { method: 'POST', agent: through, headers: { 'content-type': 'application/json' } };
  const asked = request(url, options, (response) => {
    response.resume();
    response.on('end', () => {
      if (response.statusCode === 200) mine.accepted += 1;
      else if (response.statusCode === 503) {
        mine.refusedMs.push(performance.now() - beganMs);
        if (response.headers['retry-after'] === undefined) mine.withoutRetryAfter += 1;
      } else mine.faults += 1;
    });
    response.on('error', () => {});
  });
  // Let go at the end of the round.
  asked.on('error', () => {});
  asked.end(JSON.stringify(login));
}
