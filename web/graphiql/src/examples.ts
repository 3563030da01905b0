import board from '../examples/board.graphql?raw';
import bulletin from '../examples/bulletin.graphql?raw';
import feeds from '../examples/feeds.graphql?raw';
import incident from '../examples/incident.graphql?raw';
import live from '../examples/live.graphql?raw';
import order from '../examples/order.graphql?raw';
import ranks from '../examples/ranks.graphql?raw';
import reassign from '../examples/reassign.graphql?raw';
import situations from '../examples/situations.graphql?raw';
import station from '../examples/station.graphql?raw';

/** An operation to begin with; its variables are made when it is taken. */
export interface Example {
  zh: string;
  en: string;
  query: string;
  variables?: () => object;
}

/** What was opened and ordered last on this page: the next step needs its id. */
const last = { incident: '', order: '' };
const once = (what: string) => `${what}-${Date.now().toString(36)}`;
const STOP_PLACE = () => ({ stopPlace: 'railway:SHH' });

/** Remember the ids of what was made. */
export function noted(data: unknown): void {
  const made = data as {
    openIncident?: { incident?: { id?: string } | null };
    dispatchOrder?: { order?: { id?: string } | null };
  } | null;
  last.incident = made?.openIncident?.incident?.id ?? last.incident;
  last.order = made?.dispatchOrder?.order?.id ?? last.order;
}

export const READ: readonly Example[] = [
  { zh: '发车', en: 'Departures of a station', query: board, variables: STOP_PLACE },
  { zh: '实时发车', en: 'Departures, live', query: live, variables: STOP_PLACE },
  { zh: '一座车站', en: 'Everything of a station', query: station, variables: STOP_PLACE },
  { zh: '出租车候客点', en: 'Taxi ranks', query: ranks },
  { zh: '运营通告', en: 'Situations', query: situations },
  { zh: '数据源', en: 'Feeds and their health', query: feeds },
];

export const ACT: readonly Example[] = [
  {
    zh: '登记事件',
    en: 'Open an incident',
    query: incident,
    variables: () => ({
      input: {
        clientMutationId: once('incident'),
        kind: 'CROWD',
        title: '北广场客流聚集',
        place: '北广场',
        units: ['RPS'],
      },
    }),
  },
  {
    zh: '下达指令',
    en: 'Dispatch an order',
    query: order,
    variables: () => ({
      input: {
        clientMutationId: once('order'),
        incident: last.incident || '先登记事件 / open an incident first',
        text: '请到北广场疏导客流',
        recipients: ['officer1'],
        escalation: ['officer2'],
      },
    }),
  },
  {
    zh: '改派',
    en: 'Reassign the order',
    query: reassign,
    variables: () => ({
      input: {
        clientMutationId: once('reassign'),
        order: last.order || '先下达指令 / dispatch an order first',
        officer: 'officer1',
        to: 'officer3',
        reason: '另有任务',
      },
    }),
  },
  {
    zh: '发布通报',
    en: 'Publish a bulletin',
    query: bulletin,
    variables: () => ({
      input: {
        clientMutationId: once('bulletin'),
        title: '今晚末班车延后',
        text: '1 号线末班车 23:30 开出',
        audience: { units: ['SAO'] },
      },
    }),
  },
];
