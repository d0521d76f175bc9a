/** Placeholder until the table is written. @module */
export type Reason = string;
