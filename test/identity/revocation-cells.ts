/**
 * What each event does to each kind of credential, as it was decided: docs/security/revocation.md shows this table, and
 * tests bring every cell about. Whatever dies is refused from the moment on in which the event is acknowledged.
 *
 * @module
 */
import type { CredentialKind } from '../../src/access/index.js';

/**
 * Kinds that a stranger can present; the two local ones are nobody's to revoke. What a test presents of each kind; all belong to one user, who is a service account for `client_secret`.
 *
 * - `precrime_token`: the token of a sign-in
 * - `cloudio_session`: the token of a sign-in, with its csrf value
 * - `onedb_token`: the token of a sign-in
 * - `native_token`: a token that was issued on another session of the user than the one that logs out, and on no key
 * - `console_session`: the cookie of a sign-in to the console
 * - `api_key`: a key of the user; of `key_delete`, the key that is deleted
 * - `client_secret`: name and password of a service account as they were before the event
 */
export const revocableKinds = [
  'precrime_token',
  'cloudio_session',
  'onedb_token',
  'native_token',
  'console_session',
  'api_key',
  'client_secret',
] as const satisfies readonly Exclude<CredentialKind, 'cli' | 'loopback'>[];

export type RevocableKind = (typeof revocableKinds)[number];

/** Event → what brings it about. */
export const revocationEvents = {
  logout: '`logout` with the credential in question; for others than sessions, of a session of the same user',
  logout_all: '`sessions.logoutEverywhere`, by the user',
  admin_revoke: '`revocations.revokeUser` with API keys',
  password_change: '`changePassword`, by the user',
  reset: '`users.resetPassword` to a temporary password',
  disable: '`users.disable`',
  delete: '`users.remove`',
  role_change: '`users.set` takes a role away',
  tenant_removal: '`organisations.remove`',
  key_delete: '`apiKeys.remove` or `removeById`',
  epoch_bump: '`revocations.revokeInstall` with API keys',
  restore: 'a backup from before is put back, which ends with `revocations.revokeInstall` with API keys',
} as const satisfies Readonly<Record<string, string>>;

export type RevocationEvent = keyof typeof revocationEvents;

export interface RevocationCell {
  /** `narrows`: accepted, with what the roles allow at that moment and no more. */
  readonly verdict: 'dies' | 'lives' | 'narrows';
  readonly why: string;
}

type Verdicts = Readonly<Record<RevocableKind, RevocationCell>>;

const dies = (why: string): RevocationCell => ({ verdict: 'dies', why });
const lives = (why: string): RevocationCell => ({ verdict: 'lives', why });
const narrows = (why: string): RevocationCell => ({ verdict: 'narrows', why });

/** The kinds that are sessions behind a token go together; `native` where a token of our own API differs. */
function row(sessions: RevocationCell, rest: Omit<Partial<Verdicts>, 'console_session'> = {}): Verdicts {
  const { native_token = sessions, api_key = sessions, client_secret = sessions } = rest;
  return {
    precrime_token: sessions,
    cloudio_session: sessions,
    onedb_token: sessions,
    native_token,
    console_session: sessions,
    api_key,
    client_secret,
  };
}

const apart = 'A key is a credential of its own; whoever signs out or changes a password does not stop machines.';
const stillKnown = 'The password is the same, and whoever knows it may sign in again.';
const notTheSame = 'The password is no longer the one of the account.';

export const revocationMatrix: Readonly<Record<RevocationEvent, Verdicts>> = {
  logout: row(dies('It is the session that ended, together with every token that was issued on it.'), {
    native_token: dies('As its own session; one that was issued on another session dies with that one.'),
    api_key: lives(apart),
    client_secret: lives(stillKnown),
  }),
  logout_all: row(dies('Every session of the user ended.'), {
    api_key: lives(apart),
    client_secret: lives(stillKnown),
  }),
  admin_revoke: row(dies('Everything that was issued to the user before is refused.'), {
    client_secret: lives('Revoking takes what was issued; `disable` or `reset` takes the password.'),
  }),
  password_change: row(dies('Whoever got in by the old password is out.'), {
    api_key: lives(apart),
    client_secret: dies(notTheSame),
  }),
  reset: row(dies('Whoever got in by the old password is out.'), {
    api_key: dies('Until the user has chosen a password: whose account it is, is open until then.'),
    client_secret: dies(notTheSame),
  }),
  disable: row(dies('Every session of the user ended; enabling brings none back.'), {
    api_key: dies('While the account is disabled; enabling brings keys back.'),
    client_secret: dies('While the account is disabled.'),
  }),
  delete: row(dies('There is nobody it would stand for.')),
  role_change: row(narrows('Rights are what the roles give at the request, not what they gave at the sign-in.')),
  tenant_removal: row(dies('Users, keys and sessions go with their organisation.')),
  key_delete: row(lives('A session is not issued on a key.'), {
    native_token: lives('Unless it was issued on that key: then it dies with it.'),
    api_key: dies('There is no such key.'),
  }),
  epoch_bump: row(dies('Everything that was issued in this install before is refused.'), {
    client_secret: lives(stillKnown),
  }),
  restore: row(dies('What was revoked after the backup would be back: nothing from before is taken.'), {
    client_secret: lives('Passwords are those of the backup, for without them nobody could sign in again.'),
  }),
};
