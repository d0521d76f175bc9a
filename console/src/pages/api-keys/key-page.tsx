/** One API key: what it may do, until when, who still uses it while it is replaced; narrowing, rotating, removing it. @module */
import { Badge, Button, Code, Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { useOne, useSources } from '../../api/access';
import { api, unwrap } from '../../api/client';
import type { paths } from '../../api/schema';
import { useMay, useMe } from '../../api/session';
import { useAnnounce } from '../../parts/announcer';
import { Rows, Waiting } from '../../parts/data-table';
import { DestroyDialog } from '../../parts/destroy-dialog';
import { EmptyState } from '../../parts/empty-state';
import { Facts } from '../../parts/facts';
import { Moment } from '../../parts/moment';
import { Page, Section } from '../../parts/page';
import { ProblemAlert } from '../../parts/problem-alert';
import { Status } from '../../parts/status';
import { ButtonTo, To } from '../../parts/to';
import { pathOf } from '../people/account';
import { keyState } from './key-state';
import { NarrowKey } from './narrow-key';
import { RotateKey } from './rotate-key';

export type KeyDetail = paths['/admin/v1/api-keys/{key}']['get']['responses'][200]['content']['application/json'];

export function KeyPage({ id }: { readonly id: string }) {
  const { found, isLoading, problem } = useOne(['api-keys', 'one', id], () =>
    unwrap(api.GET('/admin/v1/api-keys/{key}', { params: { path: { key: id } } })),
  );
  if (problem?.code === 'identity.api_key_not_found') {
    return (
      <Page title="API key">
        <EmptyState
          title="There is no such key"
          text="It was removed, or it is not yours."
          action={<ButtonTo href="/api-keys">To the API keys</ButtonTo>}
        />
      </Page>
    );
  }
  if (found === undefined) {
    return <Page title="API key">{isLoading ? <Waiting /> : <ProblemAlert problem={problem} />}</Page>;
  }
  return <Key detail={found} />;
}

function Key({ detail }: { readonly detail: KeyDetail }) {
  const me = useMe();
  const may = useMay();
  const queries = useQueryClient();
  const announce = useAnnounce();
  const [, go] = useLocation();
  const [isNarrowing, narrowing] = useDisclosure();
  const [isRotating, rotating] = useDisclosure();
  const [isRemoving, removing] = useDisclosure();
  const { found: sources = [] } = useSources(detail.sources !== null && may('sources.inspect'));
  const { id, name, user, state } = detail;
  const isOwn = user === me.user.username;
  const { tone, text } = keyState(detail, Date.now());
  return (
    <Page
      title={name}
      text={detail.purpose ?? `API key of ${user}`}
      actions={
        <>
          {state === 'active' ? (
            <Button variant="default" onClick={rotating.open}>
              Rotate
            </Button>
          ) : null}
          {state === 'ended' ? null : (
            <Button variant="default" onClick={narrowing.open}>
              Narrow
            </Button>
          )}
          <Button variant="outline" color="red.9" onClick={removing.open}>
            Remove
          </Button>
        </>
      }
    >
      <Facts
        facts={[
          [
            'State',
            <Status key="state" tone={tone}>
              {text}
            </Status>,
          ],
          [
            'Owner',
            may('directory.manage') ? (
              <To key="owner" size="sm" href={pathOf(user)}>
                {user}
              </To>
            ) : (
              user
            ),
          ],
          ['Begins and ends', <Code key="key">{detail.key}</Code>],
          ['Made', <Moment key="made" ms={detail.createdAtMs} />],
          ['Ends', <Moment key="ends" ms={detail.expiresAtMs} never="never by itself" />],
          [
            'Last used',
            <span key="used">
              <Moment ms={detail.lastUsedAtMs} never="never" />
              {detail.lastUsedAddress === null ? '' : ` from ${detail.lastUsedAddress}`}
            </span>,
          ],
          ...(detail.successor === null
            ? []
            : ([
                [
                  'Replaced by',
                  <To key="successor" size="sm" href={`/api-keys/${encodeURIComponent(detail.successor)}`}>
                    its successor
                  </To>,
                ],
              ] as const)),
        ]}
      />
      <Section title="What it may do" text="At most this, and never more than its owner may at that moment.">
        <Facts
          facts={[
            ['Actions', <Listed key="scopes" names={detail.scopes} all="all its owner may" />],
            [
              'Sources',
              <Listed
                key="sources"
                names={detail.sources?.map((one) => sources.find((source) => source.id === one)?.name ?? one) ?? null}
                all="every source its owner reaches"
              />,
            ],
            ['Addresses', <Listed key="cidrs" names={detail.cidrs} all="from anywhere" />],
          ]}
        />
      </Section>
      {state === 'retiring' ? <Uses detail={detail} /> : null}
      <NarrowKey detail={detail} isOpen={isNarrowing} onClose={narrowing.close} />
      <RotateKey detail={detail} isOpen={isRotating} onClose={rotating.close} />
      <DestroyDialog
        verb="Remove"
        kind="API key"
        name={name}
        consequences={`What still uses ${detail.key} is refused from now on. This cannot be taken back; to change it without an outage, rotate it.`}
        isOpen={isRemoving}
        onClose={removing.close}
        onDestroy={async () => {
          await unwrap(api.DELETE('/admin/v1/api-keys/{key}', { params: { path: { key: id } } }));
          announce(`The API key ${name} was removed.`);
          go(isOwn ? '/api-keys' : `/api-keys?user=${encodeURIComponent(user)}`);
          queries.removeQueries({ queryKey: ['api-keys', 'one', id] });
          await queries.invalidateQueries({ queryKey: ['api-keys'] });
        }}
      />
    </Page>
  );
}

function Listed({ names, all }: { readonly names: readonly string[] | null; readonly all: string }) {
  if (names === null) return <>{all}</>;
  if (names.length === 0) return <>none</>;
  return (
    <Group gap={4}>
      {names.map((name) => (
        <Badge key={name} variant="light" color="gray" tt="none">
          {name}
        </Badge>
      ))}
    </Group>
  );
}

/** Whoever rotates a key wants to know what would break if the old one ended now. */
function Uses({ detail }: { readonly detail: KeyDetail }) {
  const { uses, successor } = detail;
  return (
    <Section
      title="Who still uses it"
      text="By day, since it was replaced. When nobody uses it any more, it can be removed without waiting for its end."
    >
      {uses.length === 0 ? (
        <EmptyState
          title="Nobody, since it was replaced"
          text="Every program has its successor, or none has asked for anything yet."
          action={
            successor === null ? undefined : (
              <ButtonTo variant="default" href={`/api-keys/${encodeURIComponent(successor)}`}>
                To its successor
              </ButtonTo>
            )
          }
        />
      ) : (
        <Rows
          label="Uses by day"
          rows={uses}
          rowKey={({ day }) => day}
          columns={[
            { title: 'Day', cell: ({ day }) => day },
            { title: 'Uses', align: 'right', cell: ({ uses: count }) => count.toLocaleString('en') },
            { title: 'Last', cell: ({ lastUsedAtMs }) => <Moment ms={lastUsedAtMs} /> },
            {
              title: 'From',
              cell: ({ lastUsedAddress }) => <Text inherit>{lastUsedAddress ?? 'an address that is not known'}</Text>,
            },
          ]}
        />
      )}
    </Section>
  );
}
