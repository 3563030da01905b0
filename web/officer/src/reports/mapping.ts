/** All that the map is made of: loaded beside the app, not with it. */
export { fetchedArea, heldArea } from './area';
export { default as MapPick } from './MapPick.svelte';
