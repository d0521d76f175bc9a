/** Asks one thing again and again, so many at once, and does not look at the answers. @module */
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
      if (through === agent) ask(order, through);
    });
    response.on('error', () => {});
  });
  // Let go when it is over.
  asked.on('error', () => {});
  asked.end(body);
}
