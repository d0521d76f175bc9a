/**
 * The only maker of principals: who is asking, from exactly one proved credential, with the rights its roles give at
 * this moment.
 *
 * @module
 */
import { LRUCache } from 'lru-cache';
import { type Action, actions, type CredentialKind, type Principal } from '../access/index.js';
import { type Profile, type TokenFamily, tokenFamilies } from './model.js';

export const credentialKindOf = {
  precrime: 'precrime_token',
  cloudio: 'cloudio_session',
  onedb: 'onedb_token',
  native: 'native_token',
  console: 'console_session',
} as const satisfies Record<TokenFamily, CredentialKind>;

const known: ReadonlySet<string> = new Set(actions);

/** What a principal was made from: its own, so that nobody has to keep a list of all that are alive. */
const madeFrom = Symbol('profile');

/**
 * Who a principal is, as the gate knew it when it let them in: for answers that are given in the same breath. Whoever
 * goes on working for longer looks it up.
 *
 * @returns `null` for a local principal, which is nobody's account.
 */
export function profileBehind(principal: Principal): Profile | null {
  return (principal as { readonly [madeFrom]?: Profile })[madeFrom] ?? null;
}

/** Who may make an account, or give one a password, reaches every source as that account. */
const beyondSources: ReadonlySet<string> = new Set<Action>(['directory.manage']);

/**
 * @param scopes  What the credential itself was narrowed to; it takes from what the roles allow and never adds. Absent:
 *                the credential narrows nothing.
 * @param sources What it reaches; with a list, whatever would lead beyond it is taken as well.
 */
export function principalOf(
  profile: Profile,
  credential: Principal['credential'],
  scopes: readonly Action[] = actions,
  sources: Principal['sources'] = null,
): Principal {
  const { user, organisation, roles } = profile;
  const narrowed: ReadonlySet<string> = new Set(scopes);
  const fields = {
    userId: user.id,
    username: user.username,
    userKind: user.kind,
    organisationId: organisation.id,
    organisationUid: organisation.uid,
    credential: sealCredential(credential),
    roleIds: idsOf(roles),
    // A name the law does not know grants nothing, wherever it came from.
    allowed: setOf(
      roles
        .flatMap((role) => role.allowed)
        .filter((action) => known.has(action) && narrowed.has(action))
        .filter((action) => sources === null || !beyondSources.has(action)),
    ),
    sources: sources === null ? null : Object.freeze([...sources]),
    claims: user.claims,
  };
  // Not to be counted among the others: a copy with other rights was made from nothing.
  return seal(Object.defineProperty(fields, madeFrom, { value: profile }));
}

/** Field by field: the engine gives each frozen copy of an object a shape of its own, and looks fields up by shape. */
function sealCredential({ kind, id, expiresAtMs, issuedOnKeyId }: Principal['credential']): Principal['credential'] {
  return Object.freeze(
    issuedOnKeyId === undefined ? { kind, id, expiresAtMs } : { kind, id, expiresAtMs, issuedOnKeyId },
  );
}

const knownSets = new LRUCache<string, ReadonlySet<Action>>({ max: 1_000 });

/** Most principals may do what thousands of others may. */
function setOf(allowed: readonly Action[]): ReadonlySet<Action> {
  const text = allowed.join();
  const before = knownSets.get(text);
  if (before !== undefined) return before;
  const made = new Set(allowed);
  knownSets.set(text, made);
  return made;
}

const knownIds = new WeakMap<Profile['roles'], Principal['roleIds']>();

/** Thousands have the very same list. */
function idsOf(roles: Profile['roles']): Principal['roleIds'] {
  const before = knownIds.get(roles);
  if (before !== undefined) return before;
  const made = Object.freeze(roles.map((role) => role.id));
  knownIds.set(roles, made);
  return made;
}

/** `cli`: the operator of this machine, who may do everything. `loopback`: may test connections from it. */
const localActions: Readonly<Record<'cli' | 'loopback', readonly Action[]>> = {
  cli: actions,
  loopback: ['connections.test', 'connections.diagnose'],
};

export function localPrincipal(kind: 'cli' | 'loopback'): Principal {
  return seal({
    userId: null,
    username: kind,
    userKind: null,
    organisationId: null,
    organisationUid: null,
    credential: Object.freeze({ kind, id: null, expiresAtMs: null }),
    roleIds: Object.freeze([]),
    allowed: new Set(localActions[kind]),
    sources: null,
    claims: new Map(),
  });
}

function seal(fields: { readonly [Name in Exclude<keyof Principal, symbol>]: Principal[Name] }): Principal {
  return Object.freeze(fields) as Principal;
}

/** The family whose session the principal holds; `null` when its credential is no session. */
export function familyOfCredential(principal: Principal): TokenFamily | null {
  return tokenFamilies.find((family) => credentialKindOf[family] === principal.credential.kind) ?? null;
}
