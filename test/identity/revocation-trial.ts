/**
 * One cell of the revocation matrix brought about: a user with a credential of a kind, which is used all the time while
 * the event happens, and then again and again by many at once.
 *
 * @module
 */
import { join } from 'node:path';
import type { Principal } from '../../src/access/index.js';
import type { TokenFamily } from '../../src/identity/index.js';
import { AppError } from '../../src/kernel/errors.js';
import { Secret } from '../../src/kernel/secret.js';
import { apiKey, goodPassword, type House, operator, origin } from './house.js';
import type { RevocableKind, RevocationEvent } from './revocation-cells.js';

const nextPassword = 'velvet lantern walnut harbour';

/** A user in an organisation of its own, and its credential. */
export interface Trial {
  readonly house: House;
  readonly username: string;
  readonly organisation: string;
  readonly kind: RevocableKind;
  /** Who holds it may do this much: `null`, it is refused. Never throws for another reason than its bytes. */
  readonly use: () => Promise<readonly string[] | null>;
  /** Ends what the credential is, or a session beside it. */
  readonly logout: () => Promise<void>;
  readonly keyId: string;
}

const familyOf = {
  precrime_token: 'precrime',
  cloudio_session: 'cloudio',
  onedb_token: 'onedb',
} as const satisfies Partial<Record<RevocableKind, TokenFamily>>;

let count = 0;

export async function prepareTrial(house: House, kind: RevocableKind): Promise<Trial> {
  count += 1;
  const [username, organisation] = [`subject-${count}`, `tenant-${count}`];
  await house.identity.organisations.add(operator, { uid: organisation, name: organisation });
  await house.addUser(username, {
    kind: kind === 'client_secret' ? 'service' : 'person',
    organisationUid: organisation,
    roles: ['member', 'administrator'],
  });
  const key = await house.identity.apiKeys.addFor(operator, username, { name: 'k' });
  const session = async () => house.authenticate((await house.login(username)).token, 'precrime_token');
  const trial = { house, username, organisation, kind, keyId: key.id };
  const logoutOf = (principal: Principal) => () => house.identity.logout(principal, origin);

  switch (kind) {
    case 'precrime_token':
    case 'cloudio_session':
    case 'onedb_token': {
      const { token, csrf } = await house.login(username, goodPassword, familyOf[kind]);
      const use = () => house.authenticate(token, kind, csrf);
      return { ...trial, use: allowedBy(use), logout: logoutOf(await use()) };
    }
    case 'native_token': {
      const { token } = await house.identity.nativeTokens.issue(await session(), { scopes: null }, origin);
      const use = () => house.authenticate(token, kind);
      return { ...trial, use: allowedBy(use), logout: logoutOf(await use()) };
    }
    case 'console_session': {
      const { token } = await house.login(username, goodPassword, 'console');
      const presented = { shape: 'cookie', value: token, csrf: null, isReadOnly: true } as const;
      const use = async () => house.identity.authenticate({ presented, accepts: [kind], origin });
      return { ...trial, use: allowedBy(use), logout: logoutOf(await use()) };
    }
    case 'api_key': {
      const input = { presented: apiKey(key.value), accepts: ['api_key'] as const, origin };
      const use = allowedBy(async () => house.identity.authenticate(input));
      return { ...trial, use, logout: logoutOf(await session()) };
    }
    case 'client_secret': {
      const input = { clientId: username, secret: new Secret(goodPassword), origin };
      const use = allowedBy(() => house.identity.authenticateClient(input));
      return { ...trial, use, logout: logoutOf(await session()) };
    }
  }
}

/** A refusal says `unauthenticated`; everything else it could say would hide what we want to know. */
function allowedBy(use: () => Promise<Principal>): Trial['use'] {
  return async () => {
    try {
      return [...(await use()).allowed];
    } catch (error) {
      if (error instanceof AppError && error.kind === 'unauthenticated') return null;
      throw error;
    }
  };
}

/** Brings the event about; when it resolves, it is acknowledged. */
export async function bringAbout(event: RevocationEvent, trial: Trial): Promise<void> {
  const { house, username, organisation } = trial;
  const { identity } = house;
  switch (event) {
    case 'logout':
      return trial.logout();
    case 'logout_all': {
      const session = await house.authenticate((await house.login(username)).token, 'precrime_token');
      await identity.sessions.logoutEverywhere(session, origin);
      return;
    }
    case 'admin_revoke':
      await identity.revocations.revokeUser(operator, username, { apiKeys: true });
      return;
    case 'password_change': {
      const [old, next] = [new Secret(goodPassword), new Secret(nextPassword)];
      return identity.changePassword({ username, old, next, origin });
    }
    case 'reset':
      return identity.users.resetPassword(operator, username, { password: new Secret(nextPassword), mustChange: true });
    case 'disable':
      return identity.users.disable(operator, username);
    case 'delete':
      return identity.users.remove(operator, username);
    case 'role_change':
      await identity.users.set(operator, username, { removeRoles: ['administrator'] });
      return;
    case 'tenant_removal':
      await identity.organisations.remove(operator, organisation);
      return;
    case 'key_delete':
      return identity.apiKeys.removeById(operator, trial.keyId);
    case 'epoch_bump':
      await identity.revocations.revokeInstall(operator, { apiKeys: true });
      return;
    case 'restore': {
      if (house.store.engine === 'postgres') {
        // Whatever puts its tables back, the word that it was done is given afterwards.
        await house.restart();
        await house.identity.revocations.revokeInstall(operator, { apiKeys: true, reason: 'restored' });
        return;
      }
      const to = join(house.folder, `${username}.backup`);
      await house.store.backUp({ to, replace: false });
      return house.restart(to);
    }
  }
}

/** What uses gave: how many were accepted, and whether any of those could still do what was taken away. */
export interface Uses {
  readonly accepted: number;
  readonly refused: number;
  readonly wide: number;
}

const taken = 'directory.manage';

/** So many uses, so many of them at a time. */
export async function useOften(use: Trial['use'], times: number, atOnce: number): Promise<Uses> {
  const uses = { accepted: 0, refused: 0, wide: 0 };
  let left = times;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left > 0) {
        left -= 1;
        const allowed = await use();
        if (allowed === null) uses.refused += 1;
        else uses.accepted += 1;
        if (allowed?.includes(taken) === true) uses.wide += 1;
      }
    }),
  );
  return uses;
}

/**
 * Uses the credential until it is held in memory, brings the event about while it is used on, and then uses it again.
 *
 * @returns what the uses gave that began after the acknowledgement.
 */
export async function runTrial(event: RevocationEvent, trial: Trial, times: number): Promise<Uses> {
  for (let round = 0; round < 3; round += 1) {
    if ((await trial.use()) === null) throw new Error(`${trial.kind} was no good before ${event}`);
    // What a look-up gave is held once the store was asked what else changed.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  let isOver = false;
  // While the store is put away nobody can be asked; before and after it they can.
  const meanwhile = event === 'restore' ? Promise.resolve() : useUntil(trial.use, () => isOver);
  await bringAbout(event, trial);
  const uses = await useOften(trial.use, times, trial.kind === 'client_secret' ? 4 : 20);
  isOver = true;
  await meanwhile;
  return uses;
}

async function useUntil(use: Trial['use'], isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    await use();
    // Lets others have a turn; what is held is given without one.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
