import { clock } from '$shared/hub/clock.svelte';
import { HubError } from '$shared/hub/errors';
import type { IconName } from '$shared/ui/Icon.svelte';
import { minute } from '$shared/hub/times';
import { say } from '$shared/words.svelte';
import { alert } from '../alert.svelte';
import { link, mobile } from '../hub';
import type { Standing } from './standing.svelte';

/** One thing that must be so for an officer to be woken. */
export interface Check {
  key: string;
  icon: IconName;
  name: string;
  /** Null: not known, or nothing that can be done here. */
  well: boolean | null;
  words: string;
  mend: { name: string; done: () => Promise<void> } | null;
}

/** How wrong a phone's own clock may be before it is said. */
const WRONG = 60_000;

/** Whether this phone can wake its officer, and what to do where it cannot. */
export class WakeChecks {
  #notify = $state(permission());
  #kept = $state<boolean | null>(null);
  #push = $state<'yes' | 'no' | 'none' | 'failed' | 'unknown'>('unknown');
  #tested = $state<'sent' | 'failed' | null>(null);
  readonly #account: string;
  readonly #standing: Standing;

  constructor(account: string, standing: Standing) {
    this.#account = account;
    this.#standing = standing;
    void this.#look();
  }

  /** All of them, as they are now. */
  get all(): Check[] {
    const checks = [
      this.#notifications(),
      this.#sound(),
      this.#storage(),
      this.#hub(),
      this.#pushed(),
    ];
    const off = clock.machineOff ?? 0;
    if (Math.abs(off) > WRONG) checks.push(this.#clock(off));
    return checks;
  }

  async #look(): Promise<void> {
    this.#kept = (await navigator.storage?.persisted?.()) ?? null;
    const worker = await navigator.serviceWorker?.getRegistration();
    const held = await worker?.pushManager?.getSubscription().catch(() => null);
    this.#push = held ? 'yes' : 'no';
  }

  #notifications(): Check {
    const words = {
      granted: say(['已允许', 'Allowed']),
      default: say(['还没有允许', 'Not allowed yet']),
      denied: say(['被禁止：在浏览器设置里允许', 'Forbidden: allow them in the browser settings']),
      none: say(['此浏览器没有通知', 'This browser has none']),
    };
    const ask = async () => {
      this.#notify = await Notification.requestPermission();
    };
    return {
      key: 'notify',
      icon: 'bell',
      name: say(['通知', 'Notifications']),
      well: this.#notify === 'granted',
      words: words[this.#notify],
      mend: this.#notify === 'default' ? { name: say(['允许', 'Allow']), done: ask } : null,
    };
  }

