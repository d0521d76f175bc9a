/** How a source fares, in a word, a sign and a colour. @module */
import { Status, type Tone } from '../../parts/status';
import type { Source } from './engines';

type State = Source['health']['state'];

export const healthWords: Readonly<Record<State, { readonly word: string; readonly tone: Tone }>> = {
  healthy: { word: 'Healthy', tone: 'good' },
  degraded: { word: 'Degraded', tone: 'warning' },
  failing: { word: 'Failing', tone: 'bad' },
  unknown: { word: 'Unknown', tone: 'idle' },
};

export function Health({ state }: { readonly state: State }) {
  const { word, tone } = healthWords[state];
  return <Status tone={tone}>{word}</Status>;
}

/** `every 90 minutes`, `every 2 hours`; `null`: never by itself. */
export function sayEvery(minutes: number | null): string {
  if (minutes === null) return 'never by itself';
  if (minutes === 1) return 'every minute';
  const [unit, size] =
    minutes % 1_440 === 0
      ? (['day', 1_440] as const)
      : minutes % 60 === 0
        ? (['hour', 60] as const)
        : (['minute', 1] as const);
  const count = minutes / size;
  return count === 1 ? `every ${unit}` : `every ${count} ${unit}s`;
}
