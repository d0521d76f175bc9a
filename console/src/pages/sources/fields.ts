/**
 * What the inputs of a source have in common. What the server names is marked at the very input: each carries its wire
 * name, by which it is also found and focused.
 *
 * @module
 */
import type { SourceDraft } from './source-draft';

/** What is wrong, by the wire name of the input. */
export type Faults = Readonly<Record<string, string>>;

export interface FieldsProps {
  readonly draft: SourceDraft;
  readonly faults: Faults;
  /** @param field  The wire name of the input that was changed: its fault is no longer true. */
  readonly onChange: (change: Partial<SourceDraft>, field: string) => void;
}

/** Names and addresses: nothing for the browser to fill in, to begin with a capital or to correct. */
export const plain = { autoComplete: 'off', autoCapitalize: 'none', spellCheck: false } as const;
