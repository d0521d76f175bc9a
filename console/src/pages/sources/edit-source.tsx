/**
 * Changing a source. Only what is different is sent, with the revision that was seen. Moving it, or changing how it is
 * secured, takes the password once more: whoever may change a source must not learn it by having it sent elsewhere.
 *
 * @module
 */
import { Button, Divider, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { useLocation } from 'wouter';
import { api, problemOf, unwrap } from '../../api/client';
import { useAnnounce } from '../../parts/announcer';
import { Waiting } from '../../parts/data-table';
import { Page } from '../../parts/page';
import { ProblemAlert } from '../../parts/problem-alert';
import { ShownOnce } from '../../parts/shown-once';
import { ButtonTo } from '../../parts/to';
import { engines, type Source } from './engines';
import { Foldable } from './foldable';
import { FurtherFields, PurposeField } from './further-fields';
import { NamingFields } from './naming-fields';
import { pathOf, useSource } from './one-source';
import { CredentialFields, PlaceFields } from './place-fields';
import { changeOf, draftOf, furtherFields, needsPassword } from './source-draft';
import { TlsFields } from './tls-fields';
import { useForm } from './use-form';

export function EditSource({ name }: { readonly name: string }) {
  const { data, error } = useSource(name);
  if (data === undefined) {
    return (
      <Page title={`Edit ${name}`}>{error === null ? <Waiting /> : <ProblemAlert problem={problemOf(error)} />}</Page>
    );
  }
  return <Form source={data} />;
}

function Form({ source }: { readonly source: Source }) {
  const form = useForm(() => draftOf(source));
  const { draft, faults, change, markProblem, showField } = form;
  const formElement = useRef<HTMLFormElement>(null);
  const queries = useQueryClient();
  const announce = useAnnounce();
  const [, go] = useLocation();
  const asked = changeOf(source, draft);
  const saving = useMutation({
    mutationFn: () =>
      unwrap(api.PATCH('/admin/v1/sources/{source}', { params: { path: { source: source.id } }, body: asked ?? {} })),
    onSuccess: async (changed) => {
      announce(`Source ${changed.name} was changed.`);
      if (changed.webhookKey === undefined) go(pathOf(changed));
      await queries.invalidateQueries({ queryKey: ['sources'] });
    },
    onError: (thrown) => {
      const problem = problemOf(thrown);
      markProblem(problem);
      if (problem.field !== undefined) showField(formElement.current, problem.field);
    },
  });
  const changed = saving.data;
  if (changed?.webhookKey !== undefined) {
    return (
      <Page title={`Source ${changed.name} was changed`}>
        <ShownOnce what="Key that signs the webhook" value={changed.webhookKey} />
        <Group>
          <ButtonTo href={pathOf(changed)}>Open {changed.name}</ButtonTo>
        </Group>
      </Page>
    );
  }
  const fields = { draft, faults, onChange: change };
  const isSecured = needsPassword(source, draft);
  return (
    <Page title={`Edit ${source.name}`} text={`${engines[source.engine].title}, of ${source.organisation}`}>
      <form
        ref={formElement}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          saving.mutate();
        }}
      >
        <Stack gap="lg" maw={640}>
          <NamingFields {...fields} hint="Grants stay; whoever asks for it by its name has to use the new one." />
          <PurposeField {...fields} />
          <Divider />
          <PlaceFields {...fields} />
          <TlsFields {...fields} hasKey={source.tls.hasClientKey} />
          <CredentialFields
            {...fields}
            hint={
              isSecured
                ? 'Needed once more: where it is, or how it is secured, changes.'
                : 'Leave it empty to keep the one there is.'
            }
          />
          <Foldable title="More settings" isNeeded={furtherFields.some((name) => faults[name] !== undefined)}>
            <FurtherFields {...fields} />
          </Foldable>
          <ProblemAlert problem={saving.error === null ? null : problemOf(saving.error)} />
          <Group>
            <Button type="submit" loading={saving.isPending} disabled={asked === null}>
              Save
            </Button>
            <ButtonTo href={pathOf(source)} variant="default">
              Cancel
            </ButtonTo>
            {asked === null ? (
              <Text size="sm" c="dimmed">
                Nothing is changed yet.
              </Text>
            ) : null}
          </Group>
        </Stack>
      </form>
    </Page>
  );
}
