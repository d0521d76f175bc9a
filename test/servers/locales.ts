/** Makes a locale of the C library in a throw-away folder, so that a server can speak another language. @module */
import { join } from 'node:path';
import { run } from './processes.js';
import type { LocalePrograms } from './types.js';

/** @returns the environment in which a program finds `de_DE.UTF-8`. */
export async function makeGermanLocale(programs: LocalePrograms, folder: string): Promise<Record<string, string>> {
  await run(programs.compiler, ['-i', 'de_DE', '-f', 'UTF-8', join(folder, 'de_DE.UTF-8')], { account: null, folder });
  return { LOCPATH: folder };
}
