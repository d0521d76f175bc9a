/** What is folded away until it is asked for. @module */
import { Button, Collapse, Stack } from '@mantine/core';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { type ReactNode, useId, useState } from 'react';

/** A part of the form that few need: folded until it is asked for, or something in it needs to be seen. */
export function Foldable({
  title,
  isNeeded,
  children,
}: {
  readonly title: string;
  readonly isNeeded: boolean;
  readonly children: ReactNode;
}) {
  const [isAsked, setIsAsked] = useState(false);
  const id = useId();
  const isOpen = isAsked || isNeeded;
  return (
    <div>
      <Button
        variant="subtle"
        px="xs"
        leftSection={isOpen ? <IconChevronDown size={16} aria-hidden /> : <IconChevronRight size={16} aria-hidden />}
        onClick={() => setIsAsked(!isOpen)}
        disabled={isNeeded}
        aria-expanded={isOpen}
        aria-controls={id}
      >
        {title}
      </Button>
      <Collapse expanded={isOpen} id={id}>
        <Stack pt="xs">{children}</Stack>
      </Collapse>
    </div>
  );
}
