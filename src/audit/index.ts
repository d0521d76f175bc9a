/** The door of audit: what happened, append-only, proving itself. @module */
export { type AuditEvent, type AuditEventName, type AuditOrigin, type AuditRecord, auditEventNames } from './event.js';
export type { AuditChain, AuditFilter, AuditStore, ChainHead } from './ports.js';
