// The order in which a file lists its shapes is kept: bpmn-js would sort them all at each save, and a file that nobody touched would come
// back different. Only what holds others is moved before them where it was drawn later, so that other tools do not paint over them.
import { getDi } from 'bpmn-js/lib/util/ModelUtil';
import { selfAndAllChildren } from 'diagram-js/lib/util/Elements';

class KeepOrder {
  static $inject = [ 'eventBus', 'canvas' ];

  constructor(eventBus, canvas) {
    eventBus.on('saveXML.start', 1500, () => {
      for (const root of canvas.getRootElements()) arrange(root);
    });
  }
}

function arrange(root) {
  const plane = getDi(root)?.get('planeElement');
  if (!plane) return;
  const place = new Map(plane.map((di, index) => [ di, index ]));
  for (const holder of selfAndAllChildren(root, false)) {
    const own = getDi(holder);
    if (holder === root || !holder.children?.length || !place.has(own)) continue;
    const inner = holder.children.map(child => place.get(getDi(child))).filter(index => index !== undefined);
    const first = Math.min(...inner);
    if (inner.length && first < place.get(own)) {
      plane.splice(plane.indexOf(own), 1);
      plane.splice(first, 0, own);
      plane.forEach((di, index) => place.set(di, index));
    }
  }
}

export const KeepOrderModule = { __init__: [ 'bpmnDiOrdering' ], bpmnDiOrdering: [ 'type', KeepOrder ] };
