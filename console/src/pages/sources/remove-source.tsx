/** Removing a source, naming what goes with it. @module */
import { Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { api, unwrap } from '../../api/client';
import { useAnnounce } from '../../parts/announcer';
import { DestroyDialog } from '../../parts/destroy-dialog';
import type { Source } from './engines';
import { oneSourceKey } from './one-source';

/** More than this is “more than”. */
const counted = 1_000;

export function RemoveSource({
  source,
  isOpen,
  onClose,
}: {
  readonly source: Source;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const queries = useQueryClient();
  const announce = useAnnounce();
  const [, go] = useLocation();
  const query = { source: source.id, limit: counted };
  const going = useQuery({
    queryKey: ['sources', 'goes-with', source.id],
    queryFn: async () => {
      const [datasets, grants] = await Promise.all([
        unwrap(api.GET('/admin/v1/datasets', { params: { query } })),
        unwrap(api.GET('/admin/v1/grants', { params: { query } })),
      ]);
      return { datasets, grants };
    },
    enabled: isOpen,
    staleTime: 0,
  });
  return (
    <DestroyDialog
      verb="Remove"
      kind="source"
      name={source.name}
      hasToBeTyped
      isOpen={isOpen}
      onClose={onClose}
      onDestroy={async () => {
        await unwrap(api.DELETE('/admin/v1/sources/{source}', { params: { path: { source: source.id } } }));
        announce(`Source ${source.name} was removed.`);
        go('/sources');
        queries.removeQueries({ queryKey: oneSourceKey });
        await queries.invalidateQueries({ queryKey: ['sources', 'list'] });
      }}
      consequences={
        <Stack gap="xs" component="span">
          <Text component="span">
            {going.data === undefined
              ? 'Its datasets and every grant on them go with it.'
              : sayLoss(going.data.datasets, going.data.grants)}
          </Text>
          <Text component="span">
            Its sealed password and its snapshot are gone, too. The database itself is not touched.
          </Text>
        </Stack>
      }
    />
  );
}

interface Counted<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

function sayLoss(datasets: Counted<unknown>, grants: Counted<{ readonly role: string }>): string {
  const roles = [...new Set(grants.items.map(({ role }) => role))];
  if (datasets.items.length === 0) return 'Nothing of it was granted to anybody.';
  const gone = `${sayCount(datasets, 'dataset')} and ${sayCount(grants, 'grant')} go with it.`;
  if (roles.length === 0) return gone;
  const named = roles.slice(0, 5).join(', ');
  const others = roles.length > 5 ? ` and ${roles.length - 5} more` : '';
  return `${gone} Access is lost by: ${named}${others}.`;
}

function sayCount({ items, nextCursor }: Counted<unknown>, noun: string): string {
  const count = nextCursor !== null ? `More than ${counted}` : items.length === 0 ? 'no' : `${items.length}`;
  return `${count} ${noun}${items.length === 1 ? '' : 's'}`;
}
