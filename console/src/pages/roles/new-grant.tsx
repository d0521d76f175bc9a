/** Grants something to a role; what is known already comes with the address. @module */
import { useQueryClient } from '@tanstack/react-query';
import { useLocation, useSearchParams } from 'wouter';
import { type Dataset, useDatasets } from '../../api/access';
import { api, unwrap } from '../../api/client';
import { useAnnounce } from '../../parts/announcer';
import { Waiting } from '../../parts/data-table';
import { Page } from '../../parts/page';
import { ButtonTo } from '../../parts/to';
import { type Draft, draftFromAddress, targetOf, termsOf } from './draft';
import { GrantForm } from './grant-form';

export function NewGrant() {
  const [asked] = useSearchParams();
  const draft = draftFromAddress(asked);
  const named = draft.target?.by === 'dataset' ? draft.target.name : null;
  const datasets = useDatasets(named === null || draft.source === '' ? null : draft.source);
  return (
    <Page
      title="Grant something to a role"
      text="A table, a view or a named query of a source; how much of it, and what may be done with it."
    >
      {datasets.isLoading ? (
        <Waiting />
      ) : (
        // Another address is another grant.
        <Editor key={asked.toString()} draft={named === null ? draft : resolved(draft, named, datasets.found ?? [])} />
      )}
    </Page>
  );
}

/** A dataset that stands for a table is edited as that table: its columns can be looked up. */
function resolved(draft: Draft, named: string, datasets: readonly Dataset[]): Draft {
  const dataset = datasets.find(({ id, name }) => name === named || id === named);
  return dataset === undefined ? draft : { ...draft, target: targetOf(dataset) };
}

function Editor({ draft: first }: { readonly draft: Draft }) {
  const [, go] = useLocation();
  const queries = useQueryClient();
  const announce = useAnnounce();
  return (
    <GrantForm
      draft={first}
      isNew
      verb="Grant it"
      onSave={async (draft) => {
        const { role, source, target } = draft;
        if (target === null) return;
        const place =
          target.by === 'table' ? { source, schema: target.schema, table: target.table } : { dataset: target.id };
        const grant = await unwrap(api.POST('/admin/v1/grants', { body: { role, ...place, ...termsOf(draft) } }));
        announce(`${grant.role} was granted ${grant.dataset} of ${grant.source}.`);
        go(`/roles/grants/${encodeURIComponent(grant.id)}`);
        await Promise.all(
          ['grants', 'datasets', 'explain'].map((one) => queries.invalidateQueries({ queryKey: [one] })),
        );
      }}
    >
      <ButtonTo variant="default" href="/roles?view=grants">
        Cancel
      </ButtonTo>
    </GrantForm>
  );
}
