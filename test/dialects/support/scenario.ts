/**
 * Scenario tables: what is sent, what must come back to the byte, what must not be in it, and exactly which audit
 * events it leaves.
 *
 * @module
 */
import { expect, test } from 'vitest';
import { type Received, type Sent, send } from './client.js';
import { marker, type World } from './world.js';

export interface Scenario {
  readonly name: string;
  /** Made when the scenario runs, so that it can sign in first. What it does before is not counted as events. */
  readonly request: (world: World) => Sent | Promise<Sent>;
  readonly status: number;
  /** The whole body; asymmetric matchers where a value is made by the server. */
  readonly body?: unknown;
  readonly contains?: readonly string[];
  /** Besides every password: what must not be found in head or body. */
  readonly hides?: readonly string[];
  /** A string, a pattern, or `null` for "absent". */
  readonly headers?: Readonly<Record<string, string | RegExp | null>>;
  /** Names of the audit events of this request, in order. `[]` means none. */
  readonly events: readonly string[];
  readonly after?: (received: Received, world: World) => unknown;
}

export function runScenarios(world: () => World, scenarios: readonly Scenario[]): void {
  for (const scenario of scenarios) test(scenario.name, () => checkScenario(world(), scenario));
}

export async function checkScenario(world: World, scenario: Scenario): Promise<void> {
  const sent = await scenario.request(world);
  await world.takeEvents();
  const received = await send(world, sent);
  expect({ status: received.status, body: received.body ?? received.text }).toEqual({
    status: scenario.status,
    body: scenario.body ?? expect.anything(),
  });
  for (const [name, expected] of Object.entries(scenario.headers ?? {})) {
    if (expected === null) expect(received.headers).not.toHaveProperty(name);
    else if (typeof expected === 'string') expect(received.headers[name]).toBe(expected);
    else expect(received.headers[name]).toMatch(expected);
  }
  for (const text of scenario.contains ?? []) expect(received.text).toContain(text);
  const everything = `${JSON.stringify(received.headers)}\n${received.text}`;
  for (const text of [marker, ...(scenario.hides ?? [])]) expect(everything).not.toContain(text);
  checkStandardHeaders(received);
  expect(await world.takeEvents()).toEqual(scenario.events);
  await scenario.after?.(received, world);
}

/** What stands on every answer of every family, errors included. */
export function checkStandardHeaders(received: Received): void {
  expect(received.headers).toMatchObject({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-type': expect.stringMatching(/^(?:application\/(?:problem\+)?json|text\/html); charset=utf-8$/),
    'content-security-policy': expect.stringContaining("default-src 'none'"),
    'x-request-id': expect.stringMatching(/^[\x20-\x7e]{1,128}$/),
  });
  for (const name of ['server', 'x-powered-by', 'location', 'set-cookie']) {
    expect(received.headers).not.toHaveProperty(name);
  }
}
