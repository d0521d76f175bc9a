/** How the health of a source looks. @module */
import type { Tone } from '../../parts/status';

export const healthTones: Readonly<Record<string, Tone>> = {
  healthy: 'good',
  degraded: 'warning',
  failing: 'bad',
  unknown: 'idle',
};
