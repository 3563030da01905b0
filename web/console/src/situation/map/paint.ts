import L from 'leaflet';
import type { Painter } from '$shared/map/painter';

/**
 * One canvas over the whole view, drawn in one pass whenever the view moved or `soon` was called: ten
 * thousand vehicles are one loop and no elements.
 */
export class Canvas extends L.Layer {
  readonly #paint: Painter;
  #canvas: HTMLCanvasElement | null = null;
  #frame = 0;

  constructor(paint: Painter) {
    super();
    this.#paint = paint;
  }

  override onAdd(map: L.Map): this {
    this.#canvas = L.DomUtil.create('canvas', 'leaflet-zoom-hide');
    this.#canvas.setAttribute('aria-hidden', 'true');
    map.getPane('overlayPane')?.append(this.#canvas);
    map.on('moveend zoomend resize viewreset', this.#now, this);
    this.soon();
    return this;
  }

  override onRemove(map: L.Map): this {
    map.off('moveend zoomend resize viewreset', this.#now, this);
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#canvas?.remove();
    this.#canvas = null;
    return this;
  }

  /** Draw with the next frame. */
  soon(): void {
    this.#frame ||= requestAnimationFrame(() => this.#now());
  }

  #now(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const [canvas, map] = [this.#canvas, this._map];
    const context = canvas?.getContext('2d');
    if (!canvas || !context || !map) return;
    const size = map.getSize();
    const dense = devicePixelRatio;
    const origin = map.containerPointToLayerPoint([0, 0]);
    L.DomUtil.setPosition(canvas, origin);
    if (canvas.width !== size.x * dense || canvas.height !== size.y * dense) {
      canvas.width = size.x * dense;
      canvas.height = size.y * dense;
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
    }
    context.setTransform(dense, 0, 0, dense, 0, 0);
    context.clearRect(0, 0, size.x, size.y);
    this.#paint(context, (lat, lon) => map.latLngToContainerPoint([lat, lon]), size);
  }
}
