/** What the environment says of the terminal: how wide it is to be, and whether it shows colours. @module */

export interface TerminalWishes {
  /** `COLUMNS`; `null` where it says nothing that could be a width. */
  readonly columns: number | null;
  /** `NO_COLOR` holds something (no-color.org). */
  readonly isColourless: boolean;
}

export function terminalWishes(): TerminalWishes {
  const columns = /^[1-9]\d{0,4}$/.exec(process.env['COLUMNS'] ?? '');
  const noColour = process.env['NO_COLOR'];
  return {
    columns: columns === null ? null : Number(columns[0]),
    isColourless: noColour !== undefined && noColour !== '',
  };
}
