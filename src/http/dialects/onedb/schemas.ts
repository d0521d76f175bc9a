/** Bodies of the onedb family. @module */
import Type from 'typebox';

const required = Type.String({ minLength: 1 });

export const authenticateBody = Type.Object({ username: required, password: required });

/** Most items of one `?multiple` request. */
export const maxItems = 1_000;
