/** From values of the house to onedb bodies. @module */
import type { SignIn } from '../../../identity/index.js';
import type { TrxId } from './decode.js';

/** Identifiers the published API gives its sign-in answers; 12 and 13 are ours. */
export const answerIds = { granted: 10, refused: 11, unusable: 12, unavailable: 13 } as const;

export function presentToken({ token }: SignIn): object {
  return { id: answerIds.granted, message: 'Token has been generated!', success: true, token: token.reveal() };
}

/**
 * The failure of one item, as JSON text: `JSON.stringify` knows no integers beyond 2⁵³, and a transaction id is echoed
 * as it was sent.
 */
export function itemFailureText(trxId: TrxId, message: string): string {
  return `{"trxId":${trxId === null ? 'null' : String(trxId)},"success":false,"message":${JSON.stringify(message)}}`;
}
