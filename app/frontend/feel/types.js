// FEEL types as written after `instance of` and in parameter lists.
import { isNumber } from './numbers.js';
import { nameOf } from './parser.js';
import { typeOf } from './values.js';

const NAMED = {
  'Any': value => value !== null,
  'Null': value => value === null,
  'number': isNumber,
  'string': value => typeof value === 'string',
  'boolean': value => typeof value === 'boolean',
  'date': value => typeOf(value) === 'date',
  'time': value => typeOf(value) === 'time',
  'date and time': value => typeOf(value) === 'date time',
  'dateTime': value => typeOf(value) === 'date time',
  'duration': value => typeOf(value) === 'days' || typeOf(value) === 'months',
  'days and time duration': value => typeOf(value) === 'days',
  'dayTimeDuration': value => typeOf(value) === 'days',
  'years and months duration': value => typeOf(value) === 'months',
  'yearMonthDuration': value => typeOf(value) === 'months',
  'context': value => typeOf(value) === 'context',
  'list': value => typeOf(value) === 'list',
  'range': value => typeOf(value) === 'range' || (typeOf(value) === 'function' && Boolean(value.test)),
  'function': value => typeOf(value) === 'function'
};

export const isBasic = name => Object.hasOwn(NAMED, name);

let known = null;

/** Types that the expressions of one call may name besides FEEL's: (name, value, shapeOnly) -> boolean, or null if the name is unknown. */
export function setTypes(resolver) {
  known = resolver;
}

/** The type written at *node*: {kind, …}. Unknown names are kept: nothing is an instance of them. */
export function readType(node) {
  const inner = node.name === 'Type' ? node.children[0] : node;
  switch (inner.name) {
  case 'ListType':
    // the parser knows no range<T>: see parser.js
    return {
      kind: inner.text.startsWith('range') ? 'range' : 'list',
      element: readType(inner.children.find(child => child.name === 'Type'))
    };
  case 'ContextType':
    return {
      kind: 'context',
      entries: (inner.children.find(child => child.name === 'ContextEntryTypes')?.children ?? [])
        .filter(child => child.name === 'ContextEntryType')
        .map(child => [ nameOf(child.children[0]), readType(child.children[child.children.length - 1]) ])
    };
  case 'FunctionType':
    return {
      kind: 'function',
      parameters: (inner.children.find(child => child.name === 'ArgumentTypes')?.children ?? [])
        .filter(child => child.name === 'ArgumentType').map(child => readType(child.children[0] ?? child)),
      result: readType(inner.children[inner.children.length - 1])
    };
  default:
    return { kind: 'name', name: inner.text.replace(/\s+/g, ' ').trim() };
  }
}

/** Whether *value* is of *type*. Null is of no type but Null. *shapeOnly*: whatever values the type allows, as `instance of` asks. */
export function instanceOf(value, type, shapeOnly = false) {
  switch (type.kind) {
  case 'name':
    return isBasic(type.name) ? NAMED[type.name](value ?? null) : known?.(type.name, value, shapeOnly) ?? false;
  case 'list':
    return typeOf(value) === 'list' && value.every(item => conforms(item, type.element, shapeOnly));
  case 'range':
    return NAMED.range(value) && [ value.start ?? value.test?.operand ?? null, value.end ?? null ].every(bound => bound === null || instanceOf(bound, type.element));
  case 'context':
    return typeOf(value) === 'context'
      && type.entries.every(([ name, inner ]) => Object.hasOwn(value, name) && conforms(value[name], inner, shapeOnly));
  case 'function':
    return typeOf(value) === 'function' && (!value.parameterNames || value.parameterNames.length === type.parameters.length)
      && (!value.type || narrows(value.type, type));
  default:
    return false;
  }
}

const conforms = (value, type, shapeOnly) => value === null || value === undefined || instanceOf(value, type, shapeOnly);

// --- types of functions, read from how they are written ---------------------------------------------------------------

/** The declared types of a function definition's parameters; null where none is declared. */
export const parametersOf = node => (node.children.find(child => child.name === 'FormalParameters')?.children ?? [])
  .filter(child => child.name === 'FormalParameter')
  .map(child => child.children.length > 1 ? readType(child.children[child.children.length - 1]) : null);

const named = name => ({ kind: 'name', name });
const PLAIN = {
  'StringLiteral': named('string'),
  'NumericLiteral': named('number'),
  'BooleanLiteral': named('boolean'),
  'null': named('Null'),
  'Comparison': named('boolean'),
  'Conjunction': named('boolean'),
  'Disjunction': named('boolean'),
  'QuantifiedExpression': named('boolean'),
  'InstanceOfExpression': named('boolean')
};

/** The type of what *node* yields, as far as its writing says it; null where only its value can. */
export function inferred(node) {
  switch (node.name) {
  case 'FunctionBody':
  case 'Expression':
    return inferred(node.children[0]);
  case 'ParenthesizedExpression':
    return inferred(node.children[1]);
  case 'Context':
    return {
      kind: 'context',
      entries: node.children.filter(child => child.name === 'ContextEntry')
        .map(child => [ nameOf(child.children[0]), inferred(child.children[child.children.length - 1]) ])
    };
  case 'FunctionDefinition':
    return { kind: 'function', parameters: parametersOf(node), result: inferred(node.children[node.children.length - 1]) };
  default:
    return PLAIN[node.name] ?? null;
  }
}

/** Whether every value of the type *one* is of the type *other*: parameters the other way round. What is unknown may be. */
function narrows(one, other) {
  if (one === null || other === null || (other.kind === 'name' && (other.name === 'Any' || other.name === one.kind)) || one.name === 'Null') {
    return true;
  }
  if (one.kind === 'name' && other.kind === 'name') {
    return one.name === other.name || !isBasic(one.name) || !isBasic(other.name);
  }
  if (one.kind !== other.kind) {
    return [ one, other ].some(type => type.kind === 'name' && !isBasic(type.name));
  }
  switch (one.kind) {
  case 'context':
    return other.entries.every(([ name, type ]) => one.entries.some(([ own, inner ]) => own === name && narrows(inner, type)));
  case 'function':
    return one.parameters.length === other.parameters.length
      && other.parameters.every((type, index) => narrows(type, one.parameters[index])) && narrows(one.result, other.result);
  default:
    return narrows(one.element, other.element);
  }
}
