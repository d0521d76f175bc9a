/**
 * What a row of the tables of hostile behaviours says: what the server does, and what may come of it.
 *
 * @module
 */
import type { Conversation } from './conversation.js';

export type Protocol = 'postgres' | 'mysql';

/** What a behaviour is given besides the conversation. */
export interface Props {
  /** The client's password: this server would like to have it. */
  readonly password: string;
  /** A text that must never come back out of the client. */
  readonly marker: string;
  /** A file of the client's machine whose content this server would like to have. */
  readonly file: string;
  /** From an authority the client is told to trust, for `localhost`. */
  readonly trusted: { readonly cert: string; readonly key: string };
  /** From an authority the client does not know. */
  readonly untrusted: { readonly cert: string; readonly key: string };
  /** Certificates of an authority chain nobody needs. */
  readonly ballast: string;
  /** Of the connections that met this behaviour, which one this is, from 0. */
  readonly visit: number;
}

export interface Behaviour {
  readonly name: string;
  readonly play: (conversation: Conversation, props: Props) => Promise<void>;
  /** What a probe may say: `passed`, or `stage:REASON`. */
  readonly expect: readonly string[];
  /** How the client is told to connect; `disable` when absent. */
  readonly tls?: 'disable' | 'prefer' | 'verify-full';
  /** Ends by the client's clock. */
  readonly isSlow?: boolean;
  /** The client believes that this server is on another machine. */
  readonly isStranger?: boolean;
  /** Verified TLS and a server that asks for the password: it may be shown. */
  readonly mayHavePassword?: boolean;
  /** Says a code that has no name: `UNCLASSIFIED` is right. */
  readonly isUnknownCode?: boolean;
  /** The whole play is repeated with the connection broken after each of so many bytes. */
  readonly cut?: { readonly bytes: number; readonly how: 'reset' | 'end' | 'silence' };
  /** Only in the long profile. */
  readonly isLong?: boolean;
}

/** Beginnings of `behaviours` that break off after every `step`th byte. */
export function cutEverywhere(
  name: string,
  totalBytes: number,
  step: number,
  how: 'reset' | 'end' | 'silence',
  rest: Pick<Behaviour, 'play' | 'expect' | 'isSlow' | 'isLong' | 'tls'>,
): Behaviour[] {
  const rows: Behaviour[] = [];
  for (let bytes = 0; bytes < totalBytes; bytes += step) {
    rows.push({ ...rest, name: `${name} after ${bytes} bytes`, cut: { bytes, how } });
  }
  return rows;
}
