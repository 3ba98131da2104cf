// A version's diagram as a heat map. The page gives <div data-picture>, buttons with data-measure, and #picture-data
// {xml, measures: {name: {element: [shade 1…5, text]}}}. Everything it shows stands in the tables below it, too.
import 'bpmn-js/dist/assets/diagram-js.css';
import '../diagram/diagram.css';
import './pictures.css';

import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';

// On a phone a whole diagram would be too small to read: not below this zoom, but at what is hottest.
const LEAST_ZOOM = 0.55;

class HeatMap {
  constructor(viewer, measures) {
    this.canvas = viewer.get('canvas');
    this.registry = viewer.get('elementRegistry');
    this.overlays = viewer.get('overlays');
    this.measures = measures;
    this.marked = [];
  }

  show(measure) {
    for (const [ id, marker ] of this.marked) this.canvas.removeMarker(id, marker);
    this.marked = [];
    this.overlays.remove({ type: 'heat' });
    for (const [ id, [ shade, text ] ] of Object.entries(this.measures[measure] ?? {})) {
      const element = this.registry.get(id);
      if (!element?.width) continue;
      this.canvas.addMarker(id, `heat-${shade}`);
      this.marked.push([ id, `heat-${shade}` ]);
      const label = document.createElement('span');
      label.className = 'heat-label';
      label.textContent = text;
      this.overlays.add(id, 'heat', { position: { top: -12, left: 4 }, html: label });
    }
  }

  hottest(measure) {
    return Object.entries(this.measures[measure] ?? {}).filter(([ id ]) => this.registry.get(id)?.width).sort((one, other) => other[1][0] - one[1][0])[0]?.[0];
  }
}

async function open(place) {
  const data = JSON.parse(document.getElementById('picture-data').textContent);
  place.replaceChildren();
  place.classList.add('diagram-canvas');
  const viewer = new NavigatedViewer({ container: place, zoomScroll: { enabled: false } });
  await viewer.importXML(data.xml);
  const canvas = viewer.get('canvas');
  const map = new HeatMap(viewer, data.measures);
  const none = document.querySelector('[data-picture-none]');
  const buttons = [ ...document.querySelectorAll('[data-measure]') ];
  const choose = chosen => {
    for (const each of buttons) each.setAttribute('aria-pressed', String(each === chosen));
    map.show(chosen.dataset.measure);
    none.hidden = map.marked.length > 0;
  };
  for (const button of buttons) button.addEventListener('click', () => choose(button));
  viewer.on('element.click', event => select(event.element.id));
  new ResizeObserver(() => canvas.resized()).observe(place);
  canvas.zoom('fit-viewport', 'auto');
  choose(buttons[0]);
  if (canvas.zoom() < LEAST_ZOOM) {
    canvas.zoom(LEAST_ZOOM);
    const hottest = map.hottest(buttons[0].dataset.measure);
    if (hottest) canvas.scrollToElement(hottest, { top: 60, bottom: 60, left: 60, right: 60 });
  }
  place.dataset.ready = 'true';
}

/** The table's line of an element that was clicked. */
function select(id) {
  for (const row of document.querySelectorAll('tr[data-element]')) row.classList.toggle('is-chosen', row.dataset.element === id);
  document.querySelector('tr.is-chosen')?.scrollIntoView({ block: 'nearest' });
}

const place = document.querySelector('[data-picture]');
if (place) {
  open(place).catch(error => {
    console.error(error);
    document.querySelector('[data-picture-failed]').hidden = false;
  });
}
