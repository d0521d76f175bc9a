/**
 * May this principal do this action? Pure: no clock, disk or network. Deny by default.
 *
 * @module
 */
import { accessErrors } from './errors.js';
import type { Action, Principal } from './principal.js';

export function isAllowed(principal: Principal, action: Action): boolean {
  return principal.allowed.has(action);
}

/** @throws `access.denied` when no role of the principal allows the action. */
export function authorize(principal: Principal, action: Action): void {
  if (!isAllowed(principal, action)) throw accessErrors.denied();
}
