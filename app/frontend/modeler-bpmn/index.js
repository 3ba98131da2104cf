// The editor of diagrams: Camunda's cloud modeler with its own properties panel; ours are pickers, checks, marks and the Chinese words.
import '../modeler-desk/styles.js';

import CamundaModeler from 'camunda-bpmn-js/lib/camunda-cloud/Modeler';
import CamundaViewer from 'camunda-bpmn-js/lib/camunda-cloud/NavigatedViewer';
import SimulationModule from 'bpmn-js-token-simulation';

import 'camunda-bpmn-js/dist/assets/camunda-cloud-modeler.css';
import 'bpmn-js-token-simulation/assets/css/bpmn-js-token-simulation.css';
import './bpmn.css';

import { keepDefaults } from '../modeler-desk/defaults.js';
import { Desk } from '../modeler-desk/desk.js';
import { localise } from '../modeler-desk/localise.js';
import { make } from '../modeler-desk/pieces.js';
import { lint } from './lint.js';
import { Marks } from './marks.js';
import { KeepOrderModule } from './order.js';
import { PickersModule } from './pickers.js';
import { simulation } from './simulation.js';
import { KnownVariablesModule } from './variables.js';
import { translator, words } from './words.js';

async function start() {
  const desk = new Desk();
  const vocabulary = await fetch(desk.boot.urls.vocabulary, { headers: { Accept: 'application/json' } }).then(answer => answer.json());
  const modeler = desk.readonly ? viewer(desk) : editor(desk, vocabulary);
  modeler.on('saveXML.start', () => keepDefaults(modeler.get('moddle')));
  const open = async text => {
    const { warnings } = await modeler.importXML(text);
    if (warnings.length && !desk.readonly) {
      desk.notice('warning', desk.say('warnings', { count: warnings.length, first: warnings[0].message }), [], 'warnings');
    }
    fit(modeler, desk);
  };
  try {
    await open(desk.content);
  } catch (error) {
    desk.unreadable(error);
    return;
  }
  if (desk.boot.locale !== 'en') localise(document.body, words);
  const marks = new Marks(modeler);
  modeler.on('commandStack.changed', () => desk.changed());
  desk.tool(desk.say('fit'), () => fit(modeler, desk));
  if (!desk.readonly) {
    desk.tool(desk.say('undo'), () => modeler.get('commandStack').undo());
    desk.tool(desk.say('redo'), () => modeler.get('commandStack').redo());
    desk.tool(desk.say('find'), () => setTimeout(() => modeler.get('searchPad').toggle())); // after the click, which would close it
    simulation(desk, modeler);
  }
  window.daopaiModeler = modeler; // for the console and for tests
  desk.begin({
    open,
    read: async () => (await modeler.saveXML({ format: true })).xml,
    jump: id => jump(modeler, id),
    mark: findings => marks.show(findings),
    lint: () => desk.readonly ? [] : lint(modeler, desk.boot.locale)
  });
}

function editor(desk, vocabulary) {
  const locale = desk.boot.locale;
  const height = make('div', { class: 'desk-canvas-inner' });
  desk.canvas.append(height);
  return new CamundaModeler({
    container: height,
    propertiesPanel: { parent: desk.panel, getFeelPopupLinks: () => [], tooltip: {} },
    elementTemplateChooser: false,
    exporter: { name: 'Daopai', version: '1' },
    additionalModules: [
      SimulationModule, PickersModule, KnownVariablesModule, KeepOrderModule,
      { translate: [ 'value', translator(locale) ], vocabulary: [ 'value', vocabulary ] }
    ]
  });
}

function viewer(desk) {
  const inner = make('div', { class: 'desk-canvas-inner' });
  desk.canvas.append(inner);
  desk.panel.remove();
  return new CamundaViewer({ container: inner });
}

/** The whole diagram, beside the palette and not below it. */
function fit(modeler, desk) {
  const canvas = modeler.get('canvas');
  canvas.zoom('fit-viewport');
  const { inner, outer } = canvas.viewbox();
  const left = desk.readonly ? 24 : 120;
  const room = { width: outer.width - left - 24, height: outer.height - 48 };
  const scale = Math.min(room.width / inner.width, room.height / inner.height, 1);
  if (!(scale > 0) || !Number.isFinite(scale)) return;
  const spare = { x: (room.width - inner.width * scale) / 2, y: (room.height - inner.height * scale) / 2 };
  canvas.viewbox({
    x: inner.x - (left + spare.x) / scale, y: inner.y - (24 + spare.y) / scale, width: outer.width / scale, height: outer.height / scale
  });
}

function jump(modeler, id) {
  const registry = modeler.get('elementRegistry');
  const found = registry.get(id) ?? registry.find(element => element.businessObject.processRef?.id === id);
  if (!found) return;
  const canvas = modeler.get('canvas');
  canvas.setRootElement(canvas.findRoot(found));
  modeler.get('selection', false)?.select(found);
  if (found.parent) canvas.scrollToElement(found, { top: 120, bottom: 120, left: 160, right: 160 });
}

void start();
