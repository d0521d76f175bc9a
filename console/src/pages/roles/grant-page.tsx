/** One grant: what it says, changing it, taking it back. @module */
import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { type Grant, useDatasets, useOne } from '../../api/access';
import { api, unwrap } from '../../api/client';
import { useMay } from '../../api/session';
import { useAnnounce } from '../../parts/announcer';
import { Waiting } from '../../parts/data-table';
import { DestroyDialog } from '../../parts/destroy-dialog';
import { EmptyState } from '../../parts/empty-state';
import { Facts } from '../../parts/facts';
import { Moment } from '../../parts/moment';
import { Page } from '../../parts/page';
import { ProblemAlert } from '../../parts/problem-alert';
import { ButtonTo, To } from '../../parts/to';
import { draftFromGrant, termsOf, writes } from './draft';
import { GrantForm } from './grant-form';
import { sayGrant } from './grant-sentence';

export function GrantPage({ id }: { readonly id: string }) {
  const { found, isLoading, problem } = useOne(['grants', 'one', id], () =>
    unwrap(api.GET('/admin/v1/grants/{grant}', { params: { path: { grant: id } } })),
  );
  if (problem?.code === 'data.grant_not_found') {
    return (
      <Page title="Grant">
        <EmptyState
          title="There is no such grant"
          text="It was taken back, or it is not on a source of yours."
          action={<ButtonTo href="/roles?view=grants">To the grants</ButtonTo>}
        />
      </Page>
    );
  }
  if (found === undefined) {
    return <Page title="Grant">{isLoading ? <Waiting /> : <ProblemAlert problem={problem} />}</Page>;
  }
  return <Shown key={found.id} grant={found} />;
}

function Shown({ grant }: { readonly grant: Grant }) {
  const { id, role, dataset: name, source } = grant;
  const may = useMay();
  const queries = useQueryClient();
  const announce = useAnnounce();
  const [, go] = useLocation();
  const [isRemoving, removing] = useDisclosure();
  const datasets = useDatasets(source);
  const dataset = datasets.found?.find((one) => one.name === name);
  // What was made a dataset by granting it just now is not among those that were read before. Once the form is there it
  // stays, whatever is read anew: somebody may have typed.
  const [isRead, setIsRead] = useState(false);
  if (!isRead && (dataset !== undefined || !datasets.isAsking)) setIsRead(true);
  const isStale = () => Promise.all(['grants', 'explain'].map((one) => queries.invalidateQueries({ queryKey: [one] })));
  return (
    <Page
      title={`${role} on ${name}`}
      text={sayGrant(role, name, source, grant)}
      actions={
        <Button variant="outline" color="red.9" onClick={removing.open}>
          Take it back
        </Button>
      }
    >
      <Facts
        facts={[
          [
            'Source',
            may('sources.inspect') ? (
              <To key="source" size="sm" href={`/sources/${encodeURIComponent(source)}`}>
                {source}
              </To>
            ) : (
              source
            ),
          ],
          [
            'On',
            dataset === undefined
              ? name
              : dataset.kind === 'query'
                ? `${name}, a named query`
                : `${name}, the table ${dataset.schema ?? ''}.${dataset.table ?? ''}`,
          ],
          ['Role', `${role} of ${grant.organisation}`],
          ['Granted', <Moment key="granted" ms={grant.createdAtMs} />],
        ]}
      />
      {!isRead ? (
        <Waiting />
      ) : (
        <GrantForm
          key={JSON.stringify(grant)}
          draft={draftFromGrant(grant, dataset)}
          isNew={false}
          subject={name}
          verb="Save the grant"
          onSave={async (draft) => {
            const { writable, ...terms } = termsOf(draft);
            // What may be written is left as it stands while nothing writes.
            const body = writes(draft.operations) ? { ...terms, writable } : terms;
            await unwrap(api.PATCH('/admin/v1/grants/{grant}', { params: { path: { grant: id } }, body }));
            announce('The grant was changed. It counts from the next request on.');
            await isStale();
          }}
        />
      )}
      <DestroyDialog
        verb="Take back"
        kind={`grant of ${role} on`}
        name={name}
        action="Take it back"
        consequences={`From the next request on, ${role} reaches ${name} of ${source} no more by this grant. The table itself is not touched.`}
        isOpen={isRemoving}
        onClose={removing.close}
        onDestroy={async () => {
          await unwrap(api.DELETE('/admin/v1/grants/{grant}', { params: { path: { grant: id } } }));
          announce(`The grant of ${role} on ${name} was taken back.`);
          go('/roles?view=grants');
          queries.removeQueries({ queryKey: ['grants', 'one', id] });
          await isStale();
        }}
      />
    </Page>
  );
}
