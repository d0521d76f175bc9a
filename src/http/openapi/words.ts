/** What the document says besides its routes: an introduction, and the headings routes stand under. @module */

export const introduction = `Latchkey is one door to your databases: who is asking, what they may touch, and the
databases behind it.

**Our own API** is everything under \`/admin/v1\` and \`/data/v1\`. JSON in camelCase; times are milliseconds since the
epoch; a member or a parameter that is not known is refused. Lists answer \`{items, nextCursor}\` and take \`limit\` and
\`cursor\`. Refusals are problem details (RFC 9457) with a \`code\` that is stable for ever. A route of ours that answers
\`GET\` with something short answers \`HEAD\` too.

**Four families** speak the published APIs of others, each in its own words: Atlan, CloudIO, OneDB and PreCrime. Clients
of those need to be pointed here and nothing else.

**Credentials** come in a header: an API key or an access token as \`Authorization: Bearer …\`, or the session token of a
family where a route takes it. The console’s session comes by its cookie; whatever changes something then needs
\`X-Csrf-Token\`. Two different credentials in one request are refused.

Every answer carries \`X-Request-Id\`; the log knows the request by it.`;

export const groups: readonly { readonly name: string; readonly tags: readonly string[] }[] = [
  {
    name: 'Data',
    tags: ['Data', 'Sources', 'Connections', 'Metadata', 'Datasets', 'Grants'],
  },
  {
    name: 'People and credentials',
    tags: [
      ...['Console session', 'Users', 'Organisations', 'Roles', 'API keys', 'Sessions', 'Expiring'],
      ...['Signing keys', 'OAuth 2.0', 'Verification'],
    ],
  },
  { name: 'Operation', tags: ['Overview', 'Audit', 'Settings', 'Service', 'First start', 'Documents', 'Console'] },
  { name: 'Families', tags: ['Atlan', 'CloudIO', 'OneDB', 'PreCrime'] },
];

export const tagTexts: Readonly<Record<string, string>> = {
  Data: 'Rows of granted tables, views and named queries.',
  Sources: 'The databases that are guarded: where each is, who we are there, how it fares.',
  Connections: 'Questions to a database whose credentials are in the body; nothing is kept.',
  Metadata: 'What a database holds, and what changed in it.',
  Datasets: 'Tables, views and named queries that can be granted.',
  Grants: 'What a role may do with a dataset, and why somebody may or may not.',
  'Console session': 'Signing in at the console.',
  Users: 'People, service accounts and accounts for programs.',
  Organisations: 'To whom users, roles and sources belong.',
  Roles: 'Named sets of actions.',
  'API keys': 'One’s own keys, and for who manages the directory everybody’s.',
  Sessions: 'Who is signed in, and taking back what was issued.',
  Expiring: 'What will end soon.',
  'Signing keys': 'What tokens are signed with.',
  'OAuth 2.0': 'Access tokens for programs (RFC 6749, RFC 7662, RFC 7009, RFC 8414).',
  Verification: 'For proxies that ask before they let a request through, and for whoever verifies tokens.',
  Overview: 'The figures of the first page of the console.',
  Audit: 'The trail of what happened, and whether it is whole.',
  Settings: 'What is configured, and where from.',
  Service: 'Whether it runs, and its figures.',
  'First start': 'The way in for the first administrator.',
  Documents: 'This document and its pages.',
  Console: 'The web console.',
  Atlan: 'Connection checks and metadata in the words of the Atlan application SDK.',
  CloudIO: 'Sign-in and data in the words of the CloudIO platform.',
  OneDB: 'Sign-in and the vault in the words of OneDB.',
  PreCrime: 'Sign-in, passwords and keys in the words of PreCrime.',
};
