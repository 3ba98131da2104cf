// Lists of what exists, in the groups of the stock properties panel: roles, forms, decisions, processes, handlers, messages, R-ids.
// Picking writes what one could have typed into the stock field beside it.
import { SelectEntry } from '@bpmn-io/properties-panel';
import { useService } from 'bpmn-js-properties-panel';
import { getBusinessObject, is, isAny } from 'bpmn-js/lib/util/ModelUtil';

const LOW = 100; // after the stock provider, whose groups we add to

// group id → pickers. place: type of the extension element and its property, or a function that writes.
const PICKERS = {
  assignmentDefinition: [ { id: 'daopai-role', label: 'Existing roles', list: 'roles', extension: [ 'zeebe:AssignmentDefinition', 'candidateGroups' ] } ],
  form: [ { id: 'daopai-form', label: 'Existing forms', list: 'forms', extension: [ 'zeebe:FormDefinition', 'formId' ] } ],
  calledDecision: [ { id: 'daopai-decision', label: 'Existing decisions', list: 'decisions', extension: [ 'zeebe:CalledDecision', 'decisionId' ] } ],
  calledElement: [ { id: 'daopai-process', label: 'Existing processes', list: 'processes', extension: [ 'zeebe:CalledElement', 'processId' ] } ],
  taskDefinition: [ { id: 'daopai-handler', label: 'Existing handlers', list: 'handlers', extension: [ 'zeebe:TaskDefinition', 'type' ] } ],
  message: [ { id: 'daopai-message', label: 'Existing messages', list: 'messages', read: messageName, write: writeMessage } ],
  documentation: [ { id: 'daopai-requirement', label: 'Requirement (R-id)', list: 'requirements', read: () => '', write: addRequirement } ]
};

class Pickers {
  static $inject = [ 'propertiesPanel', 'vocabulary' ];

  constructor(propertiesPanel, vocabulary) {
    this.vocabulary = vocabulary;
    propertiesPanel.registerProvider(LOW, this);
  }

  getGroups(element) {
    return groups => {
      for (const group of groups) {
        const added = (PICKERS[group.id] ?? []).filter(picker => fits(element, picker, this.vocabulary));
        if (added.length && group.entries) {
          group.entries.splice(place(group), 0, ...added.map(picker => ({ id: picker.id, picker, component: Picker })));
        }
      }
      return groups;
    };
  }
}

/** Right after the stock field that holds the same value. */
function place({ id, entries }) {
  if (id === 'assignmentDefinition') return Math.min(2, entries.length);
  if (id === 'form') return Math.min(2, entries.length);
  return id === 'message' || id === 'documentation' ? entries.length : Math.min(1, entries.length);
}

function fits(element, picker, vocabulary) {
  if (!vocabulary[picker.list]?.length) return false;
  // a form of the task itself: not where the group offers something else, and not for the job type of a message event
  return picker.list !== 'forms' || is(element, 'bpmn:UserTask');
}

function Picker({ element, id, picker }) {
  const translate = useService('translate');
  const vocabulary = useService('vocabulary');
  const tools = { modeling: useService('modeling'), factory: useService('bpmnFactory'), stack: useService('commandStack') };
  const options = vocabulary[picker.list];
  const read = () => picker.read ? picker.read(element) : extension(element, picker.extension[0])?.get(picker.extension[1]) ?? '';
  return SelectEntry({
    element, id, label: translate(picker.label),
    getValue: () => options.some(option => option.value === read()) ? read() : '',
    setValue: value => {
      if (!value) return;
      if (picker.write) picker.write(element, value, tools);
      else writeExtension(element, picker.extension[0], { [picker.extension[1]]: value }, tools);
    },
    getOptions: () => [ { value: '', label: translate('— choose what exists —') }, ...options ]
  });
}

// --- extension elements ---------------------------------------------------------------------------------------------------

function extension(element, type) {
  return getBusinessObject(element).get('extensionElements')?.get('values').find(each => is(each, type));
}

function writeExtension(element, type, values, { modeling, factory }) {
  const owner = getBusinessObject(element);
  const existing = extension(element, type);
  if (existing) {
    modeling.updateModdleProperties(element, existing, values);
    return;
  }
  const made = factory.create(type, values);
  const all = owner.get('extensionElements');
  if (all) {
    made.$parent = all;
    modeling.updateModdleProperties(element, all, { values: [ ...all.get('values'), made ] });
  } else {
    const extensionElements = factory.create('bpmn:ExtensionElements', { values: [ made ] });
    made.$parent = extensionElements;
    extensionElements.$parent = owner;
    modeling.updateModdleProperties(element, owner, { extensionElements });
  }
}

// --- messages -------------------------------------------------------------------------------------------------------------

function carrier(element) {
  const owner = getBusinessObject(element);
  return isAny(owner, [ 'bpmn:ReceiveTask', 'bpmn:SendTask' ]) ? owner : owner.get('eventDefinitions')?.find(each => is(each, 'bpmn:MessageEventDefinition'));
}

function messageName(element) {
  return carrier(element)?.get('messageRef')?.get('name') ?? '';
}

/** The message with this name; a new one where the diagram has none. Others that use the old message keep it. */
function writeMessage(element, name, { modeling, factory }) {
  const holder = carrier(element);
  let definitions = getBusinessObject(element);
  while (definitions.$parent) definitions = definitions.$parent;
  let message = definitions.get('rootElements').find(each => is(each, 'bpmn:Message') && each.get('name') === name);
  if (!message) {
    message = factory.create('bpmn:Message', { name });
    message.$parent = definitions;
    modeling.updateModdleProperties(element, definitions, { rootElements: [ ...definitions.get('rootElements'), message ] });
  }
  modeling.updateModdleProperties(element, holder, { messageRef: message });
}

// --- documentation --------------------------------------------------------------------------------------------------------

function addRequirement(element, id, { modeling, factory }) {
  const owner = getBusinessObject(element);
  const [ first, ...rest ] = owner.get('documentation');
  const text = first?.get('text') ?? '';
  if (text.includes(id)) return;
  const written = factory.create('bpmn:Documentation', { text: text ? `${text}（${id}）` : id });
  written.$parent = owner;
  modeling.updateModdleProperties(element, owner, { documentation: [ written, ...rest ] });
}

export const PickersModule = { __init__: [ 'daopaiPickers' ], daopaiPickers: [ 'type', Pickers ] };
