/**
 * TLS on a dialled socket, for the engines that switch to it in mid-conversation. The handshake always completes or
 * breaks by itself; whether the peer is who it should be is judged here, by code, and told with a typed reason.
 *
 * @module
 */
import { type KeyObject, X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { checkServerIdentity, connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import type { Secret } from '../kernel/secret.js';
import { cleanText } from './clean-text.js';
import { classifyConnectFault, type DialReason } from './dial.js';
import { parseHost } from './host-grammar.js';
import { planTls, type TlsMode } from './tls-modes.js';

export type TlsReason =
  | 'TLS_UNTRUSTED_ISSUER'
  | 'TLS_SELF_SIGNED'
  | 'TLS_NAME_MISMATCH'
  | 'TLS_EXPIRED'
  | 'TLS_NOT_YET_VALID'
  | 'TLS_VERSION_OR_CIPHER'
  | 'TLS_CLIENT_CERT_INVALID'
  | 'TLS_CLIENT_CERT_REQUIRED'
  | 'TLS_CLIENT_CERT_KEY_MISMATCH';

export interface TlsSettings {
  readonly mode: TlsMode;
  /** PEM trust anchors; absent: the system's. */
  readonly ca?: string;
  readonly clientCertificate?: string;
  readonly clientKey?: Secret;
}

export type TlsEvidence = Readonly<Record<string, string | number | boolean>>;

export type TlsOutcome =
  | {
      readonly ok: true;
      readonly socket: TLSSocket;
      /** Chain and, where the mode asks for it, name were checked: a password may be shown to this peer. */
      readonly isVerified: boolean;
      /** What a check would have said, where the mode does not ask for one. */
      readonly doubt: TlsReason | null;
      readonly evidence: TlsEvidence;
    }
  | { readonly ok: false; readonly reason: TlsReason | DialReason; readonly evidence: TlsEvidence };

/**
 * Makes a TLS session of at least 1.2 over a connected socket.
 *
 * @param socket   From the dialler; nothing may be left unread in it. Closed when the outcome is not ok.
 * @param host     As dialled: the name to check and to send as SNI (addresses are never sent, RFC 6066 §3).
 * @param nowMs    Milliseconds since the epoch, for the days a certificate has left.
 * @param signal   Aborted when the time is up; the outcome then has reason `STAGE_TIMEOUT`.
 */
export function startTls(
  socket: Socket,
  host: string,
  settings: TlsSettings,
  nowMs: number,
  signal: AbortSignal,
): Promise<TlsOutcome> {
  const plan = planTls(settings.mode, settings.ca !== undefined);
  const isLiteral = parseHost(host)?.literal !== null;
  return new Promise((resolve) => {
    let tls: TLSSocket;
    const fail = (reason: TlsReason | DialReason, evidence: TlsEvidence) => {
      signal.removeEventListener('abort', onAbort);
      tls?.on('error', ignore);
      tls?.destroy();
      socket.destroy();
      resolve({ ok: false, reason, evidence });
    };
    const onAbort = () => fail('STAGE_TIMEOUT', {});
    socket.on('error', ignore);
    try {
      tls = connect({
        socket,
        host,
        // Judged below, with typed reasons; nothing is written before the verdict.
        rejectUnauthorized: false,
        checkServerIdentity: () => undefined,
        minVersion: 'TLSv1.2',
        ...(isLiteral ? {} : { servername: host }),
        ...(settings.ca === undefined ? {} : { ca: settings.ca }),
        ...(settings.clientCertificate === undefined ? {} : { cert: settings.clientCertificate }),
        ...(settings.clientKey === undefined ? {} : { key: settings.clientKey.reveal() }),
      });
    } catch (fault) {
      fail(classifyTlsFault(fault)?.reason ?? 'TLS_CLIENT_CERT_INVALID', {});
      return;
    }
    const onError = (fault: Error) => {
      const tlsFault = classifyTlsFault(fault);
      const found = tlsFault ?? classifyConnectFault(fault);
      fail(found.reason, { native: found.native });
    };
    // A peer that hangs up in mid-handshake sends no error.
    const onClose = () => fail('TCP_RESET', { native: 'CLOSED' });
    tls.once('error', onError);
    tls.once('close', onClose);
    tls.once('secureConnect', () => {
      const evidence = describeSession(tls, nowMs);
      const chain = chainFault(tls);
      const name = nameFault(tls, host);
      const blocking = (plan.isChainChecked ? chain : null) ?? (plan.isNameChecked ? name : null);
      if (blocking !== null) return fail(blocking.reason, { ...evidence, native: blocking.native });
      // Until a driver listens: an error nobody hears ends a process.
      tls.on('error', ignore);
      tls.removeListener('error', onError);
      tls.removeListener('close', onClose);
      signal.removeEventListener('abort', onAbort);
      const doubt = chain ?? (plan.isChainChecked ? null : name);
      resolve({
        ok: true,
        socket: tls,
        isVerified: plan.isChainChecked,
        doubt: doubt === null || plan.isChainChecked ? null : doubt.reason,
        evidence: { ...evidence, verified: plan.isChainChecked },
      });
    });
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

/**
 * The typed reason of an error of a TLS socket, by its code; `null` when TLS has nothing to do with it. A refused
 * client certificate shows only after the handshake in TLS 1.3 (RFC 8446 §4.4.2.4): drivers ask here too.
 */
export function classifyTlsFault(fault: unknown): { readonly reason: TlsReason; readonly native: string } | null {
  if (!(fault instanceof Error) || !('code' in fault) || typeof fault.code !== 'string') return null;
  const native = fault.code;
  const known = reasonByCode.get(native);
  if (known !== undefined) return { reason: known, native };
  if (/^ERR_OSSL_X509_|^ERR_OSSL_PEM_|^ERR_OSSL_ASN1_|^ERR_OSSL_EVP_/.test(native)) {
    return { reason: 'TLS_CLIENT_CERT_INVALID', native };
  }
  if (/^ERR_SSL_|^ERR_TLS_/.test(native) || native === 'EPROTO') return { reason: 'TLS_VERSION_OR_CIPHER', native };
  return null;
}

const reasonByCode = new Map<string, TlsReason>([
  ['UNABLE_TO_GET_ISSUER_CERT', 'TLS_UNTRUSTED_ISSUER'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'TLS_UNTRUSTED_ISSUER'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'TLS_UNTRUSTED_ISSUER'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'TLS_SELF_SIGNED'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'TLS_SELF_SIGNED'],
  ['CERT_HAS_EXPIRED', 'TLS_EXPIRED'],
  ['CERT_NOT_YET_VALID', 'TLS_NOT_YET_VALID'],
  ['HOSTNAME_MISMATCH', 'TLS_NAME_MISMATCH'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'TLS_NAME_MISMATCH'],
  ['ERR_TLS_CERT_ALTNAME_FORMAT', 'TLS_NAME_MISMATCH'],
  ['ERR_OSSL_X509_KEY_VALUES_MISMATCH', 'TLS_CLIENT_CERT_KEY_MISMATCH'],
  // Alerts of RFC 8446 §6.2 a server sends about the client's certificate.
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'TLS_CLIENT_CERT_REQUIRED'],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'TLS_CLIENT_CERT_INVALID'],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'TLS_CLIENT_CERT_INVALID'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN', 'TLS_CLIENT_CERT_INVALID'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'TLS_CLIENT_CERT_INVALID'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED', 'TLS_CLIENT_CERT_INVALID'],
  ['ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE', 'TLS_CLIENT_CERT_INVALID'],
]);

function chainFault(tls: TLSSocket): { readonly reason: TlsReason; readonly native: string } | null {
  if (tls.authorized) return null;
  // Node gives the code as the value itself or on an Error, by version.
  const given: unknown = tls.authorizationError;
  const native =
    typeof given === 'string' ? given : given instanceof Error && 'code' in given ? String(given.code) : 'UNKNOWN';
  return { reason: reasonByCode.get(native) ?? 'TLS_UNTRUSTED_ISSUER', native };
}

function nameFault(tls: TLSSocket, host: string): { readonly reason: TlsReason; readonly native: string } | null {
  const certificate = tls.getPeerCertificate();
  const fault = certificate.raw === undefined ? new Error('no certificate') : checkServerIdentity(host, certificate);
  return fault === undefined ? null : { reason: 'TLS_NAME_MISMATCH', native: 'ERR_TLS_CERT_ALTNAME_INVALID' };
}

const dayMs = 86_400_000;

/** Facts of the session. Names of the certificate are shown, its addresses only counted: they may be internal ones. */
function describeSession(tls: TLSSocket, nowMs: number): TlsEvidence {
  const certificate = tls.getPeerCertificate(true);
  const evidence: Record<string, string | number | boolean> = {
    protocol: cleanText(tls.getProtocol() ?? 'unknown', 16),
    cipher: cleanText(tls.getCipher().name, 64),
  };
  if (certificate.raw === undefined) return evidence;
  const alternatives = (certificate.subjectaltname ?? '').split(', ');
  evidence['subject'] = cleanText(String(certificate.subject?.CN ?? ''), 128);
  evidence['issuer'] = cleanText(String(certificate.issuer?.CN ?? ''), 128);
  evidence['names'] = cleanText(
    alternatives
      .filter((one) => one.startsWith('DNS:'))
      .map((one) => one.slice(4))
      .join(' '),
    256,
  );
  evidence['addresses'] = alternatives.filter((one) => one.startsWith('IP Address:')).length;
  const validForMs = Date.parse(certificate.valid_to) - nowMs;
  if (Number.isFinite(validForMs)) evidence['daysLeft'] = Math.trunc(validForMs / dayMs);
  return { ...evidence, ...describeKey(certificate.raw), ...describeChain(certificate, nowMs) };
}

function describeKey(raw: Buffer): TlsEvidence {
  let key: KeyObject;
  try {
    key = new X509Certificate(raw).publicKey;
  } catch {
    // A key of a kind this OpenSSL has no name for.
    return {};
  }
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  const bits = modulusLength ?? curveBits.get(namedCurve ?? key.asymmetricKeyType ?? '');
  return {
    keyType: cleanText(key.asymmetricKeyType ?? 'unknown', 16),
    ...(bits === undefined ? {} : { keyBits: bits }),
  };
}

const curveBits = new Map([
  ['prime256v1', 256],
  ['secp256k1', 256],
  ['secp384r1', 384],
  ['secp521r1', 521],
  ['ed25519', 256],
  ['ed448', 456],
]);

/** Certificates of a chain that are looked at; a server may send hundreds. */
const maxChainLength = 10;
const maxShownSubjects = 4;

/** The way from the server's certificate to the last issuer that was sent or is an anchor. */
function describeChain(leaf: DetailedPeerCertificate, nowMs: number): TlsEvidence {
  const subjects: string[] = [];
  let endsAtMs = Number.POSITIVE_INFINITY;
  let endsAtRoot = false;
  let certificate: DetailedPeerCertificate | undefined = leaf;
  while (certificate?.raw !== undefined && subjects.length < maxChainLength) {
    subjects.push(cleanText(String(certificate.subject?.CN ?? ''), 128));
    const endMs = Date.parse(certificate.valid_to);
    if (Number.isFinite(endMs)) endsAtMs = Math.min(endsAtMs, endMs);
    const issuer: DetailedPeerCertificate | undefined = certificate.issuerCertificate;
    // Node lets a root be its own issuer.
    endsAtRoot = issuer?.fingerprint256 === certificate.fingerprint256;
    certificate = endsAtRoot ? undefined : issuer;
  }
  return {
    chainLength: subjects.length,
    chain: subjects.slice(0, maxShownSubjects).join(' < '),
    chainEndsAtRoot: endsAtRoot,
    ...(Number.isFinite(endsAtMs) ? { chainDaysLeft: Math.trunc((endsAtMs - nowMs) / dayMs) } : {}),
  };
}

function ignore(): void {}
