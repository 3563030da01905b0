import type { IncidentKind } from './gql/generated';
import type { Pair } from './words.svelte';

/** What an incident is: the same words wherever it is reported, registered or read. */
export const KINDS: Record<IncidentKind, Pair> = {
  CROWD: ['大客流', 'Crowding'],
  STRANDED_PASSENGERS: ['滞留旅客', 'Stranded passengers'],
  PUBLIC_ORDER: ['治安', 'Public order'],
  MEDICAL: ['医疗救助', 'Medical'],
  FIRE: ['火情', 'Fire'],
  FACILITY: ['设施故障', 'Facility'],
  TRAFFIC: ['交通', 'Traffic'],
  ILLEGAL_TRANSPORT: ['非法客运', 'Unlicensed transport'],
  OTHER: ['其他', 'Other'],
};