  #sound(): Check {
    const words = !alert.on
      ? say(['已关：在设置里打开', 'Off: turn it on in the settings'])
      : alert.tried
        ? say(['已试响', 'Tried'])
        : say(['打开后要试响一次，否则浏览器不出声', 'Try it once: a browser is silent before']);
    return {
      key: 'sound',
      icon: alert.on ? 'sound' : 'silent',
      name: say(['声音', 'Sound']),
      well: alert.on && alert.tried,
      words,
      mend: alert.on
        ? {
            name: alert.tried ? say(['再试', 'Again']) : say(['试响', 'Try it']),
            done: async () => void (await alert.try()),
          }
        : null,
    };
  }

  #storage(): Check {
    const keep = async () => {
      this.#kept = await navigator.storage.persist();
    };
    return {
      key: 'storage',
      icon: 'lock',
      name: say(['存储', 'Storage']),
      well: this.#kept,
      words: this.#kept
        ? say(['手机不会自行清除没发出的内容', 'The phone does not clear what is not sent'])
        : say(['手机可能自行清除：装到主屏幕后更可靠', 'The phone may clear it: install the app']),
      mend: this.#kept ? null : { name: say(['保留', 'Keep']), done: keep },
    };
  }

  #hub(): Check {
    const well = link.lostSince === null && link.heardAt !== null;
    return {
      key: 'hub',
      icon: well ? 'link' : 'unlink',
      name: say(['指挥中心', 'The centre']),
      well,
      words: well ? say(['已连接', 'Connected']) : say(['连接不上', 'Not reached']),
      mend: well ? null : { name: say(['再试', 'Again']), done: () => link.look() },
    };
  }

  #pushed(): Check {
    const woken = this.#standing.known?.device?.wokenAt ?? null;
    const words = {
      yes: woken
        ? say([`已登记，${minute(woken)} 叫醒过`, `Registered, woken at ${minute(woken)}`])
        : say(['已登记，还没有试过叫醒', 'Registered, not tried yet']),
      no: say(['没有登记：锁屏时收不到', 'Not registered: not woken when locked']),
      none: say(['中枢没有推送，请让本页开着', 'The hub has no push: keep this page open']),
      failed: say([
        '浏览器登记不了，请让本页开着',
        'The browser cannot register: keep this page open',
      ]),
      unknown: say(['正在查…', 'Looking…']),
    };
    const tested = {
      sent: say(['已发出，等着被叫醒…', 'Sent: waiting to be woken…']),
      failed: say(['没有发出：请重新登记', 'Not sent: register anew']),
    };
    const mend =
      this.#push === 'yes'
        ? { name: say(['自检', 'Test']), done: () => this.#test() }
        : this.#push === 'no'
          ? { name: say(['登记', 'Register']), done: () => this.#register() }
          : null;
    return {
      key: 'push',
      icon: 'phone',
      name: say(['推送', 'Push']),
      well: this.#push === 'unknown' ? null : this.#push === 'yes' && this.#tested !== 'failed',
      words: this.#tested ? tested[this.#tested] : words[this.#push],
      mend,
    };
  }

  /** Let the hub wake this phone; the worker tells of it (`main.ts`), and the hub then knows. */
  async #test(): Promise<void> {
    try {
      const { data } = await mobile.call<{ queued: boolean }>(this.#account, 'POST', 'device/test');
      this.#tested = data.queued ? 'sent' : 'failed';
      navigator.serviceWorker.addEventListener(
        'message',
        () => {
          this.#tested = null;
          void link.look().then(() => this.#standing.load());
        },
        { once: true },
      );
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.#tested = 'failed';
    }
  }

  #clock(off: number): Check {
    const minutes = Math.round(Math.abs(off) / 60_000);
    return {
      key: 'clock',
      icon: 'clock',
      name: say(['手机时钟', 'Clock of the phone']),
      well: false,
      words:
        off > 0
          ? say([
              `快 ${minutes} 分；这里都用指挥中心的时间`,
              `${minutes} min fast; the time of the centre is used`,
            ])
          : say([
              `慢 ${minutes} 分；这里都用指挥中心的时间`,
              `${minutes} min slow; the time of the centre is used`,
            ]),
      mend: null,
    };
  }

  async #register(): Promise<void> {
    try {
      const { data } = await mobile.call<{ publicKey: string | null }>(
        this.#account,
        'GET',
        'push/vapid',
      );
      if (data.publicKey === null) {
        this.#push = 'none';
        return;
      }
      const worker = await navigator.serviceWorker.ready;
      const held = await worker.pushManager.subscribe({
        userVisibleOnly: true,
        applicationServerKey: data.publicKey,
      });
      await mobile.call(this.#account, 'PUT', 'device', {
        pushChannel: 'webpush',
        subscription: held.toJSON(),
      });
      [this.#push, this.#tested] = ['yes', null];
    } catch (error) {
      this.#push = error instanceof HubError && error.code === 'NOT_FOUND' ? 'none' : 'failed';
    }
  }
}

function permission(): NotificationPermission | 'none' {
  return 'Notification' in window ? Notification.permission : 'none';
}
