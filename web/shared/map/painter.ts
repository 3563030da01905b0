/** Draws on a map's canvas: `at` turns degrees into pixels of the view. */
export type Painter = (
  context: CanvasRenderingContext2D,
  at: (lat: number, lon: number) => { x: number; y: number },
  size: { x: number; y: number },
) => void;

/** The value of a token now, in the theme that is shown. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
