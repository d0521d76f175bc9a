/** The proof of the trail: every record is chained to the one before it, and the ends are sealed. @module */
import { Alert, Button, Group, List, Text } from '@mantine/core';
import { IconShieldCheck, IconShieldX } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { api, problemOf, unwrap } from '../../api/client';
import { ProblemAlert } from '../../parts/problem-alert';

export function VerifyTrail() {
  const verifying = useMutation({ mutationFn: () => unwrap(api.POST('/admin/v1/audit/verify')) });
  const verdict = verifying.data;
  return (
    <>
      <Group gap="sm">
        <Button
          onClick={() => verifying.mutate()}
          loading={verifying.isPending}
          leftSection={<IconShieldCheck size={18} aria-hidden />}
        >
          Verify the trail
        </Button>
        <Text size="sm" c="dimmed">
          Finds every record that was edited, deleted, moved or cut off.
        </Text>
      </Group>
      <ProblemAlert problem={verifying.error === null ? null : problemOf(verifying.error)} />
      {verdict === undefined ? null : verdict.isIntact ? (
        <Alert
          color="green"
          variant="light"
          role="status"
          icon={<IconShieldCheck aria-hidden />}
          title="The trail is whole"
        >
          {verdict.events.toLocaleString('en')} events, each proven by the one after it.
        </Alert>
      ) : (
        <Alert
          color="red"
          variant="light"
          role="alert"
          icon={<IconShieldX aria-hidden />}
          title="The trail was changed"
        >
          <List size="sm">
            {verdict.findings.map((finding) => (
              <List.Item key={`${finding.chain}:${finding.seq}:${finding.problem}`}>
                Chain {finding.chain}, record {finding.seq ?? 'at its end'}: {finding.problem}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
    </>
  );
}
