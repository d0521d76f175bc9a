/**
 * An installation from the inside: accounts, keys, sources and grants are made as the terminal makes them, and only what
 * is measured goes over sockets.
 *
 * @module
 */
import { type App, openApp } from '../src/app.js';
import { loadConfig } from '../src/config/index.js';
import { Secret } from '../src/kernel/secret.js';
import type { Installation } from '../test/e2e/support/program.js';

/** Of every account of the bench. */
export const password = 'quiet river stone bridge lantern';
export const organisation = 'bench';

export interface House {
  readonly app: App;
  readonly operator: ReturnType<App['operator']>;
  /** A service account with a password; `roles` absent: `member`. */
  addAccount(username: string, roles?: readonly string[]): Promise<void>;
  /** @returns the value of a new key. */
  addKey(username: string): Promise<string>;
}

export async function openHouse<T>(installation: Installation, work: (house: House) => Promise<T>): Promise<T> {
  const { PATH: _, HOME: __, ...settings } = installation.environment;
  const { config } = loadConfig({ environment: settings, folder: installation.dataDir });
  const app = await openApp(config, { log: 'errors-only' });
  try {
    const operator = app.operator();
    const known = await app.identity.organisations.list(operator, { limit: 10 });
    if (!known.items.some(({ uid }) => uid === organisation)) {
      await app.identity.organisations.add(operator, { uid: organisation, name: 'Bench' });
    }
    return await work({
      ...{ app, operator },
      async addAccount(username, roles) {
        await app.identity.users.add(operator, {
          ...{
            kind: 'service',
            username,
            organisationUid: organisation,
            password: new Secret(password),
          },
          ...(roles === undefined ? {} : { roles }),
        });
      },
      async addKey(username) {
        const { value } = await app.identity.apiKeys.addFor(operator, username, { name: 'bench' });
        return value?.reveal() ?? '';
      },
    });
  } finally {
    await app.close();
  }
}
