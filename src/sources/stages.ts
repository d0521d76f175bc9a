/** The stages of a connection, in the order they are reported, and who can mend what fails in one. @module */

export const stages = [
  'input',
  'policy',
  'resolve',
  'tcp',
  'tunnel',
  'tls',
  'handshake',
  'authenticate',
  'database',
  'query',
  'privilege',
  'catalog',
] as const;
export type Stage = (typeof stages)[number];

/** Who can mend it: the user, the database's administrator, the network's, the operator of this service. */
export type Audience = 'user' | 'dba' | 'network' | 'platform';
