import { expect, it } from 'vitest';
import { asksFor } from './negotiate.js';

const lines = 'application/x-ndjson';
const json = 'application/json';

it.each([
  lines,
  'Application/X-NDJSON',
  `${lines}, ${json};q=0.9`,
  `${json};q=0.5, ${lines};q=0.5`,
  `text/html, ${lines};charset=utf-8;q=0.1`,
  `*/*, ${lines};q=0.2`,
])('%s asks for lines', (accept) => {
  expect(asksFor(accept, lines, json)).toBe(true);
});

it.each([null, '', '*/*', 'application/*', json, `${json}, ${lines};q=0.9`, `${lines};q=0`, `${lines};q=0.000`, 'x'])(
  '%s does not',
  (accept) => {
    expect(asksFor(accept, lines, json)).toBe(false);
  },
);
