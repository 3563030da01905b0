import '$shared/styles/tokens.css';
import '$shared/styles/base.css';
import { mount } from 'svelte';
import { appearance } from '$shared/hub/appearance.svelte';
import { language } from '$shared/words.svelte';
import App from './App.svelte';

appearance.show();
language.show();

const target = document.getElementById('app');
if (target) mount(App, { target });
