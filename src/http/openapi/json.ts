/** JSON as the document is made of. @module */

export type Json = string | number | boolean | null | readonly Json[] | JsonMembers;

export interface JsonMembers {
  readonly [name: string]: Json;
}
