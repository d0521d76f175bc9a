/** Units that wait to be written, and groups of them on their way to the thread that writes. @module */
import type { UnitOutcome, WriteUnit } from './sqlite-protocol.js';

export interface WaitingUnit {
  readonly unit: WriteUnit;
  readonly resolve: (outcome: UnitOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/** Units on their way in one commit. */
export interface SentUnits {
  /** What is to be told to those who wait for them, as soon as it is known. */
  readonly answer: Promise<UnitsAnswer>;
  readonly units: readonly WaitingUnit[];
}

type UnitsAnswer = { readonly outcomes: readonly UnitOutcome[] } | { readonly error: unknown };

export function tellAll(units: readonly WaitingUnit[], answer: UnitsAnswer): void {
  units.forEach(({ resolve, reject }, place) => {
    if ('error' in answer) reject(answer.error);
    else resolve(answer.outcomes[place] ?? 'failed');
  });
}
