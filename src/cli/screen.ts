/** What the answer of a command is shown on: a terminal of some width, or a file or pipe that takes everything. @module */
import { terminalWishes } from '../config/index.js';

export interface Screen {
  /** A person looks at it. */
  readonly isTerminal: boolean;
  /** Cells of a line; infinite where nothing needs to fit. */
  readonly columns: number;
}

/** Nothing is cut or shortened for it: a file, a pipe. */
export const endless: Screen = { isTerminal: false, columns: Number.POSITIVE_INFINITY };

const usualColumns = 80;

/** Standard output as it is now. `COLUMNS` is somebody's wish and goes before what the terminal says of itself. */
export function screenOf(stream: { readonly isTTY?: boolean; readonly columns?: number } = process.stdout): Screen {
  if (stream.isTTY !== true) return endless;
  const told = stream.columns ?? 0;
  return { isTerminal: true, columns: terminalWishes().columns ?? (told > 0 ? told : usualColumns) };
}
