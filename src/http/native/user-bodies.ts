/**
 * Bodies of `/admin/v1/users`: shapes here; what a name, a password or a claim may be is judged by identity.
 *
 * @module
 */
import Type from 'typebox';
import type { NewUser, UserChange } from '../../identity/index.js';
import { Secret } from '../../kernel/secret.js';
import { httpErrors } from '../errors.js';
import type { Body } from '../kit/body.js';
import { onlyMembers } from '../kit/members.js';
import { nullable } from '../kit/schemas.js';
import { shape } from '../kit/shape.js';

export const userKinds = ['person', 'service', 'api'] as const satisfies readonly NewUser['kind'][];
type UserKind = (typeof userKinds)[number];

const text = Type.String({ minLength: 1 });
const optionalText = Type.Optional(nullable(Type.String()));
/** The end of the year 9999: what comes after has another form when it is written out, and some of it none. */
const lastInstantMs = 253_402_300_799_999;
const instant = Type.Optional(nullable(Type.Integer({ minimum: 0, maximum: lastInstantMs })));
const names = Type.Optional(Type.Array(Type.String(), { maxItems: 100 }));
const claims = Type.Optional(Type.Record(Type.String(), Type.String()));
const flag = Type.Optional(Type.Boolean());
const isTrue = Type.Optional(Type.Literal(true));

export const newUser = Type.Object({
  kind: Type.Enum([...userKinds], { type: 'string' }),
  username: text,
  organisation: text,
  displayName: optionalText,
  email: optionalText,
  firstName: optionalText,
  lastName: optionalText,
  roles: names,
  claims,
  password: optionalText,
  generatePassword: isTrue,
  mustChange: flag,
});
export const userChange = Type.Object({
  displayName: Type.Optional(Type.String()),
  email: optionalText,
  firstName: optionalText,
  lastName: optionalText,
  passwordExpiresAtMs: instant,
  lockedUntilMs: instant,
  addRoles: names,
  removeRoles: names,
  setClaims: claims,
  removeClaims: names,
});
export const passwordOrder = Type.Object({
  password: Type.Optional(Type.String()),
  generate: isTrue,
  mustChange: flag,
});

const readNew = shape(newUser);
const readChange = shape(userChange);
const readPassword = shape(passwordOrder);

/** What is to become of a password. */
export interface PasswordOrder {
  /** `null`: one is made. */
  readonly password: Secret | null;
  readonly mustChange: boolean;
}

export interface NewUserOrder {
  readonly user: Omit<NewUser, 'password'>;
  readonly password: Secret | 'none' | 'made';
}

/** @throws `http.body_shape_invalid` · `http.member_unknown` · `http.field_missing` · `http.field_invalid` */
export function decodeNewUser(body: Body): NewUserOrder {
  const sent = readNew(onlyMembers(body, Object.keys(newUser.properties)));
  const { kind, username, organisation, displayName, email, firstName, lastName, roles, password } = sent;
  const isMade = sent.generatePassword === true;
  if (isMade && typeof password === 'string') throw oneOfBoth('generatePassword');
  const user = {
    ...{ kind, username, organisationUid: organisation },
    ...(typeof displayName === 'string' ? { displayName } : {}),
    ...(typeof email === 'string' ? { email } : {}),
    ...(typeof firstName === 'string' ? { firstName } : {}),
    ...(typeof lastName === 'string' ? { lastName } : {}),
    ...(roles === undefined ? {} : { roles }),
    ...(sent.claims === undefined ? {} : { claims: mapOf(sent.claims) }),
    mustChange: isTemporary(kind, isMade, sent.mustChange ?? (isMade && kind === 'person')),
  };
  return { user, password: isMade ? 'made' : typeof password === 'string' ? new Secret(password) : 'none' };
}

/** Only what was sent changes. @throws as {@link decodeNewUser} */
export function decodeUserChange(body: Body): UserChange {
  const { setClaims, ...sent } = readChange(onlyMembers(body, Object.keys(userChange.properties)));
  const change: UserChange = Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined));
  return setClaims === undefined ? change : { ...change, setClaims: mapOf(setClaims) };
}

/** @throws as {@link decodeNewUser} */
export function decodePassword(body: Body, kind: UserKind): PasswordOrder {
  const { password, generate, mustChange } = readPassword(onlyMembers(body, Object.keys(passwordOrder.properties)));
  const isMade = generate === true;
  if (isMade && password !== undefined) throw oneOfBoth('generate');
  if (!isMade && password === undefined) throw httpErrors.field_missing({ details: { field: 'password' } });
  return {
    password: password === undefined ? null : new Secret(password),
    // Whoever chose it for somebody must not go on knowing it (ASVS 6.4.6); a machine cannot choose another.
    mustChange: isTemporary(kind, isMade, mustChange ?? kind === 'person'),
  };
}

/** A password that was made for a person was seen by somebody else, and so is never theirs to keep (ASVS 6.4.1). */
function isTemporary(kind: UserKind, isMade: boolean, mustChange: boolean): boolean {
  if (!mustChange && isMade && kind === 'person') {
    const fix = 'Leave it out: a password that is made for a person is temporary.';
    throw httpErrors.field_invalid({ details: { field: 'mustChange', fix } });
  }
  return mustChange;
}

function oneOfBoth(field: string): Error {
  return httpErrors.field_invalid({ details: { field, fix: `Send password or ${field}, not both.` } });
}

function mapOf(members: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(members));
}
