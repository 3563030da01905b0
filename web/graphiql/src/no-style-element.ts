/**
 * What react-remove-scroll writes into a style element while a dialog is open, so that the page behind
 * does not scroll: our content security policy refuses such elements, and our page never scrolls.
 */
export const styleSingleton = () => () => null;
export const stylesheetSingleton = () => ({ add: () => undefined, remove: () => undefined });
export const styleHookSingleton = () => () => undefined;
