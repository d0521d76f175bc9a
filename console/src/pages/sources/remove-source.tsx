/** Removing a source, naming what goes with it. @module */
import { Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { api, unwrap } from '../../api/client';
import { useAnnounce } from '../../parts/announcer';
import { DestroyDialog } from '../../parts/destroy-dialog';
import type { Source } from './engines';
import { sourceKey } from './one-source';

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
  const query = { source: source.name, limit: counted };
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
        await unwrap(api.DELETE('/admin/v1/sources/{source}', { params: { path: { source: source.name } } }));
        announce(`Source ${source.name} was removed.`);
        go('/sources');
        queries.removeQueries({ queryKey: sourceKey(source.name) });
        await queries.invalidateQueries({ queryKey: ['sources', 'list'] });
      }}
      consequences={
        <Stack gap="xs" component="span">
          <Text component="span">
            {going.data === undefined
              ? 'Its datasets and every grant on them go with it.'
              : `${sayCount(going.data.datasets, 'dataset')} and ${sayCount(going.data.grants, 'grant')} go with it; ${sayRoles(going.data.grants.items)}.`}
          </Text>
          <Text component="span">
            Its sealed password and its snapshot are gone, too. The database itself is not touched.
          </Text>
        </Stack>
      }
    />
  );
}

function sayCount(
  { items, nextCursor }: { readonly items: readonly unknown[]; readonly nextCursor: string | null },
  noun: string,
) {
  const count = nextCursor === null ? `${items.length || 'No'}` : `More than ${counted}`;
  return `${count} ${noun}${items.length === 1 ? '' : 's'}`;
}

function sayRoles(grants: readonly { readonly role: string }[]): string {
  const roles = [...new Set(grants.map(({ role }) => role))];
  if (roles.length === 0) return 'no role loses anything';
  const named = roles.slice(0, 5).join(', ');
  return `${named}${roles.length > 5 ? ` and ${roles.length - 5} more` : ''} lose${roles.length === 1 ? 's' : ''} access`;
}
