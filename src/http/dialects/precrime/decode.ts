/** From precrime bodies to what the use-cases take. Passwords and key values are wrapped the moment they are read. @module */
import { Secret } from '../../../kernel/secret.js';
import { httpErrors } from '../../errors.js';
import type { Body } from '../../kit/body.js';
import { shape } from '../../kit/shape.js';
import { isJsonObject } from '../../kit/strict-json.js';
import { addKeyBody, deleteKeyBody, loginBody, passwordBody } from './schemas.js';

const asLogin = shape(loginBody);
const asPassword = shape(passwordBody);
const asAddKey = shape(addKeyBody);
const asDeleteKey = shape(deleteKeyBody);

export function decodeLogin(body: Body): { username: string; password: Secret } {
  const { username, password } = asLogin(lowerCaseNames(body));
  return { username, password: new Secret(password) };
}

/** @throws `http.field_invalid` when the new password and its confirmation differ. */
export function decodePasswordChange(body: Body): { username: string; old: Secret; next: Secret } {
  const sent = asPassword(lowerCaseNames(body));
  if (sent.new !== sent.confirm) throw httpErrors.field_invalid({ details: { field: 'confirm' } });
  return { username: sent.username, old: new Secret(sent.old), next: new Secret(sent.new) };
}

export function decodeKeyName(body: Body): { name: string } {
  return { name: asAddKey(lowerCaseNames(body)).name };
}

/** The key to delete: property `text`, or the text itself as a JSON string or a plain body. */
export function decodeKeyReference(body: Body): Secret {
  const text = typeof body === 'string' ? body.trim() : asDeleteKey(lowerCaseNames(body)).text;
  if (text === '') throw httpErrors.field_missing({ details: { field: 'text' } });
  return new Secret(text);
}

/** @throws `http.body_shape_invalid` for anything but an object, or two names that differ in case only. */
function lowerCaseNames(body: Body): Record<string, unknown> {
  if (!isJsonObject(body)) throw httpErrors.body_shape_invalid();
  const lower: Record<string, unknown> = Object.create(null);
  for (const [name, value] of Object.entries(body)) {
    const key = name.toLowerCase();
    if (Object.hasOwn(lower, key)) throw httpErrors.body_shape_invalid();
    lower[key] = value;
  }
  return lower;
}
