/**
 * What every engine's preflight keeps: each check of the engine is found once, whatever the database does; a finding
 * that is not in order has a reason; what would mend it is told; a walk that fails finds nothing; time is bounded; and
 * nothing secret is told.
 *
 * @module
 */
import { expect, test } from 'vitest';
import {
  type CheckFinding,
  type CheckName,
  type ConnectionTarget,
  type Connector,
  checks,
  type PreflightRequest,
  type ProbeLimits,
  type ProbeResult,
  reasons,
} from '../../src/sources/index.js';
import { quietLimits } from './connector-bench.js';

export interface PreflightSubject {
  readonly connector: Connector;
  /** The checks this connector makes; every other one is another room's, or the engine has nothing to ask. */
  readonly checks: readonly CheckName[];
  /** In order for reading the schemas of the request: nothing fails. */
  readonly good: ConnectionTarget;
  readonly request: Partial<PreflightRequest>;
  /** Fail on the way, each in its own way. */
  readonly bad: readonly ConnectionTarget[];
  /** Takes everything and never answers; `null` for an engine where nothing can be silent. */
  readonly silent: ConnectionTarget | null;
}

/** Checks only the engine can make, by what there is to ask of a server and of a file. */
export const engineChecks = [
  ...(['serverVersion', 'accountState', 'roundTrip', 'readOnlyState', 'connectionHeadroom'] as const),
  ...(['schemaUsage', 'sampleRead', 'writePrivileges', 'leastPrivilege', 'statementTimeout'] as const),
  ...(['encodingAndClock', 'catalogSize', 'catalogViews', 'replicaLag'] as const),
] satisfies readonly CheckName[];

export const preflightRequest = (fields: Partial<PreflightRequest> = {}): PreflightRequest => ({
  purpose: 'read',
  schemas: null,
  roundTripMs: 1_000,
  statementMs: 5_000,
  catalogTables: 10_000,
  ...fields,
});

/** Everything a preflight said. */
export interface Inspected {
  readonly probe: ProbeResult;
  readonly findings: readonly CheckFinding[];
  /** @throws when the check is not there. */
  finding(check: CheckName): CheckFinding;
  /** `check:status[:reason]` of what is not in order. */
  readonly complaints: readonly string[];
  readonly text: string;
  readonly ms: number;
}

/** Runs a preflight, and checks what holds for every one. */
export async function inspect(
  connector: Connector,
  target: ConnectionTarget,
  request: Partial<PreflightRequest> = {},
  limits: Partial<ProbeLimits> = {},
): Promise<Inspected> {
  const startedMs = performance.now();
  const { probe, findings } = await connector.preflight(target, preflightRequest(request), quietLimits(limits));
  const ms = performance.now() - startedMs;
  const text = JSON.stringify({ probe, findings });
  const password = target.password.reveal();
  for (const spelling of [password, Buffer.from(password).toString('base64'), Buffer.from(password).toString('hex')]) {
    if (spelling !== '' && text.includes(spelling)) throw new Error('the password turned up in a preflight');
  }
  if (probe.steps.some((step) => step.status === 'fail') && findings.length > 0) {
    throw new Error('a preflight that did not arrive found something');
  }
  const names = findings.map((one) => one.check);
  if (new Set(names).size !== names.length) throw new Error('a check was found twice');
  for (const one of findings) judgeForm(one);
  return {
    probe,
    findings,
    finding(check) {
      const found = findings.find((one) => one.check === check);
      if (found === undefined) throw new Error(`${check} was not found`);
      return found;
    },
    complaints: findings
      .filter((one) => one.status === 'warn' || one.status === 'fail')
      .map((one) => [one.check, one.status, one.reason].join(':')),
    text,
    ms,
  };
}

