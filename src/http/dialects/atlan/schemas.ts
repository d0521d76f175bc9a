/**
 * Envelopes of `/workflows/v1/*`. Three shapes are in use: the credentials flat in the body, as a list of key and
 * value, or as one nested object. What the credentials themselves must hold is for the sources room to say.
 *
 * @module
 */
import Type from 'typebox';

/** One entry of the list shape. Values are strings by contract; front ends also send what they were typed as. */
export const listEntry = Type.Object({ key: Type.String({ minLength: 1 }) });

export const list = Type.Array(listEntry, { maxItems: 200 });

/** Seconds; a number, or the same in digits as form inputs send it. */
export const timeoutSeconds = Type.Union([Type.Integer(), Type.String({ pattern: '^[0-9]{1,6}$' })]);

/** What `/workflows/v1/metadata` lists: databases, the schemas of one, or both. */
export const metadataTypes = ['all', 'database', 'schema'] as const;
export type MetadataType = (typeof metadataTypes)[number];

/** Clamp of the published API; the sources room has a lower cap of its own. */
export const timeoutLimits = { min: 1, max: 120 } as const;
