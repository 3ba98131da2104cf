// One tab for each view of the file: the requirements' diagram and every decision.
import { make } from '../modeler-desk/pieces.js';
import { centre } from '../modeler-desk/places.js';

export class Views {
  constructor(modeler, tabs, desk) {
    this.modeler = modeler;
    this.tabs = tabs;
    this.desk = desk;
    modeler.on('views.changed', ({ views, activeView }) => this.draw(views, activeView));
  }

  draw(views, active) {
    const words = this.desk.boot.locale === 'en' ? 'Requirements' : '决策关系图';
    this.tabs.replaceChildren(...views.map(view => make('button', {
      type: 'button', role: 'tab', class: 'own-text', 'aria-selected': String(view.element === active?.element), 'data-view': view.id,
      onclick: () => this.modeler.open(view)
    }, view.type === 'drd' ? words : view.element.name || view.element.id)));
    this.desk.panel.hidden = active?.type !== 'drd';
    document.querySelector('[data-fit]').hidden = active?.type !== 'drd';
  }

  /** Opens the view in which the element is, and shows it there. */
  async jump(id) {
    const views = this.modeler.getViews();
    const found = views.find(view => view.element.id === id && view.type !== 'drd')
      ?? views.find(view => view.type !== 'drd' && holds(view.element, id)) ?? views.find(view => view.type === 'drd');
    if (!found) return;
    if (found.element !== this.modeler.getActiveView()?.element) await this.modeler.open(found);
    const viewer = this.modeler.getActiveViewer();
    const element = viewer.get('elementRegistry', false)?.get(id);
    if (element) viewer.get('selection', false)?.select(element);
    if (found.type === 'drd') {
      if (element?.parent) centre(viewer.get('canvas'), element, this.desk.beside);
      return;
    }
    const place = document.querySelector([ 'data-element-id', 'data-row-id', 'data-col-id' ].map(name => `[${name}="${CSS.escape(id)}"]`).join(', '));
    place?.scrollIntoView({ block: 'center', inline: 'center' });
    place?.querySelector('[contenteditable]')?.focus();
  }
}

/** Whether an element with this id is anywhere below. References ($parent, other decisions) are not followed. */
function holds(element, id) {
  if (!element || typeof element !== 'object') return false;
  if (element.id === id) return true;
  const contained = element.$descriptor?.properties.filter(property => !property.isReference && !property.isAttr) ?? [];
  return contained.some(property => [ element.get(property.name) ].flat().some(child => child?.$type && holds(child, id)));
}
