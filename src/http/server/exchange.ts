/** What every request at the front door is handled with, and what is told of each when it is over. @module */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Core } from '../core.js';
import type { ApiDocument } from '../kit/api-document.js';
import type { ClientAddress } from '../kit/client-address.js';
import type { Family } from '../kit/family.js';

/** A request on its way to its answer: one object, which everybody on the way is handed. */
export interface Exchange {
  readonly family: Family;
  /** The declared path; `null` where there is none. */
  readonly route: string | null;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** As the router has them. */
  readonly params: unknown;
  readonly requestId: string;
}

/** One answered request, for logs and metrics. Never a URL, a header or a body. */
export interface RequestDone {
  readonly requestId: string;
  readonly family: string;
  /** `null` when the request line could not be read. */
  readonly method: string | null;
  /** The declared path; `null` where there was none. */
  readonly route: string | null;
  readonly status: number;
  readonly durationMs: number;
  readonly address: string | null;
  readonly isTls: boolean;
  /** Whether a streamed answer ended before it was whole: the client went away, or something failed. */
  readonly isCut: boolean;
}

export interface DoorState {
  readonly core: Core;
  readonly clientAddress: ClientAddress;
  /** Whether a graceful stop has begun. */
  readonly isDraining: () => boolean;
  /** Request line and header lines together. */
  readonly maxHeaderBytes: number;
  /** How long a client may take nothing of a streamed answer before it is given up. */
  readonly stallMs: number;
  apiDocument(): Promise<ApiDocument>;
  onAnswered(done: RequestDone): void;
}
