/** The door of audit: what happened, append-only, proving itself. @module */

export { maxActivityHours } from './activity.js';
export { createAuditChain, storableEvent } from './chain.js';
export { type Audit, createAudit, type VerifiedTrail } from './create-audit.js';
export { type AuditEvent, type AuditEventName, type AuditOrigin, type AuditRecord, auditEventNames } from './event.js';
export type { AuditChain, AuditCount, AuditFilter, AuditStore, ChainHead } from './ports.js';
export type { TrailFinding } from './verify.js';
