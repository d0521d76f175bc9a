/** What each action lets somebody do, in one sentence; the names are the server's. @module */
import type { Action } from '../api/session';

export interface ActionWords {
  readonly name: Action;
  readonly text: string;
  /** Whoever has it can give themselves everything else, or see what others did. */
  readonly isFarReaching?: true;
}

export const actionWords: readonly ActionWords[] = [
  { name: 'data.use', text: 'Use data through grants: without it no grant counts.' },
  { name: 'api_keys.manage_own', text: 'Make, narrow, rotate and remove API keys of one’s own.' },
  { name: 'sources.inspect', text: 'See the sources of the organisation, test them and look into their schemas.' },
  {
    name: 'sources.manage',
    text: 'Add, change and remove sources of the organisation, and grant what is in them.',
    isFarReaching: true,
  },
  { name: 'connections.test', text: 'Test databases that are no source, with credentials of one’s own.' },
  { name: 'connections.diagnose', text: 'See why a connection was refused, not only that it was.' },
  { name: 'metrics.read', text: 'Read the figures of the service.' },
  { name: 'vault.use', text: 'Replace values by tokens and get them back.' },
  { name: 'tokens.introspect', text: 'Ask whether tokens and API keys of others are good.' },
  { name: 'audit.read', text: 'Read and verify the audit trail, and what expires soon.', isFarReaching: true },
  {
    name: 'directory.manage',
    text: 'Everything about people, service accounts, organisations, roles and API keys of everybody.',
    isFarReaching: true,
  },
];

export function sayAction(name: string): string {
  return actionWords.find((one) => one.name === name)?.text ?? 'An action this console does not know yet.';
}
