const PAGES: Record<string, { page: string; type: string | null }> = {
  incident: { page: 'incidents/', type: 'Incident' },
  bulletin: { page: 'bulletins/', type: 'Bulletin' },
  account: { page: 'admin/accounts?account=', type: null },
  client: { page: 'admin/partners?account=', type: null },
};

/** Where in the console that is shown which an act was about; null for what has no page. */
export function pageOf(action: string, target: string): string | null {
  const found = PAGES[action.split('.')[0] ?? ''];
  if (!found || !target) return null;
  const id = found.type === null ? target : globalId(found.type, target);
  return found.page + encodeURIComponent(id);
}

/** The id that GraphQL knows a row by. */
export function globalId(type: string, key: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(`${type}:${key}`)));
}
