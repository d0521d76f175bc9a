/** A state in a word, a sign and a colour: never in the colour alone (WCAG 2.2, 1.4.1). @module */
import { Badge } from '@mantine/core';
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconClock,
  IconInfoCircle,
} from '@tabler/icons-react';

export type Tone = 'good' | 'warning' | 'bad' | 'idle' | 'waiting' | 'info';

const looks = {
  good: { color: 'green', Icon: IconCircleCheck },
  warning: { color: 'yellow', Icon: IconAlertTriangle },
  bad: { color: 'red', Icon: IconCircleX },
  idle: { color: 'gray', Icon: IconCircleDashed },
  waiting: { color: 'blue', Icon: IconClock },
  info: { color: 'indigo', Icon: IconInfoCircle },
} as const;

export function Status({ tone, children }: { readonly tone: Tone; readonly children: string }) {
  const { color, Icon } = looks[tone];
  return (
    <Badge color={color} variant="light" tt="none" leftSection={<Icon size={14} aria-hidden />}>
      {children}
    </Badge>
  );
}
