/** Values that are there to be used and never printed. @module */

/**
 * Adds members that can be read by their names, and that neither `JSON.stringify` nor a console nor a spread sees.
 *
 * @returns the same object.
 */
export function withUnprinted<T extends object, S extends object>(shown: T, secrets: S): T & S {
  for (const [name, value] of Object.entries(secrets)) {
    Object.defineProperty(shown, name, { value, enumerable: false });
  }
  return shown as T & S;
}
