/** The OpenAPI document as it is handed to whoever asks for it. @module */

export interface ApiDocument {
  /** JSON. */
  readonly text: string;
  /** The same, compressed: a tenth of it. */
  readonly gzip: Buffer;
  /** Without its quotes. */
  readonly tag: string;
}
