import type {
  CallStatus,
  ParkingSiteStatus,
  Stage,
  TaxiState,
  TransportMode,
} from '$shared/gql/generated';
import { language, type Pair, words } from '$shared/words.svelte';

/** Nobody scrolls a wall. */
export const scrolls = (): boolean => document.documentElement.dataset.density !== 'wall';

/** A name as the hub tells it: in Chinese, in English, or in one of them. */
export function named(zh: string | null | undefined, en: string | null | undefined): string {
  return (language.is === 'zh' ? (zh ?? en) : (en ?? zh)) ?? '—';
}

export const MODES: Record<TransportMode, Pair> = {
  RAIL: ['铁路', 'Rail'],
  METRO: ['地铁', 'Metro'],
  COACH: ['长途', 'Coach'],
  BUS: ['公交', 'Bus'],
  TAXI: ['出租车', 'Taxi'],
  TRAM: ['有轨电车', 'Tram'],
  FERRY: ['轮渡', 'Ferry'],
  OTHER: ['其他', 'Other'],
};

/** What a status says where nothing more exact is known. */
export const STATUSES: Record<CallStatus, Pair> = {
  SCHEDULED: ['图定', 'Scheduled'],
  ON_TIME: ['正点', 'On time'],
  DELAYED: ['晚点', 'Delayed'],
  EARLY: ['早点', 'Early'],
  ARRIVED: ['已到', 'Arrived'],
  DEPARTED: ['已发', 'Departed'],
  CANCELLED: ['停运', 'Cancelled'],
  SKIPPED: ['不停靠', 'Does not stop'],
  NO_DATA: ['无实况', 'No live data'],
  UNKNOWN: ['未知', 'Unknown'],
};

export const STAGES: Record<Stage, Pair> = {
  QUEUED: ['待发', 'To send'],
  SENT: ['已发', 'Sent'],
  RECEIVED: ['已送达', 'Delivered'],
  SEEN: ['已阅', 'Opened'],
  ACCEPTED: ['已签收', 'Accepted'],
  EN_ROUTE: ['在途', 'En route'],
  ARRIVED: ['到场', 'On scene'],
  DONE: ['完成', 'Done'],
  DECLINED: ['不能执行', 'Declined'],
  ESCALATED: ['已升级', 'Escalated'],
  CANCELLED: ['撤销', 'Withdrawn'],
};

export const TAXI_STATES: Record<TaxiState, Pair> = {
  AVAILABLE: ['空车', 'Vacant'],
  ON_TRIP: ['重车', 'Hired'],
  RESERVED: ['预约', 'Reserved'],
  STOPPED: ['停运', 'Stopped'],
  NON_OPERATIONAL: ['非营运', 'Off service'],
  UNKNOWN: ['未知', 'Unknown'],
};

export const PARKING: Record<ParkingSiteStatus, Pair> = {
  SPACES_AVAILABLE: ['有空位', 'Spaces'],
  ALMOST_FULL: ['将满', 'Almost full'],
  FULL: ['已满', 'Full'],
  FULL_AT_ENTRANCE: ['入口满', 'Full at entrance'],
};

export const said = words({
  map: ['地图', 'Map'],
  boards: ['到发', 'Departures and arrivals'],
  taxis: ['出租车', 'Taxis'],
  parking: ['停车', 'Parking'],
  situations: ['情况', 'Situations'],
  alarms: ['预警', 'Alarms'],
  orders: ['指令', 'Orders'],
  time: ['时刻', 'Time'],
  number: ['车次', 'Service'],
  from: ['始发', 'From'],
  to: ['终到', 'To'],
  platform: ['站台', 'Plat.'],
  state: ['状态', 'Status'],
  unknown: ['未知', 'Unknown'],
  noFeed: ['源未报', 'Not told'],
  ago: (age: string) => [`${age}前`, `${age} ago`],
  silent: ['实况源静默', 'Source silent'],
  ghost: ['应见未见', 'Not seen'],
  ghostWhy: ['时刻表有，实况无', 'Timetabled, not heard of'],
  platformChanged: ['站台变更', 'New plat.'],
  rest: (count: number) =>
    scrolls()
      ? [`其余 ${count} 行 · 向下滚动`, `${count} more · scroll down`]
      : [`其余 ${count} 行`, `${count} more`],
  late: (minutes: number) => [`晚 ${minutes} 分`, `${minutes} min late`],
  early: (minutes: number) => [`早 ${minutes} 分`, `${minutes} min early`],
  refused: ['无法显示', 'Cannot be shown'],
});
