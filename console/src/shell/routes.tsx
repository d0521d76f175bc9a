/**
 * The pages: where each stands, what the navigation calls it, and who has a use for it. A page is loaded when it is
 * first opened.
 *
 * @module
 */
import {
  type Icon,
  IconBuilding,
  IconDatabase,
  IconFileSearch,
  IconHelpHexagon,
  IconHome,
  IconKey,
  IconLogin2,
  IconRobot,
  IconSettings,
  IconTable,
  IconUsers,
  IconUsersGroup,
} from '@tabler/icons-react';
import type { ComponentType, LazyExoticComponent } from 'react';
import type { Action } from '../api/session';
import { partOf } from '../parts/part-of';

type Loaded = LazyExoticComponent<ComponentType>;

export interface Place {
  /** Within the console; pages below it (`/sources/:source`) are the page's own to route. */
  readonly path: string;
  readonly title: string;
  readonly section: 'Now' | 'Databases' | 'Access' | 'Credentials' | 'Operation';
  readonly icon: Icon;
  /** Any of these; nobody is left out where none is named. */
  readonly needs?: readonly Action[];
  readonly page: Loaded;
}

/** In the order of the navigation. */
export const places: readonly Place[] = [
  {
    path: '/',
    title: 'Overview',
    section: 'Now',
    icon: IconHome,
    page: partOf(async () => (await import('../pages/overview/overview')).Overview),
  },
  {
    path: '/sources',
    title: 'Sources',
    section: 'Databases',
    icon: IconDatabase,
    needs: ['sources.inspect', 'sources.manage', 'directory.manage'],
    page: partOf(async () => (await import('../pages/sources/sources')).Sources),
  },
  {
    path: '/data',
    title: 'Data',
    section: 'Databases',
    icon: IconTable,
    needs: ['data.use'],
    page: partOf(async () => (await import('../pages/data/data')).Data),
  },
  {
    path: '/people',
    title: 'People',
    section: 'Access',
    icon: IconUsers,
    needs: ['directory.manage'],
    page: partOf(async () => (await import('../pages/people/people')).People),
  },
  {
    path: '/service-accounts',
    title: 'Service accounts',
    section: 'Access',
    icon: IconRobot,
    needs: ['directory.manage'],
    page: partOf(async () => (await import('../pages/service-accounts/service-accounts')).ServiceAccounts),
  },
  {
    path: '/organisations',
    title: 'Organisations',
    section: 'Access',
    icon: IconBuilding,
    needs: ['directory.manage'],
    page: partOf(async () => (await import('../pages/organisations/organisations')).Organisations),
  },
  {
    path: '/roles',
    title: 'Roles and grants',
    section: 'Access',
    icon: IconUsersGroup,
    needs: ['directory.manage', 'sources.manage'],
    page: partOf(async () => (await import('../pages/roles/roles')).Roles),
  },
  {
    path: '/explain',
    title: 'Explain access',
    section: 'Access',
    icon: IconHelpHexagon,
    page: partOf(async () => (await import('../pages/explain/explain')).Explain),
  },
  {
    path: '/api-keys',
    title: 'API keys',
    section: 'Credentials',
    icon: IconKey,
    page: partOf(async () => (await import('../pages/api-keys/api-keys')).ApiKeys),
  },
  {
    path: '/sessions',
    title: 'Sessions',
    section: 'Credentials',
    icon: IconLogin2,
    page: partOf(async () => (await import('../pages/sessions/sessions')).Sessions),
  },
  {
    path: '/audit',
    title: 'Audit',
    section: 'Operation',
    icon: IconFileSearch,
    needs: ['audit.read'],
    page: partOf(async () => (await import('../pages/audit/audit')).Audit),
  },
  {
    path: '/settings',
    title: 'Settings',
    section: 'Operation',
    icon: IconSettings,
    needs: ['directory.manage'],
    page: partOf(async () => (await import('../pages/settings/settings')).Settings),
  },
];

export const sections = ['Now', 'Databases', 'Access', 'Credentials', 'Operation'] as const;
