/** What one request may take, whoever asks. @module */

/** Bytes of values that one reading may come to; what is streamed is never held at once. */
export const maxReadBytes = 4 * 1024 * 1024 * 1024;
/** Rows of one reading that is held before it is answered, and of one that is streamed. */
export const maxBufferedRows = 10_000;
export const maxStreamedRows = 10_000_000;
/** Rows and bytes that one write may hand back. */
export const maxWrittenRows = 10_000;
export const maxWrittenBytes = 64 * 1024 * 1024;
/** Statements of one write. */
export const maxStatements = 1_000;
/** Characters of a named query. */
export const maxQueryCharacters = 20_000;
/** How long a named query's columns are believed to be what they were. */
export const describedMs = 60_000;
export const maxDescribed = 1_000;
/** How long the answer to a write is kept for whoever sends it again. */
export const receiptMs = 24 * 60 * 60_000;
/** Characters of an answer that is kept; a longer one is told by its status alone. */
export const maxReceiptCharacters = 1_000_000;
