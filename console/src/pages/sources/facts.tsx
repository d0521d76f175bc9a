/** Facts as names and values: a definition list that folds into one column where it is narrow. @module */
import { Box, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './sources.module.css';

export function Facts({ facts }: { readonly facts: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <dl className={classes['facts']}>
      {facts.map(([name, value]) => (
        <Box key={name} className={classes['fact']}>
          <Text component="dt" size="sm" c="dimmed">
            {name}
          </Text>
          <Text component="dd" size="sm" m={0} style={{ overflowWrap: 'anywhere' }}>
            {value}
          </Text>
        </Box>
      ))}
    </dl>
  );
}
