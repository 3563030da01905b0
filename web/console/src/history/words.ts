import { words } from '$shared/words.svelte';

export const w = words({
  history: ['历史', 'History'],
  now: ['回到现在', 'Back to now'],
  line: ['时间轴', 'Time line'],
  when: ['日期和时刻', 'Date and time'],
  play: ['播放', 'Play'],
  pause: ['暂停', 'Pause'],
  speed: ['快慢', 'Speed'],
  earlier: ['上一件', 'Event before'],
  later: ['下一件', 'Event after'],
  span: ['看多长', 'How much of it'],
  whole: ['全部', 'All'],
  outages: ['数据源异常', 'Feeds not well'],
  incidents: ['事件', 'Incidents'],
  alarms: ['预警', 'Alarms'],
  gap: ['无记录', 'Nothing kept'],
  controls: ['时刻选择', 'Moment'],
  invalid: ['地址里的时刻无效', 'The moment in the address is none'],
});
