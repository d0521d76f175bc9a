/** What every request at the front door is handled with, and what is told of each when it is over. @module */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Core } from '../core.js';
import type { ApiDocument } from '../kit/api-document.js';
import type { ClientAddress } from '../kit/client-address.js';
import type { Family } from '../kit/family.js';

/** What a request is answered with, and who is told of it. */
export interface Answering {
  readonly family: Family;
  /** The declared path; `null` where there is none. */
  readonly route: string | null;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
}

/** One answered request; see `RequestDone`. */
export interface Answered extends Pick<Answering, 'requestId' | 'route' | 'request'> {
  readonly family: string;
  readonly status: number;
  readonly durationMs: number;
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
  onAnswered(answered: Answered): void;
}
