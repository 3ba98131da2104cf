// A diagram for looking at: where an instance stands. Used by task, administrator and auditor pages.
//
//   await DaopaiDiagram.show(element, {xml, activities: {id: {state: 'done'|'here'|'late'|'canceled'|'missing'|'extra', times}}}, {onSelect})
//   → {mark(activities), focus(id), fit(), destroy()}
import 'bpmn-js/dist/assets/diagram-js.css';
import './diagram.css';

import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';

const STATES = [ 'done', 'here', 'late', 'canceled', 'missing', 'extra' ];
// On a phone a whole diagram would be too small to read: not below this zoom, but centred on where things are.
const LEAST_ZOOM = 0.55;

async function show(element, { xml, activities = {} }, { onSelect } = {}) {
  element.replaceChildren();
  element.classList.add('diagram-canvas');
  const viewer = new NavigatedViewer({ container: element, ...wheel() });
  await viewer.importXML(xml);
  const canvas = viewer.get('canvas');
  const registry = viewer.get('elementRegistry');
  let marked = {};

  function mark(states) {
    for (const [ id, { state } ] of Object.entries(marked)) if (registry.get(id)) canvas.removeMarker(id, `at-${state}`);
    marked = Object.fromEntries(Object.entries(states).filter(([ id, each ]) => registry.get(id) && STATES.includes(each.state)));
    for (const [ id, { state, times } ] of Object.entries(marked)) {
      canvas.addMarker(id, `at-${state}`);
      const graphics = registry.getGraphics(id);
      graphics.setAttribute('data-state', state);
      if (times > 1) graphics.setAttribute('data-times', times);
    }
  }

  function fit() {
    canvas.resized();
    canvas.zoom('fit-viewport', 'auto');
    const here = Object.entries(marked).filter(([ , each ]) => each.state === 'here' || each.state === 'late').map(([ id ]) => id);
    if (canvas.zoom() < LEAST_ZOOM && here.length) {
      canvas.zoom(LEAST_ZOOM);
      canvas.scrollToElement(here[0], { top: 60, bottom: 60, left: 60, right: 60 });
      within(canvas);
    }
  }

  function focus(id) {
    if (registry.get(id)) canvas.scrollToElement(id);
  }

  if (onSelect) viewer.on('element.click', event => onSelect(event.element.id));
  mark(activities);
  fit();
  const resized = new ResizeObserver(() => canvas.resized());
  resized.observe(element);
  return { mark, focus, fit, destroy: () => { resized.disconnect(); viewer.destroy(); } };
}

/** No empty ground beside a diagram that goes on at its other side. */
function within(canvas) {
  const { x, y, width, height, inner } = canvas.viewbox();
  const held = (at, size, from, whole) => whole <= size ? from - (size - whole) / 2 : Math.min(Math.max(at, from - 20), from + whole - size + 20);
  canvas.viewbox({ x: held(x, width, inner.x, inner.width), y: held(y, height, inner.y, inner.height), width, height });
}

// The wheel scrolls the page, not the diagram, unless Ctrl is held: a page with a diagram in it must stay scrollable.
function wheel() {
  return { zoomScroll: { enabled: false } };
}

window.DaopaiDiagram = { show };
