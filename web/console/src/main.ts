import '$shared/styles/tokens.css';
import '$shared/styles/base.css';
import './console.css';
import './print.css';
import { mount } from 'svelte';
import { appearance } from '$shared/hub/appearance.svelte';
import { clock } from '$shared/hub/clock.svelte';
import { language } from '$shared/words.svelte';
import App from './App.svelte';

appearance.show();
language.show();
clock.start();

const target = document.getElementById('app');
if (target) mount(App, { target });
