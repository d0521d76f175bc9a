import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { AppError } from '../../kernel/errors.js';
import type { Answer } from '../kit/answer.js';
import type { Family } from '../kit/family.js';
import type { DoorState } from './exchange.js';
import { respond, type Work } from './respond.js';

let server: Server | null = null;

afterEach(() => {
  server?.close();
  server = null;
});

/** A door of one family, and what it told of its work. */
async function openDoor(presentError: (error: AppError) => Answer, work: Work) {
  const faults: unknown[] = [];
  const statuses: number[] = [];
  const family: Family = { name: 'native', prefixes: [''], routes: [], presentError };
  const state = {
    core: { reportFault: (fault: unknown) => faults.push(fault) },
    isDraining: () => false,
    stallMs: 1_000,
    onAnswered: ({ status }: { status: number }) => statuses.push(status),
  } as unknown as DoorState;
  server = createServer((request, response) => {
    respond({ family, route: null, request, response, params: {}, requestId: 'r-1' }, state, work);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, faults, statuses };
}

const plain = (status: number, body: string): Answer => ({ status, contentType: 'text/plain', body });
const failing = () => {
  throw new Error('no words');
};

test('an answer that cannot be written is a fault', async () => {
  const door = await openDoor(
    ({ code }) => plain(500, code),
    () => ({ ...plain(200, 'yes'), headers: { 'x-odd': 'two\nlines' } }),
  );
  const answer = await fetch(door.url);
  expect([answer.status, await answer.text()]).toEqual([500, 'http.fault']);
  expect(door.statuses).toEqual([500]);
});

test('a family that has no words for a refusal says a plain fault', async () => {
  let asked = 0;
  const door = await openDoor(
    ({ code }) => {
      asked += 1;
      return asked === 1 ? failing() : plain(500, code);
    },
    () => Promise.reject(Object.assign(new Error('odd'), { code: 'FST_ERR_BAD_URL' })),
  );
  const answer = await fetch(door.url);
  expect([answer.status, await answer.text()]).toEqual([500, 'http.fault']);
  expect(door.faults).toHaveLength(1);
});

test('a family that has no words even for a fault has the connection cut', async () => {
  const door = await openDoor(failing, failing);
  await expect(fetch(door.url)).rejects.toThrow();
  expect(door.faults).toHaveLength(2);
  expect(door.statuses).toEqual([]);
});
