/**
 * What can be said about a target without touching the network: whether its host is one, and whether its certificates
 * are. The rooms that read requests ask here, so that there is one grammar for what is accepted and what is dialled.
 *
 * @module
 */
import { isLoopbackHost, parseHost } from './host-grammar.js';
import { isCertificatePem, judgeClientPair } from './pem.js';
import { assumedTlsMode } from './tls-modes.js';

export const targetSyntax = {
  /** The canonical spelling of a host; `null` when it is not exactly one host. */
  canonicalHost(text: string): string | null {
    return parseHost(text)?.text ?? null;
  },
  /** The TLS mode of a target that names none. @param host  Canonical. */
  assumedTlsMode(host: string) {
    const parsed = parseHost(host);
    return assumedTlsMode(parsed !== null && isLoopbackHost(parsed));
  },
  isCertificatePem,
  judgeClientPair,
} as const;
