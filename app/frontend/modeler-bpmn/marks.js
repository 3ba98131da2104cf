// Findings on the diagram: a coloured outline and a sign with a number at the element.
import { make } from '../modeler-desk/pieces.js';

const TYPE = 'daopai-finding';

export class Marks {
  constructor(modeler) {
    this.canvas = modeler.get('canvas');
    this.overlays = modeler.get('overlays');
    this.registry = modeler.get('elementRegistry');
    this.marked = new Map();
  }

  show(findings) {
    const wanted = new Map();
    for (const { element, severity, text } of findings) {
      if (!this.registry.get(element)?.parent) continue;
      const known = wanted.get(element) ?? { severity: 'warning', texts: [] };
      if (severity === 'error') known.severity = 'error';
      known.texts.push(text);
      wanted.set(element, known);
    }
    this.overlays.remove({ type: TYPE });
    for (const [ element, marker ] of this.marked) {
      if (this.registry.get(element)) this.canvas.removeMarker(element, marker);
    }
    this.marked.clear();
    for (const [ element, { severity, texts } ] of wanted) {
      const marker = `finding-${severity}`;
      this.canvas.addMarker(element, marker);
      this.marked.set(element, marker);
      this.overlays.add(element, TYPE, {
        position: { top: -10, left: -10 },
        html: make('span', { class: `finding-sign finding-sign-${severity}`, title: texts.join('\n') }, String(texts.length))
      });
    }
  }
}
