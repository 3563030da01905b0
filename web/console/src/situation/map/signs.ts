import L from 'leaflet';
import { mount, unmount } from 'svelte';
import Level, { type LevelName } from '$shared/ui/Level.svelte';

/** A sign on the map: an officer by number, or an incident by its level. */
export interface Sign {
  id: string;
  lat: number;
  lon: number;
  title: string;
  /** The classes of its element. */
  look: string;
  text?: string;
  level?: LevelName;
  onclick?: () => void;
}

interface Held {
  marker: L.Marker;
  key: string;
  drop: () => void;
}

/** The signs of one layer, changed in place: what stays is moved, never made anew. */
export class Signs {
  readonly #layer = L.layerGroup();
  readonly #held = new Map<string, Held>();

  /** Put them on a map. */
  on(map: L.Map): void {
    this.#layer.addTo(map);
  }

  /** Show these and no others. */
  show(signs: readonly Sign[]): void {
    const kept = new Set<string>();
    for (const sign of signs) {
      kept.add(sign.id);
      const key = [sign.title, sign.look, sign.text, sign.level].join('|');
      const held = this.#held.get(sign.id);
      if (held?.key === key) {
        held.marker.setLatLng([sign.lat, sign.lon]);
        continue;
      }
      held?.drop();
      this.#held.set(sign.id, { key, ...this.#made(sign) });
    }
    for (const [id, held] of this.#held) {
      if (kept.has(id)) continue;
      held.drop();
      this.#held.delete(id);
    }
  }

  #made(sign: Sign): { marker: L.Marker; drop: () => void } {
    const element = document.createElement('span');
    element.className = 'face';
    element.textContent = sign.text ?? '';
    const level =
      sign.level && mount(Level, { target: element, props: { is: sign.level, silent: true } });
    const icon = L.divIcon({ html: element, className: `sign ${sign.look}`, iconSize: [24, 24] });
    // by keyboard they are reached in the list beside the map
    const marker = L.marker([sign.lat, sign.lon], {
      icon,
      keyboard: false,
      title: sign.title,
      zIndexOffset: sign.level ? 1_000 : 0,
    });
    if (sign.onclick) marker.on('click', sign.onclick);
    marker.addTo(this.#layer);
    return {
      marker,
      drop: () => {
        marker.remove();
        if (level) void unmount(level);
      },
    };
  }
}
