/**
 * The long profile of the revocation matrix: 10,000 uses of each credential after each event, or as many as the first
 * argument says, on the shipped program over sockets. Prints every cell; exits with 1 when one is not as declared.
 *
 * @module
 */
import { runRevocationCampaign, verdictOf } from '../test/e2e/support/revocation-campaign.js';
import { revocationMatrix } from '../test/identity/revocation-cells.js';

const uses = Number(process.argv[2] ?? 10_000);
let cells = 0;
let wrong = 0;
await runRevocationCampaign(uses, (cell) => {
  const declared = revocationMatrix[cell.event][cell.kind].verdict;
  const found = verdictOf(cell);
  cells += 1;
  if (found !== declared) wrong += 1;
  const counts = `${cell.accepted} accepted, ${cell.narrowed} narrowed, ${cell.refused} refused`;
  console.info(
    `${cell.event.padEnd(16)} ${cell.kind.padEnd(16)} ${cell.when.padEnd(13)} ${declared.padEnd(8)} ${counts}${found === declared ? '' : '  WRONG'}`,
  );
});
console.info(`${cells} cells, ${wrong} not as declared`);
process.exitCode = wrong === 0 ? 0 : 1;
