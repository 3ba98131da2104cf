// The editor of diagrams: Camunda's cloud modeler with its own properties panel; ours are pickers, checks, marks and the Chinese words.
import '../modeler-desk/styles.js';

import CamundaModeler from 'camunda-bpmn-js/lib/camunda-cloud/Modeler';
import CamundaViewer from 'camunda-bpmn-js/lib/camunda-cloud/NavigatedViewer';
import ExecutableFixModule from 'bpmn-js-executable-fix';
import SimulationModule from 'bpmn-js-token-simulation';

import 'camunda-bpmn-js/dist/assets/camunda-cloud-modeler.css';
import 'bpmn-js-token-simulation/assets/css/bpmn-js-token-simulation.css';
import './bpmn.css';

import { keepDefaults } from '../modeler-desk/defaults.js';
import { Desk } from '../modeler-desk/desk.js';
import { localise } from '../modeler-desk/localise.js';
import { make } from '../modeler-desk/pieces.js';
import { centre, readable, whole } from '../modeler-desk/places.js';
import { lint } from './lint.js';
import { Marks } from './marks.js';
import { KeepOrderModule } from './order.js';
import { PickersModule } from './pickers.js';
import { simulation } from './simulation.js';
import { KnownVariablesModule } from './variables.js';
import { translator, words } from './words.js';
import { send } from '../shell/net.js';

/** Camunda's modeler without the module that writes isExecutable="false" into every process of a file that says nothing about it. */
class Modeler extends CamundaModeler {
  getModules(options) { return super.getModules(options).filter(each => each !== ExecutableFixModule); }
}

async function start() {
  const desk = new Desk();
  const vocabulary = (await send('GET', desk.boot.urls.vocabulary)).json;
  const modeler = desk.readonly ? viewer(desk) : editor(desk, vocabulary);
  modeler.on('saveXML.start', () => keepDefaults(modeler.get('moddle')));
  const open = async text => {
    const { warnings } = await modeler.importXML(text);
    if (warnings.length && !desk.readonly) {
      desk.notice('warning', desk.say('warnings', { count: warnings.length, first: warnings[0].message }), [], 'warnings');
    }
    readable(modeler.get('canvas'), desk.beside, beginning(modeler));
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
  desk.tool(desk.say('fit'), () => whole(modeler.get('canvas'), desk.beside));
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
    position: () => lastDone(modeler),
    jump: id => jump(modeler, desk, id),
    mark: findings => marks.show(findings),
    lint: () => desk.readonly ? [] : lint(modeler, desk.boot.locale)
  });
}

function editor(desk, vocabulary) {
  const locale = desk.boot.locale;
  const height = make('div', { class: 'desk-canvas-inner' });
  desk.canvas.append(height);
  return new Modeler({
    container: height,
    propertiesPanel: { parent: desk.panel, getFeelPopupLinks: () => [], tooltip: {} },
    elementTemplateChooser: false,
    disableAdjustOrigin: true, // a save does not move the drawing
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

/** The command that was done last and not taken back; undone, a renaming leaves an empty label in the file. */
function lastDone(modeler) {
  const { _stack: stack, _stackIdx: index } = modeler.get('commandStack', false) ?? {};
  return stack ? stack[index] ?? null : undefined;
}

/** Where the process begins; of several starts the first one of the first pool. */
function beginning(modeler) {
  const canvas = modeler.get('canvas');
  const inSubprocess = element => Boolean(element.parent && (element.parent.type === 'bpmn:SubProcess' || inSubprocess(element.parent)));
  const starts = modeler.get('elementRegistry').filter(each => each.type === 'bpmn:StartEvent' && canvas.findRoot(each) === canvas.getRootElement() && !inSubprocess(each));
  return starts.sort((one, other) => one.x - other.x || one.y - other.y)[0];
}

/** Into the middle, large enough to be read, and selected. */
function jump(modeler, desk, id) {
  const found = place(modeler.get('elementRegistry'), id);
  if (!found) return;
  const canvas = modeler.get('canvas');
  canvas.setRootElement(canvas.findRoot(found));
  modeler.get('selection', false)?.select(found);
  for (const each of modeler.get('elementRegistry').filter(shape => canvas.hasMarker(shape, 'finding-here'))) canvas.removeMarker(each, 'finding-here');
  if (!found.parent) return readable(canvas, desk.beside, beginning(modeler));
  canvas.addMarker(found, 'finding-here');
  centre(canvas, found, desk.beside);
}

/** What shows the element *id*: itself, the pool of a process, the event of a definition or the user of a message, an error … */
function place(registry, id) {
  const named = [ 'messageRef', 'errorRef', 'signalRef', 'escalationRef', 'dataObjectRef', 'dataStoreRef' ];
  const shows = holder => holder && (holder.id === id || named.some(name => holder.get(name)?.id === id));
  return registry.get(id)
    ?? registry.find(({ businessObject: found }) => found.processRef?.id === id)
    ?? registry.find(({ businessObject: found }) => shows(found) || found.get('eventDefinitions')?.some(shows) || shows(found.loopCharacteristics));
}

void start();
