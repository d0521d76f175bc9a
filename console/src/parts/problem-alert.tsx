/** A refusal as a person reads it: what is wrong, what to do, and what to quote when asking for help. @module */
import { Alert, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { Problem } from '../api/problem';

export function ProblemAlert({ problem, title }: { readonly problem: Problem | null; readonly title?: string }) {
  if (problem === null) return null;
  return (
    <Alert
      color="red"
      variant="light"
      role="alert"
      icon={<IconAlertTriangle aria-hidden />}
      title={title ?? problem.message}
    >
      {title === undefined ? null : <Text size="sm">{problem.message}</Text>}
      {problem.fix === undefined ? null : <Text size="sm">{problem.fix}</Text>}
      <Text size="xs" mt={4} ff="monospace">
        {problem.code}
        {problem.requestId === undefined ? '' : ` · ${problem.requestId}`}
      </Text>
    </Alert>
  );
}

/** The refusal's words for this field of a form; to be spread into its input. */
export function faultOf(problem: Problem | null, field: string): { readonly error?: string } {
  const listed = problem?.errors.find((one) => one.field === field);
  if (listed !== undefined) return { error: listed.fix };
  if (problem?.field !== field) return {};
  return { error: problem.fix === undefined ? problem.message : `${problem.message} ${problem.fix}` };
}
