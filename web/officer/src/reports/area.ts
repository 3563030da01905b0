import { OfficerArea } from '$shared/gql/generated';
import { ask } from '$shared/hub/ask';
import type { Session } from '$shared/hub/session.svelte';
import type { AreaMap } from '$shared/map/area';
import type { Database } from '../store/database';

/** The drawing of the area as this phone holds it; `map` is null where the hub has none. */
export interface Area {
  illustrative: boolean;
  centre: { lat: number; lon: number };
  map: AreaMap | null;
}

const KEY = 'area';

/** What is held here; null before the first time. */
export async function heldArea(db: Database): Promise<Area | null> {
  return ((await db.kept.get(KEY))?.value ?? null) as Area | null;
}

/** Fetch it and hold it here. Raises HubError. */
export async function fetchedArea(db: Database, session: Session): Promise<Area> {
  const { illustrative, centre, map } = (await ask(session, OfficerArea, {})).interchange;
  const found = { illustrative, centre, map: map as AreaMap | null };
  await db.kept.put({ key: KEY, value: found }).catch(() => undefined);
  return found;
}