function judgeForm(one: CheckFinding): void {
  expect(Object.keys(checks)).toContain(one.check);
  if (one.status === 'pass') expect(one.reason).toBeNull();
  if (one.status === 'warn' || one.status === 'fail') expect(Object.keys(reasons)).toContain(one.reason);
  expect(one.reason).not.toBe('UNCLASSIFIED');
  expect(one.ms).toBeGreaterThanOrEqual(0);
  for (const value of Object.values(one.evidence)) {
    expect(['string', 'number', 'boolean']).toContain(typeof value);
    if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
    if (typeof value === 'string') expect(value.length).toBeLessThanOrEqual(512);
  }
  expect(one.objects.length).toBeLessThanOrEqual(20);
  expect(one.statements.length).toBeLessThanOrEqual(60);
  expect(new Set(one.statements).size).toBe(one.statements.length);
  for (const line of [...one.objects, ...one.statements]) {
    expect(line.length).toBeGreaterThan(0);
    expect(line.length).toBeLessThanOrEqual(4_096);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  }
}

/** @param subject  Called inside each test, when the servers are there. */
export function keepsPreflightContract(subject: () => PreflightSubject): void {
  test('a good target passes the walk, and each check of the engine is found once and none fails', async () => {
    const { connector, good, request, checks: expected } = subject();
    const told = await inspect(connector, good, request);
    expect(told.probe.steps.filter((step) => step.status === 'fail')).toEqual([]);
    expect(told.findings.map((one) => one.check).sort()).toEqual([...expected].sort());
    expect(told.findings.filter((one) => one.status === 'fail')).toEqual([]);
  });

  test('no check is made that the engine has nothing to ask for', () => {
    const { connector, checks: expected } = subject();
    for (const name of expected) expect(checks[name].notFor).not.toContain(connector.engine);
  });

  test('a walk that fails is told and finds nothing', async () => {
    const { connector, bad, request } = subject();
    expect(bad.length).toBeGreaterThan(0);
    for (const target of bad) {
      const told = await inspect(connector, target, request);
      expect(told.probe.steps.filter((step) => step.status === 'fail')).toHaveLength(1);
      expect(told.findings).toEqual([]);
    }
  });

  test('reading needs no write privileges', async () => {
    const { connector, good, request, checks: expected } = subject();
    if (!expected.includes('writePrivileges')) return;
    const told = await inspect(connector, good, { ...request, purpose: 'read' });
    expect(told.finding('writePrivileges')).toMatchObject({ status: 'skip', reason: null });
  });

  test('a schema that is not there fails its check and is named', async () => {
    const { connector, good, checks: expected } = subject();
    if (!expected.includes('schemaUsage')) return;
    const told = await inspect(connector, good, { schemas: ['no such "schema'] });
    const found = told.finding('schemaUsage');
    expect(found.status).toBe('fail');
    expect(found.objects.join()).toContain('no such');
  });

  test('more schemas than anybody has do no harm', async () => {
    const { connector, good, request } = subject();
    const schemas = ['', '*', '%', "'; drop table x --", '\u0000', '__proto__', 'ä'.repeat(400), '\u001b[31m'];
    const told = await inspect(connector, good, { ...request, schemas });
    expect(told.probe.steps.filter((step) => step.status === 'fail')).toEqual([]);
    expect(told.findings.length).toBeGreaterThan(0);
  });

  test('the whole ends in time when nothing answers', async () => {
    const { connector, silent, request } = subject();
    if (silent === null) return;
    const told = await inspect(connector, silent, request, { totalMs: 1_500 });
    expect(told.findings).toEqual([]);
    expect(told.ms).toBeLessThan(2_000);
  });

  test('a caller that goes away ends it at once', async () => {
    const { connector, silent, request } = subject();
    if (silent === null) return;
    const leaving = new AbortController();
    setTimeout(() => leaving.abort(), 200);
    const told = await inspect(connector, silent, request, { signal: leaving.signal });
    expect(told.findings).toEqual([]);
    expect(told.ms).toBeLessThan(1_000);
  });
}
