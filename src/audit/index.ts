/** The door of audit: what happened, append-only, proving itself. @module */
export { createAuditChain, storableEvent } from './chain.js';
export { type Audit, createAudit } from './create-audit.js';
export type { AuditEvent, AuditEventName, AuditOrigin, AuditRecord } from './event.js';
export type { AuditChain, AuditFilter, AuditStore, ChainHead } from './ports.js';
