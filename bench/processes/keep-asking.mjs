/**
 * Asks one thing again and again, so many at once. Who is refused for now asks again when the answer says so; nothing
 * else of the answers is looked at.
 *
 * @module
 */
import { Agent, request } from 'node:http';
import { answerTasks } from './answer-tasks.mjs';

let agent;

answerTasks(({ begin }) => {
  if (begin === undefined) {
    agent.destroy();
    return {};
  }
  const mine = new Agent({ keepAlive: true, maxSockets: begin.atOnce });
  agent = mine;
  for (let at = 0; at < begin.atOnce; at += 1) ask(begin, mine);
  return {};
});

function ask(order, through) {
  const { url, method, headers, body } = order;
  const asked = request(url, { method, headers, agent: through }, (response) => {
    response.resume();
    response.on('end', () => {
      const waitMs = Number(response.headers['retry-after'] ?? 0) * 1_000;
      setTimeout(() => {
        if (through === agent) ask(order, through);
      }, waitMs).unref();
    });
    response.on('error', () => {});
  });
  // Let go when it is over.
  asked.on('error', () => {});
  asked.end(body);
}
