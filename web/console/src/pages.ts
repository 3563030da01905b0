import type { Component } from 'svelte';
import type { IconName } from '$shared/ui/Icon.svelte';
import type { Pair } from '$shared/words.svelte';

/** A page of the console: where it is, who may see it, and what draws it. */
export interface Page {
  path: string;
  name: Pair;
  icon: IconName;
  /** Shown only to who has one of these scopes. */
  scopes: readonly string[];
  load: () => Promise<{ default: Component }>;
}

/** Every page, in the order of the navigation: a new one is a line here. */
export const PAGES: readonly Page[] = [
  {
    path: 'situation',
    name: ['态势', 'Situation'],
    icon: 'situation',
    scopes: ['transit:read'],
    load: () => import('./situation/Situation.svelte'),
  },
  {
    path: 'incidents',
    name: ['事件', 'Incidents'],
    icon: 'incident',
    scopes: ['incidents:read'],
    load: () => import('./incidents/Incidents.svelte'),
  },
  {
    path: 'duty',
    name: ['勤务', 'Duty'],
    icon: 'duty',
    scopes: ['officers:read'],
    load: () => import('./duty/Duty.svelte'),
  },
  {
    path: 'bulletins',
    name: ['通报', 'Bulletins'],
    icon: 'bulletin',
    scopes: ['bulletins:read'],
    load: () => import('./bulletins/Bulletins.svelte'),
  },
  {
    path: 'feeds',
    name: ['数据源', 'Feeds'],
    icon: 'feeds',
    scopes: ['feeds:read'],
    load: () => import('./feeds/Feeds.svelte'),
  },
  {
    path: 'history',
    name: ['历史', 'History'],
    icon: 'history',
    scopes: ['transit:read'],
    load: () => import('./history/History.svelte'),
  },
  {
    path: 'approve',
    name: ['大屏', 'Walls'],
    icon: 'screen',
    scopes: ['walls:read'],
    load: () => import('./walls/Walls.svelte'),
  },
  {
    path: 'admin',
    name: ['管理', 'Admin'],
    icon: 'admin',
    scopes: ['admin'],
    load: () => import('./admin/Admin.svelte'),
  },
];
