/** The OpenAPI document as it is handed to whoever asks for it. @module */

export interface ApiDocument {
  /** JSON. */
  readonly text: string;
  /** Strong (RFC 9110 §8.8.1). */
  readonly etag: string;
}
