/** A choice of actions, each with what it lets somebody do. @module */
import { Checkbox, Stack } from '@mantine/core';
import type { Action } from '../api/session';
import { actionWords } from './actions';

export function ActionBoxes({
  label,
  description,
  among,
  chosen,
  onChange,
  error,
}: {
  readonly label: string;
  readonly description?: string;
  /** Absent: all of them. */
  readonly among?: readonly string[];
  readonly chosen: readonly Action[];
  readonly onChange: (chosen: Action[]) => void;
  readonly error?: string;
}) {
  const shown = among === undefined ? actionWords : actionWords.filter(({ name }) => among.includes(name));
  return (
    <Checkbox.Group
      label={label}
      description={description}
      value={[...chosen]}
      // Written down in the order in which they are shown, whatever the order of the clicks.
      onChange={(names) => onChange(actionWords.map(({ name }) => name).filter((name) => names.includes(name)))}
      error={error}
    >
      <Stack gap="xs" mt="xs">
        {shown.map(({ name, text, isFarReaching }) => (
          <Checkbox
            key={name}
            value={name}
            label={name}
            description={isFarReaching === true ? `${text} Far-reaching.` : text}
            styles={{ label: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
          />
        ))}
      </Stack>
    </Checkbox.Group>
  );
}
