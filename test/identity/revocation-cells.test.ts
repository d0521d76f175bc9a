/** What docs/security/revocation.md shows is the table that tests bring about. @module */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { credentialKinds } from '../../src/access/index.js';
import { type RevocationEvent, revocableKinds, revocationEvents, revocationMatrix } from './revocation-cells.js';

const page = readFileSync(new URL('../../docs/security/revocation.md', import.meta.url), 'utf8');
const events = Object.keys(revocationEvents) as RevocationEvent[];

describe('the matrix of revocation', () => {
  it('has a cell for every kind a stranger can present and every event: 84', () => {
    expect(new Set(revocableKinds)).toEqual(
      new Set(credentialKinds.filter((kind) => kind !== 'cli' && kind !== 'loopback')),
    );
    expect(events.length * revocableKinds.length).toBe(84);
    expect(Object.keys(revocationMatrix)).toEqual(events);
  });

  it('is what the page shows, cell by cell', () => {
    expect(page).toContain(`| event | ${revocableKinds.join(' | ')} |`);
    for (const event of events) {
      const verdicts = revocableKinds.map((kind) => revocationMatrix[event][kind].verdict);
      expect(page).toContain(`| ${event} | ${verdicts.join(' | ')} |`);
      expect(page).toContain(`**${event}** (${revocationEvents[event]})`);
      for (const kind of revocableKinds) expect(page, `${event} ${kind}`).toContain(revocationMatrix[event][kind].why);
    }
  });
});
