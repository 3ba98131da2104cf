// FEEL types as written after `instance of` and in parameter lists.
import { nameOf } from './parser.js';
import { typeOf } from './values.js';

const NAMED = {
  'Any': value => value !== null,
  'Null': value => value === null,
  'number': value => typeof value === 'number',
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
  'range': value => typeOf(value) === 'range',
  'function': value => typeOf(value) === 'function'
};

export const isBasic = name => Object.hasOwn(NAMED, name);

let known = null;

/** Types that the expressions of one call may name besides FEEL's: (name, value) -> boolean, or null if the name is unknown. */
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
      count: (inner.children.find(child => child.name === 'ArgumentTypes')?.children ?? [])
        .filter(child => child.name === 'ArgumentType').length
    };
  default:
    return { kind: 'name', name: inner.text.replace(/\s+/g, ' ').trim() };
  }
}

/** Whether *value* is of *type*. Null is of no type but Null. */
export function instanceOf(value, type) {
  switch (type.kind) {
  case 'name':
    return isBasic(type.name) ? NAMED[type.name](value ?? null) : known?.(type.name, value) ?? false;
  case 'list':
    return typeOf(value) === 'list' && value.every(item => conforms(item, type.element));
  case 'range':
    return typeOf(value) === 'range' && [ value.start, value.end ].every(bound => bound === null || instanceOf(bound, type.element));
  case 'context':
    return typeOf(value) === 'context'
      && type.entries.every(([ name, inner ]) => Object.hasOwn(value, name) && conforms(value[name], inner));
  case 'function':
    return typeOf(value) === 'function' && (!value.parameterNames || value.parameterNames.length === type.count);
  default:
    return false;
  }
}

const conforms = (value, type) => value === null || value === undefined || instanceOf(value, type);
