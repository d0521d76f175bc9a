/** The environment beyond our own settings: variables that credential references name. @module */
import { Secret } from '../kernel/secret.js';

/** The variable as it is now; `null` when there is none or it is empty. Which may be asked for is not decided here. */
export function readVariable(name: string): Secret | null {
  const value = process.env[name];
  return value === undefined || value === '' ? null : new Secret(value);
}
