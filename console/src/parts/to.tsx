/** Links and buttons that lead to another page of the console. @module */
import { Anchor, type AnchorProps, Button, type ButtonProps } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';

/**
 * As large as the text around it where no size is given.
 *
 * @param href  Within the console: `/sources/shop`. Names in it are encoded by the caller.
 */
export function To({ href, children, ...rest }: AnchorProps & { readonly href: string; readonly children: ReactNode }) {
  return (
    <Anchor component={Link} href={href} inherit={rest.size === undefined} {...rest}>
      {children}
    </Anchor>
  );
}

export function ButtonTo({
  href,
  children,
  ...rest
}: ButtonProps & { readonly href: string; readonly children: ReactNode }) {
  return (
    <Button component={Link} href={href} {...rest}>
      {children}
    </Button>
  );
}
