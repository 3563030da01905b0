/** A position as it is written: `31.2501, 121.4523`. Null for nothing, undefined for what is none. */
export function spotOf(text: string): { lat: number; lon: number } | null | undefined {
  if (text.trim() === '') return null;
  const parts = text.split(/[,，\s]+/).filter(Boolean);
  const [lat, lon] = parts.map(Number);
  if (parts.length !== 2 || lat === undefined || lon === undefined) return undefined;
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon } : undefined;
}
