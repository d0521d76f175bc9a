/** Grants something to a role; what is known already comes with the address. @module */
import { useQueryClient } from '@tanstack/react-query';
import { useLocation, useSearchParams } from 'wouter';
import { api, unwrap } from '../../api/client';
import { useAnnounce } from '../../parts/announcer';
import { Page } from '../../parts/page';
import { ButtonTo } from '../../parts/to';
import { draftFromAddress, termsOf } from './draft';
import { GrantForm } from './grant-form';

export function NewGrant() {
  const [asked] = useSearchParams();
  const [, go] = useLocation();
  const queries = useQueryClient();
  const announce = useAnnounce();
  return (
    <Page
      title="Grant something to a role"
      text="A table, a view or a named query of a source; how much of it, and what may be done with it."
    >
      <GrantForm
        // Another address is another grant.
        key={asked.toString()}
        draft={draftFromAddress(asked)}
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
    </Page>
  );
}
