/** Roles and grants. @module */
import { Waiting } from '../../parts/data-table';
import { Page } from '../../parts/page';

export function Roles() {
  return (
    <Page title="Roles and grants">
      <Waiting />
    </Page>
  );
}
