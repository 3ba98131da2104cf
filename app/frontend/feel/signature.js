// How a built-in function takes its arguments.
//
// A signature is text: "string: string, start position: number, length: number?". After a type, "?" means that the argument may be
// left out, "~" that it may be left out or null; "..." before a name takes all the rest. A null for anything else but "any" makes the
// call null, and so does a value of another type, apart from DMN's conversions: a list of one element is that element, a single
// value is a list of one, a date is its midnight in UTC.
import { FeelFunction } from 'feelin';

import { midnight } from './temporal.js';
import { typeOf } from './values.js';

const NO = Symbol('does not fit');

/** A built-in function with one or more ways to call it: [signature, implementation] … */
export function builtin(...ways) {
  const signatures = ways.map(([ text, call ]) => ({ parameters: readSignature(text), call }));
  const run = args => {
    for (const { parameters, call } of signatures) {
      const fitted = fit(parameters, args);
      if (fitted) {
        return call(...fitted) ?? null;
      }
    }
    return null;
  };
  const result = new FeelFunction((...args) => run(args), signatures[0].parameters.map(parameter => parameter.name));
  result.signatures = signatures;
  return result;
}

function readSignature(text) {
  if (!text) {
    return [];
  }
  return text.split(/,\s*/).map(part => {
    const [ , rest, name, types, mark ] = /^(\.\.\.)?([^:]+): ([^?~]+)([?~])?$/.exec(part);
    return { name, rest: Boolean(rest), types: types.split('|'), optional: Boolean(mark), nullable: mark === '~' };
  });
}

function fit(parameters, args) {
  const last = parameters[parameters.length - 1];
  if (args.length > parameters.length && !last?.rest) {
    return null;
  }
  const result = [];
  for (let index = 0; index < parameters.length; index++) {
    const parameter = parameters[index];
    if (parameter.rest) {
      const rest = args.slice(index).map(value => convert(value, parameter.types));
      return rest.includes(NO) ? null : [ ...result, ...rest ];
    }
    const given = index < args.length && args[index] !== undefined;
    if (!given || (args[index] === null && parameter.nullable)) {
      if (!parameter.optional && !(parameter.types[0] === 'any' && given)) {
        return null;
      }
      result.push(undefined);
      continue;
    }
    const value = convert(args[index], parameter.types);
    if (value === NO) {
      return null;
    }
    result.push(value);
  }
  return result;
}

function convert(value, types) {
  if (types[0] === 'any') {
    return value;
  }
  const type = typeOf(value);
  if (types.includes(type)) {
    return value;
  }
  if (type === 'null') {
    return NO;
  }
  if (types.includes('list')) {
    return [ value ];
  }
  if (type === 'list' && value.length === 1) {
    return convert(value[0], types);
  }
  if (type === 'date' && types.includes('date time')) {
    return midnight(value);
  }
  return NO;
}

/** Calls *target* with positional or named arguments; null when it is no function or the arguments do not fit. */
export function invoke(target, positional, named) {
  if (!(target instanceof FeelFunction)) {
    return null;
  }
  if (target.signatures) {
    return named ? callNamed(target, named) : target.fn(...positional);
  }
  const names = target.parameterNames;
  if (!named) {
    return positional.length === names.length ? target.fn(...positional) ?? null : null;
  }
  if (named.size !== names.length || !names.every(name => named.has(name))) {
    return null;
  }
  return target.fn(...names.map(name => named.get(name))) ?? null;
}

function callNamed(target, named) {
  for (const { parameters, call } of target.signatures) {
    const names = parameters.map(parameter => parameter.name);
    if (![ ...named.keys() ].every(name => names.includes(name))) {
      continue;
    }
    const args = parameters.flatMap(parameter => {
      const value = named.get(parameter.name);
      return !parameter.rest ? [ value ] : Array.isArray(value) ? value : value === undefined ? [] : [ value ];
    });
    const fitted = fit(parameters, args);
    if (fitted) {
      return call(...fitted) ?? null;
    }
  }
  return null;
}
