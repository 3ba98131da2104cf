// Two diagrams beside each other that pan and zoom together.
import 'bpmn-js/dist/assets/diagram-js.css';

import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import zeebe from 'zeebe-bpmn-moddle/resources/zeebe.json';

// Below this a diagram cannot be read: rather show a part of it, where something differs.
const LEAST_ZOOM = 0.5;

export async function open(element, xml) {
  const viewer = new NavigatedViewer({
    container: element,
    moddleExtensions: { zeebe },
    canvas: { deferUpdate: false },
    // the wheel scrolls the page
    zoomScroll: { enabled: false }
  });
  await viewer.importXML(xml);
  return viewer;
}

/** What one shows, the other shows. */
export function together(viewers) {
  let following = false;
  for (const viewer of viewers) {
    viewer.on('canvas.viewbox.changed', ({ viewbox: { x, y, width, height } }) => {
      if (following) return;
      following = true;
      for (const other of viewers) if (other !== viewer) other.get('canvas').viewbox({ x, y, width, height });
      following = false;
    });
  }
}

/** The whole of it; where that would be too small to read, the place *id*. */
export function fit(viewers, id) {
  const canvas = viewers.at(-1).get('canvas');
  viewers.forEach(viewer => viewer.get('canvas').resized());
  canvas.zoom('fit-viewport', 'auto');
  if (canvas.zoom() < LEAST_ZOOM && id) {
    canvas.zoom(LEAST_ZOOM);
    show(viewers, id);
  }
}

export function zoom(viewers, factor) {
  const canvas = viewers.at(-1).get('canvas');
  canvas.zoom(Math.min(4, Math.max(0.1, canvas.zoom() * factor)));
}

/** Put *id* into the middle: where it stands now, or where it stood. */
export function show(viewers, id) {
  const viewer = [ ...viewers ].reverse().find(each => each.get('elementRegistry').get(id));
  if (!viewer) return;
  const canvas = viewer.get('canvas');
  const at = canvas.getAbsoluteBBox(viewer.get('elementRegistry').get(id));
  const { width, height } = canvas.getSize();
  canvas.scroll({ dx: width / 2 - at.x - at.width / 2, dy: height / 2 - at.y - at.height / 2 });
  for (const each of viewers) {
    const registry = each.get('elementRegistry');
    registry.filter(shape => each.get('canvas').hasMarker(shape, 'diff-here')).forEach(shape => each.get('canvas').removeMarker(shape, 'diff-here'));
    if (registry.get(id)) each.get('canvas').addMarker(id, 'diff-here');
  }
}

export function mark(viewer, changes) {
  const registry = viewer.get('elementRegistry');
  for (const { id, what } of changes) {
    // the whole picture is no place in it
    if (!registry.get(id)?.parent) continue;
    viewer.get('canvas').addMarker(id, `diff-${what}`);
    registry.getGraphics(id).setAttribute('data-differs', what);
    if (registry.get(`${id}_label`)) viewer.get('canvas').addMarker(`${id}_label`, `diff-${what}`);
  }
}
