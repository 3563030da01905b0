import '$shared/styles/tokens.css';
import '$shared/styles/base.css';
import './officer.css';
import { mount } from 'svelte';
import { appearance } from '$shared/hub/appearance.svelte';
import { clock } from '$shared/hub/clock.svelte';
import { language } from '$shared/words.svelte';
import App from './App.svelte';
import { act, link, route, who } from './hub';
import { wokenBy } from './outbox/outbox';
import { size } from './settings/size.svelte';
import { version } from './version.svelte';

appearance.show();
language.show();
size.show();
clock.start();
void version.install();
navigator.serviceWorker?.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  const { woken, open } = (data ?? {}) as { woken?: string; open?: string };
  if (woken && who.me) void act(who.me.account, wokenBy(woken));
  link.kick();
  if (open !== undefined) route.go(open);
});

const target = document.getElementById('app');
if (target) mount(App, { target });
