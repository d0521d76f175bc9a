/**
 * A source while it is typed: what the inputs hold, and the requests that are made of it. Every input is a text; the
 * server judges, and says which is wrong by the names of {@link FieldName}.
 *
 * @module
 */
import type { components } from '../../api/schema';
import { type Engine, engines, type Source } from './engines';

export type TlsMode = Source['tls']['mode'];

export interface SourceDraft {
  readonly engine: Engine;
  readonly name: string;
  readonly description: string;
  /** Empty: the caller's own. */
  readonly organisation: string;
  readonly host: string;
  readonly port: string;
  readonly database: string;
  readonly username: string;
  readonly credentialKind: 'stored' | 'env' | 'file';
  readonly password: string;
  /** A variable's name or a file's path, without `env:` and `file:`. */
  readonly reference: string;
  /** Empty: as the server assumes for the host. */
  readonly tlsMode: TlsMode | '';
  readonly ca: string;
  readonly clientCertificate: string;
  readonly clientKey: string;
  readonly purpose: Source['purpose'];
  readonly connections: string;
  readonly connectMs: string;
  readonly statementMs: string;
  readonly catalogTables: string;
  /** Empty: never. */
  readonly checkEveryMinutes: string;
  readonly webhookUrl: string;
}

/** Inputs of the form, as verdicts and refusals name them. */
export const fieldNames = [
  ...['engine', 'name', 'description', 'organisation', 'host', 'port', 'database', 'username', 'password'],
  ...['credential', 'tls.mode', 'tls.ca', 'tls.clientCertificate', 'tls.clientKey', 'purpose'],
  ...['limits.connections', 'limits.connectMs', 'limits.statementMs', 'limits.catalogTables'],
  ...['checkEveryMinutes', 'webhookUrl'],
] as const;

/** Behind “More settings”: to be opened when one of them is at fault. */
export const furtherFields: readonly string[] = fieldNames.filter(
  (name) => name.startsWith('limits.') || name === 'checkEveryMinutes' || name === 'webhookUrl',
);

type LimitName = 'connections' | 'connectMs' | 'statementMs' | 'catalogTables';

export function emptyDraft(): SourceDraft {
  return {
    engine: 'postgres',
    ...{ name: '', description: '', organisation: '', host: '', port: '5432', database: '', username: '' },
    ...{ credentialKind: 'stored', password: '', reference: '' },
    ...{ tlsMode: '', ca: '', clientCertificate: '', clientKey: '', purpose: 'read' },
    ...{ connections: '', connectMs: '', statementMs: '', catalogTables: '', checkEveryMinutes: '60', webhookUrl: '' },
  };
}

/** Another engine: a port that is still the usual one of the old engine becomes the usual one of the new. */
export function withEngine(draft: SourceDraft, engine: Engine): SourceDraft {
  const usual = (one: Engine) => engines[one].port?.toString() ?? '';
  const isUsual = draft.port === '' || draft.port === usual(draft.engine);
  // A password belongs to the server it was typed for; a file has other databases than a server.
  const isSameKind = engines[engine].isFile === engines[draft.engine].isFile;
  return {
    ...draft,
    engine,
    port: isUsual ? usual(engine) : draft.port,
    database: isSameKind ? draft.database : '',
    // DuckDB files are read and never written.
    purpose: engine === 'duckdb' ? 'read' : draft.purpose,
  };
}

/** The input a verdict's field leads to; `null` where there is none (`schema`, `extra.ssh_host`). */
export function inputOf(field: string | null, { credentialKind }: Pick<SourceDraft, 'credentialKind'>): string | null {
  const named = field === 'token' || field?.startsWith('extra.oauth') === true ? 'password' : field;
  if (named === 'password' && credentialKind !== 'stored') return 'credential';
  return fieldNames.find((one) => one === named) ?? null;
}

/** A reference is resolved by the service for stored sources alone. */
export function isTestable({ engine, credentialKind }: SourceDraft): boolean {
  return engines[engine].isFile || credentialKind === 'stored';
}

export function connectionOf(draft: SourceDraft): components['schemas']['ConnectionTest'] {
  return { engine: draft.engine, ...placeMembers(draft), ...passwordOf(draft) };
}

export function newSourceOf(draft: SourceDraft): components['schemas']['NewSource'] {
  const { name, engine, organisation, credentialKind, reference } = draft;
  return {
    ...{ name: name.trim(), engine },
    ...(organisation === '' ? {} : { organisation }),
    ...placeMembers(draft),
    ...(isTestable(draft) ? passwordOf(draft) : { credential: `${credentialKind}:${reference.trim()}` }),
    ...settingsOf(draft),
  };
}

