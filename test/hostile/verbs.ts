/** What the process under test can be asked to do to a server. @module */

export const realVerbs = ['probe', 'preflight', 'openCatalog'] as const;

/** Clients as one should not write them, and the beginning of what the judge says of each. */
export const carelessVerbs = {
  hang: 'late',
  hold: 'stall',
  hoard: 'memory',
  burn: 'cpu',
  sendFile: 'file',
  sendPassword: 'password',
  echo: 'quoted',
  hide: 'verdict',
  unclassified: 'unclassified',
  crash: 'dead',
} as const;

export type Verb = (typeof realVerbs)[number] | keyof typeof carelessVerbs;
