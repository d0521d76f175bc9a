/** `/admin/v1/roles` in words and shapes. @module */
import Type from 'typebox';
import { actions } from '../../access/index.js';
import type { DescribedParameter, Description } from '../kit/description.js';
import { bodyOf, epochMs, pageOf, pageParameters } from '../kit/schemas.js';
import { newRole, roleChange } from './role-routes.js';

/** What a role may allow; also what a key or a token may be narrowed to. */
export const action = Type.Enum([...actions], { $id: 'Action', type: 'string', description: 'What a role may allow.' });

const role = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    name: Type.String(),
    organisation: Type.String({ description: 'Uid of the organisation it belongs to.' }),
    allowed: Type.Array(action),
    users: Type.Integer({ minimum: 0, description: 'How many users have it.' }),
    createdAtMs: epochMs('When it was made.'),
  },
  { $id: 'Role' },
);

const params: Readonly<Record<string, DescribedParameter>> = {
  role: {
    schema: Type.String({ format: 'uuid' }),
    text: 'Id of the role.',
    isRequired: true,
    example: '0190b6a4-5d2e-7c41-9f36-2b1a7e4c8d05',
  },
};
const json = 'application/json';
const tag = 'Roles';
const shown = (text: string) => ({ text, content: { [json]: { schema: role } } });
const allowed = 'Names of actions: all that it allows.';

export const roleDescriptions: readonly Description[] = [
  {
    ...{ method: 'GET', path: '/admin/v1/roles', id: 'listRoles', tag, summary: 'List roles' },
    query: {
      organisation: { schema: Type.String(), text: 'Uid: only those of this organisation.', example: 'acme' },
      ...pageParameters,
    },
    answers: { 200: { text: 'A page of roles.', content: { [json]: { schema: pageOf('RolePage', role) } } } },
    refusals: ['identity.organisation_not_found'],
  },
  {
    ...{ method: 'POST', path: '/admin/v1/roles', id: 'addRole', tag, summary: 'Add a role' },
    body: {
      [json]: {
        schema: bodyOf('NewRole', newRole, { organisation: 'Uid of the organisation it is for.', allowed }),
        examples: { analyst: { name: 'analyst', organisation: 'acme', allowed: ['data.use', 'sources.inspect'] } },
      },
    },
    answers: { 201: shown('The role.') },
    refusals: ['identity.role_exists', 'identity.role_invalid', 'identity.organisation_not_found'],
  },
  {
    ...{ method: 'GET', path: '/admin/v1/roles/:role', id: 'showRole', tag, summary: 'Show a role' },
    params,
    answers: { 200: shown('The role.') },
    refusals: ['identity.role_not_found'],
  },
  {
    ...{ method: 'PATCH', path: '/admin/v1/roles/:role', id: 'changeRole', tag, summary: 'Change a role' },
    text: 'Only what is named changes. It counts for every user who has it, from the next request on.',
    params,
    body: {
      [json]: {
        schema: bodyOf('RoleChange', roleChange, { allowed }),
        examples: { allow: { allowed: ['data.use', 'sources.inspect', 'api_keys.manage_own'] } },
      },
    },
    answers: { 200: shown('The role as it is now.') },
    refusals: [
      ...['identity.role_not_found', 'identity.role_exists', 'identity.role_invalid', 'identity.role_protected'],
      'identity.last_administrator',
    ],
  },
  {
    ...{ method: 'DELETE', path: '/admin/v1/roles/:role', id: 'removeRole', tag, summary: 'Remove a role' },
    text: 'Whoever has it loses it, and its grants are gone.',
    params,
    answers: { 204: { text: 'It is gone.' } },
    refusals: ['identity.role_not_found', 'identity.role_protected', 'identity.last_administrator'],
  },
];
