/** The console of somebody who is signed in: navigation, who they are, and the page. @module */
import {
  ActionIcon,
  AppShell,
  Burger,
  Button,
  Group,
  Menu,
  NavLink,
  ScrollArea,
  Stack,
  Text,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconLogout, IconMoon, IconSun, IconUserCircle } from '@tabler/icons-react';
import { Component, type ReactNode, Suspense, useEffect, useRef } from 'react';
import { Link, Route, Switch, useLocation } from 'wouter';
import { Problem } from '../api/problem';
import { useMe, useSession } from '../api/session';
import { Waiting } from '../parts/data-table';
import { EmptyState } from '../parts/empty-state';
import { Page } from '../parts/page';
import { ProblemAlert } from '../parts/problem-alert';
import { ButtonTo } from '../parts/to';
import classes from './house.module.css';
import { OwnPassword } from './own-password';
import { type Place, places, sections } from './routes';

export function House() {
  const [isOpen, { toggle, close }] = useDisclosure();
  const [location] = useLocation();
  const main = useRef<HTMLElement>(null);
  const { allowed } = useMe();
  const mine = places.filter(({ needs }) => needs === undefined || needs.some((action) => allowed.includes(action)));

  const shown = useRef(location);
  useEffect(() => {
    if (shown.current === location) return;
    shown.current = location;
    close();
    // A new page is read out, and the keyboard is at its beginning (WCAG 2.2, 2.4.3); what is loaded comes later.
    window.scrollTo(0, 0);
    main.current?.querySelector<HTMLElement>('[data-page-title]')?.focus();
  }, [location, close]);

  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 240, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding="md"
    >
      <a href="#main" className={classes['skip']}>
        Skip to the page
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={isOpen}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label="Navigation"
              aria-expanded={isOpen}
            />
            <img src="/console/key.svg" alt="" width={28} height={28} />
            <Text fw={700}>Latchkey</Text>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <SchemeSwitch />
            <Who />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Pages">
        <ScrollArea>
          {sections.map((section) => (
            <Section
              key={section}
              title={section}
              places={mine.filter((place) => place.section === section)}
              at={location}
            />
          ))}
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main id="main" ref={main} tabIndex={-1} style={{ outline: 'none' }}>
        <PageBoundary key={location}>
          <Suspense fallback={<Waiting />}>
            <Switch>
              {mine.flatMap(({ path, page: Loaded }) => [
                <Route key={path} path={path}>
                  <Loaded />
                </Route>,
                path === '/' ? null : (
                  <Route key={`${path}/*`} path={`${path}/*?`}>
                    <Loaded />
                  </Route>
                ),
              ])}
              <Route path="/own-password">
                <OwnPassword />
              </Route>
              <Route>
                <NoPage />
              </Route>
            </Switch>
          </Suspense>
        </PageBoundary>
      </AppShell.Main>
    </AppShell>
  );
}

function Section({
  title,
  places: shown,
  at,
}: {
  readonly title: string;
  readonly places: readonly Place[];
  readonly at: string;
}) {
  if (shown.length === 0) return null;
  return (
    <Stack gap={0} mb="sm" component="section" aria-label={title}>
      {title === 'Now' ? null : (
        <Text size="xs" fw={600} c="dimmed" px="sm" py={4}>
          {title}
        </Text>
      )}
      {shown.map(({ path, title: name, icon: Icon }) => {
        const isHere = path === '/' ? at === '/' : at === path || at.startsWith(`${path}/`);
        return (
          <NavLink
            key={path}
            component={Link}
            href={path}
            label={name}
            active={isHere}
            aria-current={isHere ? 'page' : undefined}
            leftSection={<Icon size={18} aria-hidden />}
            className={classes['place']}
          />
        );
      })}
    </Stack>
  );
}

function SchemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const next = scheme === 'light' ? 'dark' : 'light';
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      onClick={() => setColorScheme(next)}
      aria-label={`Use ${next} colours`}
    >
      {scheme === 'light' ? <IconMoon size={18} aria-hidden /> : <IconSun size={18} aria-hidden />}
    </ActionIcon>
  );
}

function Who() {
  const { user } = useMe();
  const { signOut } = useSession();
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Account ${user.username}`}>
          <IconUserCircle size={20} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {user.username} · {user.organisation.name}
        </Menu.Label>
        <Menu.Item component={Link} href="/own-password">
          Change password
        </Menu.Item>
        <Menu.Item
          leftSection={<IconLogout size={16} aria-hidden />}
          onClick={() => void signOut().catch(() => undefined)}
        >
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function NoPage() {
  return (
    <Page title="No such page">
      <EmptyState
        title="There is nothing here"
        text="The address is mistyped, or what it led to is not for your account."
        action={<ButtonTo href="/">To the overview</ButtonTo>}
      />
    </Page>
  );
}

/** A page that fails says so and leaves the rest of the console usable. */
class PageBoundary extends Component<{ readonly children: ReactNode }, { readonly thrown: unknown }> {
  override state = { thrown: null };

  static getDerivedStateFromError(thrown: unknown) {
    return { thrown };
  }

  override render() {
    if (this.state.thrown === null) return this.props.children;
    return (
      <Page
        title="This page cannot be shown"
        actions={<Button onClick={() => window.location.reload()}>Reload</Button>}
      >
        <ProblemAlert problem={pageProblemOf(this.state.thrown)} />
      </Page>
    );
  }
}

/** What is thrown while a page is drawn is no failure of the server. */
function pageProblemOf(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  const details = {
    status: 0,
    code: 'console.page_failed',
    detail: 'Something in this page of the console went wrong.',
  };
  return new Problem(details, { cause: thrown });
}
