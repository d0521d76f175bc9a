/** `/admin/v1/organisations` in words and shapes. @module */
import Type from 'typebox';
import type { DescribedParameter, Description } from '../kit/description.js';
import { bodyOf, epochMs, pageOf, pageParameters } from '../kit/schemas.js';
import { newOrganisation } from './organisation-routes.js';

const organisation = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    uid: Type.String({ description: 'Short name, unique and for ever.' }),
    name: Type.String(),
    createdAtMs: epochMs('When it was made.'),
  },
  { $id: 'Organisation' },
);

const newBody = bodyOf('NewOrganisation', newOrganisation, {
  uid: 'Lower-case letters, digits and inner hyphens, at most 63.',
});

const organisationParameter: Readonly<Record<'organisation', DescribedParameter>> = {
  organisation: { schema: Type.String(), text: 'Uid of the organisation.', isRequired: true, example: 'acme' },
};

const json = 'application/json';
const tag = 'Organisations';
const one = '/admin/v1/organisations/:organisation';
const answer = (text: string) => ({ text, content: { [json]: { schema: organisation } } });

export const organisationDescriptions: readonly Description[] = [
  {
    ...{ method: 'GET', path: '/admin/v1/organisations', id: 'listOrganisations', tag },
    summary: 'List organisations',
    query: pageParameters,
    answers: {
      200: {
        text: 'A page of organisations, in the order they were made.',
        content: { [json]: { schema: pageOf('OrganisationPage', organisation) } },
      },
    },
  },
  {
    ...{ method: 'POST', path: '/admin/v1/organisations', id: 'addOrganisation', tag },
    summary: 'Add an organisation',
    text: 'It comes with the roles `administrator` and `member`.',
    body: { [json]: { schema: newBody, examples: { one: { uid: 'globex', name: 'Globex Corporation' } } } },
    answers: { 201: answer('The organisation.') },
    refusals: [
      ...['identity.organisation_exists', 'identity.organisation_uid_invalid'],
      'identity.organisation_name_invalid',
    ],
  },
  {
    ...{ method: 'GET', path: one, id: 'showOrganisation', tag, summary: 'Show an organisation' },
    params: organisationParameter,
    answers: { 200: answer('The organisation.') },
    refusals: ['identity.organisation_not_found'],
  },
  {
    ...{ method: 'DELETE', path: one, id: 'removeOrganisation', tag, summary: 'Remove an organisation' },
    text: 'With its roles and its users, their sessions and API keys. Not while it owns sources: remove those first.',
    params: organisationParameter,
    answers: { 204: { text: 'It is gone.' } },
    refusals: ['identity.organisation_not_found', 'identity.organisation_has_sources', 'identity.last_administrator'],
  },
];
