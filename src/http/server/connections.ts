/**
 * What is under way on each connection, in order: for a stop that lets everybody finish, and for errors of a connection
 * of which it has to be known whose answer they are.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Exchanges that are not over, the oldest first. A response knows its request. */
const open = new WeakMap<object, ServerResponse[]>();

const nothing: readonly ServerResponse[] = [];

/** @param socket  As requests name it. */
export function openExchanges(socket: object): readonly ServerResponse[] {
  return open.get(socket) ?? nothing;
}

/** Whether a connection owes nobody an answer. */
export function isAnswered(socket: object): boolean {
  return openExchanges(socket).every((response) => response.closed);
}

/** To be called with every request, before anybody answers it. */
export function beginExchange({ socket }: IncomingMessage, response: ServerResponse): void {
  const exchanges = open.get(socket);
  if (exchanges === undefined) open.set(socket, [response]);
  else exchanges.push(response);
  response.on('close', endExchange);
}

/** One that was answered before its body had come is not over: what is wrong with the rest is wrong with it. */
function endExchange(this: ServerResponse): void {
  if (this.req.complete) forget(this);
  else this.req.once('end', () => forget(this));
}

function forget(response: ServerResponse): void {
  const exchanges = open.get(response.req.socket);
  const at = exchanges?.indexOf(response) ?? -1;
  if (at !== -1) exchanges?.splice(at, 1);
}
