import { may, session } from '../hub';
import type { IncidentNode } from './ledger';

const CENTRE = ['WATCH', 'COMMANDER', 'ADMIN'];

/** Whether who is signed in sits at the command centre. */
export function ofCentre(): boolean {
  return CENTRE.includes(session.me?.role ?? '');
}

/** Whether who is signed in may change it: a liaison changes what its unit leads. */
export function mayChange({ units }: IncidentNode): boolean {
  const leads = units[0]?.code === session.me?.unit?.code;
  return may('incidents:write') && (ofCentre() || leads);
}

/** Whether they may close or reopen it: a liaison what involves no other unit. */
export function mayEnd(incident: IncidentNode): boolean {
  return mayChange(incident) && (ofCentre() || incident.units.length === 1);
}
