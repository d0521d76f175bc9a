/** `latchkey doctor`: what a careful operator would look at, in one go. @module */
import { statSync } from 'node:fs';
import { Command } from 'commander';
import type { App } from '../app.js';
import { type Config, loadConfig } from '../config/index.js';
import { CommandEnd, exitCodes, table } from './output.js';
import { openHouse, outputOf } from './session.js';
import { everyPage } from './users.js';

interface Finding {
  readonly check: string;
  /** `fail`: mend it; `advice`: better another way; `ok`. */
  readonly state: 'ok' | 'advice' | 'fail';
  readonly text: string;
}

const dayMs = 86_400_000;

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check this installation; exit code 1 when something needs a hand')
    .addHelpText('after', '\nExample:\n  latchkey doctor --json')
    .action(async (_options: unknown, command: Command) => {
      const output = outputOf(command);
      const { config } = loadConfig();
      const app = await openHouse(config, { log: 'errors-only' });
      let findings: Finding[];
      try {
        findings = await examine(config, app);
      } finally {
        await app.close();
      }
      output.answer(
        { findings },
        table(
          ['CHECK', 'STATE', { heading: 'FINDING', long: 'wrap' }],
          findings.map((one) => [one.check, one.state, one.text]),
        ),
      );
      if (findings.some((one) => one.state === 'fail')) throw new CommandEnd(exitCodes.answerIsNo, '');
    });
}

async function examine(config: Config, app: App): Promise<Finding[]> {
  const trail = await app.audit.verify();
  const certificate = await app.listenerCertificate();
  const daysLeft = Math.floor((certificate.notAfterMs - app.clock.nowMs()) / dayMs);
  return [
    finding('store answers', await app.isStoreReady(), 'our own tables can be read', 'the store does not answer'),
    finding(
      'data folder is private',
      (statSync(config.dataDir).mode & 0o077) === 0,
      'only its owner may enter',
      'others may enter it: chmod 700',
    ),
    finding(
      'administrator',
      !(await app.identity.setup.isNeeded()),
      'there is one',
      'there is none yet: latchkey admin create <name>',
    ),
    finding(
      'audit trail',
      trail.ok,
      `${trail.records} events, unbroken`,
      `${trail.findings.length} findings: latchkey audit verify`,
    ),
    await sourcesFinding(app),
    finding(
      'listener certificate',
      daysLeft > 14,
      `${daysLeft} days left`,
      `${daysLeft} days left: replace https.certificateFile`,
    ),
    advice(
      'certificate is trusted',
      config.httpsCertificateFile !== null,
      'configured by the operator',
      'self-signed, made here: set https.certificateFile and https.keyFile for clients of other machines',
    ),
    advice(
      'API key values',
      config.apiKeysListTokens === 'masked',
      'not kept',
      'kept sealed for their owners: set apiKeys.listTokens to masked unless a client needs them listed',
    ),
    advice(
      'connection tests',
      config.workflowsAccess === 'authenticated',
      'ask for a credential',
      'open to every user of this machine: set workflows.access to authenticated on shared machines',
    ),
    advice(
      'targets',
      config.targetsAllow.length > 0,
      `${config.targetsAllow.length} listed`,
      'any reachable database may be dialled: list them in targets.allow',
    ),
    advice(
      'master key',
      config.masterKey !== null || config.masterKeyFile !== null,
      'kept by the operator',
      'in the data folder beside what it seals: keep it elsewhere with masterKeyFile, and back it up',
    ),
  ];
}

/** Names that are told; of more, how many. */
const maxNamed = 10;

/** By their last check: whichever is not checked on a schedule says nothing here. */
async function sourcesFinding({ sources, operator }: App): Promise<Finding> {
  const all = await everyPage((page) => sources.registry.list(operator(), {}, page));
  const failing = all.filter((one) => one.health.state === 'failing');
  const degraded = all.filter((one) => one.health.state === 'degraded');
  const checked = all.filter((one) => one.checkEveryMinutes !== null).length;
  const check = 'sources';
  if (failing.length + degraded.length === 0) {
    return { check, state: 'ok', text: `${all.length} kept, ${checked} checked on a schedule, none failing` };
  }
  const told = [...failing, ...degraded].slice(0, maxNamed).map(({ name, health }) => {
    return `${name} (${health.state}${health.reason === null ? '' : `: ${health.reason} at ${health.stage}`})`;
  });
  const left = failing.length + degraded.length - told.length;
  const counts = `${failing.length} of ${all.length} failing, ${degraded.length} degraded`;
  const text = `${counts}: ${told.join(', ')}${left === 0 ? '' : ` and ${left} more`}; latchkey source test <name> says why`;
  return { check, state: failing.length > 0 ? 'fail' : 'advice', text };
}

function finding(check: string, isGood: boolean, good: string, bad: string): Finding {
  return isGood ? { check, state: 'ok', text: good } : { check, state: 'fail', text: bad };
}

function advice(check: string, isGood: boolean, good: string, better: string): Finding {
  return isGood ? { check, state: 'ok', text: good } : { check, state: 'advice', text: better };
}
