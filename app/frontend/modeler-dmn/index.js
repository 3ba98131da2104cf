// The editor of decisions: all views of dmn-js (requirements, tables, literal and boxed expressions) with its properties panel.
import '../modeler-desk/styles.js';

import DmnModeler from 'dmn-js/lib/Modeler';
import DmnViewer from 'dmn-js/lib/NavigatedViewer';
import { DmnPropertiesPanelModule, DmnPropertiesProviderModule } from 'dmn-js-properties-panel';

import 'dmn-js/dist/assets/diagram-js.css';
import 'dmn-js/dist/assets/dmn-font/css/dmn-embedded.css';
import 'dmn-js/dist/assets/dmn-js-shared.css';
import 'dmn-js/dist/assets/dmn-js-drd.css';
import 'dmn-js/dist/assets/dmn-js-decision-table.css';
import 'dmn-js/dist/assets/dmn-js-decision-table-controls.css';
import 'dmn-js/dist/assets/dmn-js-literal-expression.css';
import 'dmn-js/dist/assets/dmn-js-boxed-expression.css';
import 'dmn-js/dist/assets/dmn-js-boxed-expression-controls.css';
import 'dmn-js-properties-panel/dist/assets/properties-panel.css';
import './dmn.css';

import { keepDefaults } from '../modeler-desk/defaults.js';
import { Desk } from '../modeler-desk/desk.js';
import { localise } from '../modeler-desk/localise.js';
import { Outlines } from '../modeler-desk/outlines.js';
import { make } from '../modeler-desk/pieces.js';
import { readable, whole } from '../modeler-desk/places.js';
import { Views } from './views.js';
import words from './words.zh.json';

async function start() {
  const desk = new Desk();
  const inner = make('div', { class: 'desk-canvas-inner' });
  const tabs = make('div', { class: 'decision-tabs', role: 'tablist' });
  desk.canvas.append(tabs, inner);
  if (desk.readonly) desk.panel.remove();
  const modeler = desk.readonly ? new DmnViewer({ container: inner }) : editor(inner, desk);
  modeler.on('views.changed', ({ activeView }) => { if (activeView?.type === 'drd') readable(modeler.getActiveViewer().get('canvas'), desk.beside); });
  desk.tool(desk.say('fit'), () => whole(modeler.getActiveViewer().get('canvas'), desk.beside), { 'data-fit': true });
  const views = new Views(modeler, tabs, desk);
  try {
    const { warnings } = await modeler.importXML(desk.content);
    if (warnings.length && !desk.readonly) {
      desk.notice('warning', desk.say('warnings', { count: warnings.length, first: warnings[0].message }), [], 'warnings');
    }
  } catch (error) {
    desk.unreadable(error);
    return;
  }
  if (desk.boot.locale !== 'en') localise(document.body, words);
  const outlines = new Outlines(id => [ `[data-element-id="${id}"]:not(.djs-element)`, `[data-row-id="${id}"]`, `[data-col-id="${id}"]` ]);
  window.daopaiModeler = modeler; // for the console and for tests
  desk.begin({
    open: text => modeler.importXML(text),
    read: async () => desk.readonly ? desk.content : (await modeler.saveXML({ format: true })).xml,
    jump: id => views.jump(id),
    mark: findings => outlines.show(findings),
    lint: () => []
  });
}

function editor(container, desk) {
  const modeler = new DmnModeler({
    container,
    drd: {
      propertiesPanel: { parent: desk.panel },
      additionalModules: [ DmnPropertiesPanelModule, DmnPropertiesProviderModule ]
    },
    common: { expressionLanguages: { options: [ { value: 'feel', label: 'FEEL' } ], defaults: { editor: 'feel' } } }
  });
  modeler.on('saveXML.start', () => keepDefaults(modeler._moddle));
  // each view has a command stack of its own
  modeler.on('viewer.created', ({ viewer }) => viewer.on('commandStack.changed', () => desk.changed()));
  return modeler;
}

void start();