/** What may be changed at any time, without the password. */
export function settingsOf(draft: SourceDraft) {
  const { description, purpose, webhookUrl, checkEveryMinutes } = draft;
  const limits: Partial<Record<LimitName, number>> = Object.fromEntries(
    (['connections', 'connectMs', 'statementMs', 'catalogTables'] as const)
      .filter((name) => draft[name].trim() !== '')
      .map((name) => [name, numberOf(draft[name])]),
  );
  return {
    ...{ description: textOrNull(description), purpose, webhookUrl: textOrNull(webhookUrl) },
    ...{ checkEveryMinutes: checkEveryMinutes.trim() === '' ? null : numberOf(checkEveryMinutes) },
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
  };
}

/** Where it is and how it is secured; a file has a path alone. */
export function placeMembers(draft: SourceDraft) {
  const { host, port, database, username, tlsMode, ca, clientCertificate, clientKey } = draft;
  if (engines[draft.engine].isFile) return { database: database.trim() };
  const tls = {
    ...(tlsMode === '' ? {} : { mode: tlsMode }),
    ...(ca.trim() === '' ? {} : { ca }),
    ...(clientCertificate.trim() === '' ? {} : { clientCertificate }),
    ...(clientKey.trim() === '' ? {} : { clientKey }),
  };
  return {
    host: host.trim(),
    ...(port.trim() === '' ? {} : { port: numberOf(port) }),
    ...{ database: database.trim(), username: username.trim() },
    ...(Object.keys(tls).length === 0 ? {} : { tls }),
  };
}

/** The fields of a stored source, to be changed; its secrets are not among them. */
export function draftOf(source: Source): SourceDraft {
  const { limits, tls, credential } = source;
  const [kind, ...rest] = credential.split(':');
  return {
    ...{ engine: source.engine, name: source.name, description: source.description ?? '' },
    ...{ organisation: source.organisation, host: source.host ?? '', port: source.port?.toString() ?? '' },
    ...{ database: source.database, username: source.username, password: '' },
    credentialKind: kind === 'env' || kind === 'file' ? kind : 'stored',
    reference: rest.join(':'),
    ...{ tlsMode: tls.mode, ca: tls.ca ?? '', clientCertificate: tls.clientCertificate ?? '', clientKey: '' },
    ...{ purpose: source.purpose, connections: `${limits.connections}`, connectMs: `${limits.connectMs}` },
    ...{ statementMs: `${limits.statementMs}`, catalogTables: `${limits.catalogTables}` },
    ...{ checkEveryMinutes: source.checkEveryMinutes?.toString() ?? '', webhookUrl: source.webhookUrl ?? '' },
  };
}

/**
 * What is different from the source as it was seen, and nothing else: a change somebody else made meanwhile is refused
 * by the revision.
 *
 * @returns `null` when nothing is.
 */
export function changeOf(source: Source, draft: SourceDraft): components['schemas']['SourceChange'] | null {
  const before = draftOf(source);
  const differs = (...names: readonly (keyof SourceDraft)[]) => names.some((name) => draft[name] !== before[name]);
  const place = placeMembers(draft);
  const settings = settingsOf(draft);
  const pick = <Members extends object>(members: Members, names: readonly (keyof Members & keyof SourceDraft)[]) =>
    Object.fromEntries(names.filter((name) => differs(name)).map((name) => [name, members[name]]));
  const isReference = !isTestable(draft);
  const change = {
    ...(differs('name') ? { name: draft.name.trim() } : {}),
    ...pick(place as Required<typeof place>, ['database']),
    ...('host' in place ? pick(place as Required<typeof place>, ['host', 'port', 'username']) : {}),
    // TLS settings are replaced as a whole; a key that is kept cannot be read, so it is typed again with them.
    ...('host' in place && differs('tlsMode', 'ca', 'clientCertificate', 'clientKey') ? { tls: place.tls ?? {} } : {}),
    ...(isReference && differs('credentialKind', 'reference')
      ? { credential: `${draft.credentialKind}:${draft.reference.trim()}` }
      : {}),
    ...(isReference ? {} : passwordOf(draft)),
    ...pick(settings, ['description', 'purpose', 'webhookUrl', 'checkEveryMinutes']),
    ...(differs('connections', 'connectMs', 'statementMs', 'catalogTables') ? { limits: settings.limits ?? {} } : {}),
  };
  return Object.keys(change).length === 0 ? null : { ...change, revision: source.revision };
}

/** Whether the change needs the password once more: it decides who is shown it. */
export function needsPassword(source: Source, draft: SourceDraft): boolean {
  if (source.credential !== 'stored' || engines[source.engine].isFile) return false;
  const before = draftOf(source);
  const names = ['host', 'port', 'tlsMode', 'ca', 'clientCertificate', 'clientKey'] as const;
  return names.some((name) => draft[name] !== before[name]);
}

function passwordOf({ password, engine }: SourceDraft): { readonly password?: string } {
  // A file has none; what was typed for a server is not sent along.
  return password === '' || engines[engine].isFile ? {} : { password };
}

/** What is no number goes to the server as it is typed, which then says what it wants there. */
function numberOf(text: string): number {
  const number = Number(text.trim());
  return Number.isFinite(number) ? number : (text as unknown as number);
}

function textOrNull(text: string): string | null {
  return text.trim() === '' ? null : text.trim();
}
