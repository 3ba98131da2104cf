// Types of a DMN model: item definitions, and the conversions to a declared type.
import { compiled } from '../engine.js';
import { instanceOf, isBasic } from '../types.js';
import { FeelFunction } from 'feelin';

import { midnight, readDate, readDateTime, readDuration, readTime } from '../temporal.js';
import { invoke } from '../signature.js';
import { put, typeOf } from '../values.js';

const READERS = {
  'date': readDate,
  'time': readTime,
  'date and time': readDateTime,
  'dateTime': readDateTime,
  'duration': readDuration,
  'days and time duration': readDuration,
  'dayTimeDuration': readDuration,
  'years and months duration': readDuration,
  'yearMonthDuration': readDuration
};

/** The definition behind a type's name: {base, list, components, allowed}; null when nothing is declared (anything goes). */
function definition(types, name) {
  if (!name || name === 'Any') {
    return null;
  }
  return Object.hasOwn(types, name) ? types[name] : isBasic(name) ? { base: name } : null;
}

/** Whether *value* is of the type *name*. */
export function conforms(types, name, value, shapeOnly = false) {
  const type = definition(types, name);
  return !type || conformsTo(types, type, value, shapeOnly);
}

/** `instance of` asks for the shape only: which values are allowed is no part of a type there. */
function conformsTo(types, type, value, shapeOnly = false) {
  if (value === null || value === undefined) {
    return true;
  }
  if (type.list) {
    return Array.isArray(value) && value.every(item => conformsTo(types, { ...type, list: false }, item, shapeOnly));
  }
  if (type.function) {
    return typeOf(value) === 'function';
  }
  if (type.components) {
    return typeOf(value) === 'context'
      && type.components.every(part => Object.hasOwn(value, part.name) ? conformsTo(types, part, value[part.name], shapeOnly) : false);
  }
  // allowed values of its own stand in the place of those of the type that it is made of
  const known = isBasic(type.base) ? instanceOf(value, { kind: 'name', name: type.base })
    : conforms(types, type.base, value, shapeOnly || Boolean(type.allowed));
  return known && (shapeOnly || allows(type, value));
}

/** Whether *value* is among the allowed values of *type*. */
function allows(type, value) {
  if (!type.allowed) {
    return true;
  }
  const scope = Object.create(null);
  scope['?'] = value;
  return compiled(type.allowed, null, true)(scope) === true;
}

/** *value* as the declared type wants it: a list of one and its element stand for each other; what does not fit is null. */
export function coerce(types, name, value) {
  const type = definition(types, name);
  if (type?.function && typeOf(value) === 'function') {
    return typedFunction(types, type, value);
  }
  if (!type || value === null || value === undefined || conformsTo(types, type, value)) {
    return value ?? null;
  }
  if (type.list && conformsTo(types, { ...type, list: false }, value)) {
    return [ value ];
  }
  if (Array.isArray(value) && value.length === 1 && conformsTo(types, type, value[0])) {
    return value[0];
  }
  if (typeOf(value) === 'date' && (type.base === 'date and time' || type.base === 'dateTime')) {
    return midnight(value);
  }
  return null;
}

/** The function *value* with the parameters and the result that *type* declares: not called, and null, where an argument does not fit. */
function typedFunction(types, type, value) {
  return Object.assign(new FeelFunction((...args) => {
    const fitted = args.map((given, index) => coerce(types, type.parameters[index]?.type, given));
    return fitted.some((each, index) => each === null && (args[index] ?? null) !== null) ? null : coerce(types, type.output, invoke(value, fitted));
  }, value.parameterNames), { type: value.type });
}

/**
 * Input from outside as the declared type wants it: JSON has no dates, so ISO text becomes one where a date is declared. A list of
 * one and its element stand for each other. What does not fit otherwise stays as it is.
 */
export function receive(types, name, value) {
  const type = definition(types, name);
  if (!type) {
    return value;
  }
  const received = receiveAs(types, type, value);
  return coerce(types, name, received) ?? received;
}

function receiveAs(types, type, value) {
  if (Array.isArray(value)) {
    return type.list ? value.map(item => receiveAs(types, { ...type, list: false }, item)) : value;
  }
  if (type.components && typeOf(value) === 'context') {
    const result = { ...value };
    type.components.filter(part => Object.hasOwn(value, part.name))
      .forEach(part => put(result, part.name, receiveAs(types, part, value[part.name])));
    return result;
  }
  if (typeof value !== 'string' || type.components) {
    return value;
  }
  if (Object.hasOwn(READERS, type.base)) {
    return READERS[type.base](value) ?? value;
  }
  return Object.hasOwn(types, type.base) ? receiveAs(types, types[type.base], value) : value;
}

/** The allowed values that *value* breaks, as written; null when it keeps them all. */
export function broken(types, name, value) {
  const type = definition(types, name);
  if (!type || value === null || value === undefined || type.components) {
    return null;
  }
  const items = type.list && Array.isArray(value) ? value : [ value ];
  if (!items.every(item => allows(type, item))) {
    return type.allowed;
  }
  return !type.allowed && type.base !== name && Object.hasOwn(types, type.base) ? broken(types, type.base, value) : null;
}
