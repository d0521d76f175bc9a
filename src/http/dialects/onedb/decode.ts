/** From onedb bodies to what the use-cases take. @module */
import { Secret } from '../../../kernel/secret.js';
import { httpErrors } from '../../errors.js';
import type { Body } from '../../kit/body.js';
import { shape } from '../../kit/shape.js';
import { isJsonObject, type JsonObject } from '../../kit/strict-json.js';
import type { Query } from '../../kit/url.js';
import { authenticateBody, maxItems } from './schemas.js';

const asAuthenticate = shape(authenticateBody);

export function decodeAuthenticate(body: Body): { username: string; password: Secret } {
  const { username, password } = asAuthenticate(body);
  return { username, password: new Secret(password) };
}

/** Any JSON integer, of any size; `null` stands for missing or not an integer. */
export type TrxId = number | bigint | null;

export interface VaultItem {
  readonly trxId: TrxId;
}

export interface VaultRequest {
  readonly mode: 'single' | 'multiple';
  readonly items: readonly VaultItem[];
}

/**
 * Decodes a tokenize or detokenize request. The valueless query keys `single` and `multiple` choose the mode; without
 * either, the body does.
 *
 * @throws `http.body_shape_invalid` when both keys are there, when one contradicts the body, when an item is not an
 * object, or when there are more than {@link maxItems}.
 */
export function decodeVaultRequest(body: Body, query: Query): VaultRequest {
  const isSingle = query.has('single');
  const isMultiple = query.has('multiple');
  if (isSingle && isMultiple) throw httpErrors.body_shape_invalid();
  if (Array.isArray(body)) {
    if (isSingle || body.length > maxItems) throw httpErrors.body_shape_invalid();
    return { mode: 'multiple', items: body.map(decodeItem) };
  }
  if (isMultiple) throw httpErrors.body_shape_invalid();
  return { mode: 'single', items: [decodeItem(body)] };
}

function decodeItem(item: unknown): VaultItem {
  if (!isJsonObject(item)) throw httpErrors.body_shape_invalid();
  return { trxId: decodeTrxId(item) };
}

function decodeTrxId(item: JsonObject): TrxId {
  const { trxId } = item;
  if (typeof trxId === 'bigint') return trxId;
  return typeof trxId === 'number' && Number.isInteger(trxId) ? trxId : null;
}
