/**
 * What every connector keeps: a good target passes to the last stage, every failure is told and none thrown, time is
 * bounded, a caller that goes away ends it, and nothing secret is told.
 *
 * @module
 */
import { expect, test } from 'vitest';
import { type ConnectionTarget, type Connector, reasons, stages } from '../../src/sources/index.js';
import { probe } from './connector-bench.js';

export interface ConnectorSubject {
  readonly connector: Connector;
  /** Passes. */
  readonly good: ConnectionTarget;
  /** Fails, each in its own way. */
  readonly bad: readonly ConnectionTarget[];
  /** Takes everything and never answers; `null` for an engine where nothing can be silent. */
  readonly silent: ConnectionTarget | null;
  /** What the version begins with. */
  readonly product: RegExp;
}

/** @param subject  Called inside each test, when the servers are there. */
export function keepsConnectorContract(subject: () => ConnectorSubject): void {
  test('a good target passes to the last stage and names the server', async () => {
    const { connector, good, product } = subject();
    const told = await probe(connector, good);
    expect(told.failure).toBeNull();
    expect(told.walk.at(-1)).toBe('query:pass');
    expect(told.result.serverVersion).toMatch(product);
  });

  test('stages come in order, each once, with a known reason unless they passed', async () => {
    const { connector, good, bad } = subject();
    for (const target of [good, ...bad]) {
      const { steps } = (await probe(connector, target)).result;
      const names = steps.map((step) => step.stage);
      expect(new Set(names).size).toBe(names.length);
      expect(stages).toEqual(expect.arrayContaining(names));
      for (const step of steps) {
        expect(step.reason === null).toBe(step.status === 'pass');
        if (step.reason !== null) expect(Object.keys(reasons)).toContain(step.reason);
        expect(step.ms).toBeGreaterThanOrEqual(0);
      }
    }
  });

  test('every failure is told with a reason, none is thrown and none is nameless', async () => {
    const { connector, bad } = subject();
    expect(bad.length).toBeGreaterThan(0);
    for (const target of bad) {
      const { failure } = await probe(connector, target);
      expect(failure).not.toBeNull();
      expect(failure?.reason).not.toBe('UNCLASSIFIED');
    }
  });

  test('the whole ends in time when nothing answers', async () => {
    const { connector, silent } = subject();
    if (silent === null) return;
    const told = await probe(connector, silent, { totalMs: 1_500 });
    expect(told.failure?.reason).toMatch(/_TIMEOUT$/);
    expect(told.ms).toBeLessThan(2_000);
  });

  test('a caller that goes away ends it at once', async () => {
    const { connector, silent } = subject();
    if (silent === null) return;
    const leaving = new AbortController();
    setTimeout(() => leaving.abort(), 200);
    const told = await probe(connector, silent, { signal: leaving.signal });
    expect(told.failure).not.toBeNull();
    expect(told.ms).toBeLessThan(1_000);
  });

  test('one that has gone before gets nothing dialled', async () => {
    const { connector, good } = subject();
    const told = await probe(connector, good, { signal: AbortSignal.abort() });
    expect(told.failure).not.toBeNull();
    expect(told.ms).toBeLessThan(500);
  });
}
