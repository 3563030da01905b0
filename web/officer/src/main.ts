import '$shared/styles/tokens.css';
import '$shared/styles/base.css';
import './officer.css';
import { mount } from 'svelte';
import { appearance } from '$shared/hub/appearance.svelte';
import { clock } from '$shared/hub/clock.svelte';
import { language } from '$shared/words.svelte';
import App from './App.svelte';
import { link, route } from './hub';
import { size } from './settings/size.svelte';
import { version } from './version.svelte';

appearance.show();
language.show();
size.show();
clock.start();
void version.install();
navigator.serviceWorker?.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  link.kick();
  if (data && typeof data === 'object' && 'open' in data) route.go(String(data.open));
});

const target = document.getElementById('app');
if (target) mount(App, { target });
