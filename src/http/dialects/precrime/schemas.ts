/**
 * Bodies of the precrime family. Member names of requests are compared without regard to case, as the published
 * back end binds them; the names here are the lower-case form.
 *
 * @module
 */
import Type from 'typebox';

const required = Type.String({ minLength: 1 });

export const loginBody = Type.Object({ username: required, password: required });

export const passwordBody = Type.Object({ username: required, old: required, new: required, confirm: required });

export const addKeyBody = Type.Object({ name: required });

export const deleteKeyBody = Type.Object({ text: required });
