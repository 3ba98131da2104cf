// Boxed expressions -> functions of the scope.
import { FeelFunction } from 'feelin';
import { normalizeContextKey } from 'lezer-feel';

import { compiled } from '../engine.js';
import { filter, iterate, quantify } from '../iteration.js';
import { invoke } from '../signature.js';
import { put } from '../values.js';
import { compileTable } from './table.js';
import { coerce } from './typing.js';

/** *box* as a function. *place* is {names, types, title} of the model and the decision it stands in. */
export function compileBox(box, place) {
  if (!box) {
    return () => null;
  }
  const run = BOXES[box.kind](box, place);
  return box.type ? scope => coerce(place.types, box.type, run(scope)) : run;
}

const BOXES = {
  'literal': (box, { names }) => box.text === '' ? () => null : compiled(box.text, names),
  'table': (box, { names, types, title }) => compileTable(box, names, title, types),
  'context': contextBox,
  'list': (box, place) => {
    const items = box.items.map(item => compileBox(item, place));
    return scope => items.map(item => item(scope));
  },
  'relation': (box, place) => {
    const rows = box.rows.map(row => row.map(cell => compileBox(cell, place)));
    const typed = (value, index) => coerce(place.types, box.types[index], value);
    return scope => rows.map(row => row.reduce((line, cell, index) => put(line, box.columns[index], typed(cell(scope), index)), {}));
  },
  'invocation': (box, place) => {
    const target = compileBox(box.target, place);
    const bindings = box.bindings.map(({ name, type, value }) => ({ name: normalizeContextKey(name), type, value: compileBox(value, place) }));
    return scope => {
      const args = new Map();
      for (const { name, type, value } of bindings) {
        const given = value(scope) ?? null;
        args.set(name, coerce(place.types, type, given));
        if (args.get(name) === null && given !== null) {
          return null; // as where a parameter of the function itself does not fit
        }
      }
      return invoke(target(scope), null, args);
    };
  },
  'function': (box, place) => {
    const body = compileBox(box.body, place);
    return scope => makeFunction(box.parameters, body, scope, place.types);
  },
  'conditional': (box, place) => {
    const [ condition, yes, no ] = [ box.condition, box.yes, box.no ].map(part => compileBox(part, place));
    return scope => {
      const decided = condition(scope) ?? false;
      return decided === true ? yes(scope) : decided === false ? no(scope) : null;
    };
  },
  'filter': (box, place) => filter(compileBox(box.source, place), compileBox(box.match, place), null, true),
  'for': (box, place) =>
    iterate([ iterator(box, place) ], compileBox(box.body, place), JSON.stringify(box.body).includes('partial')),
  'some': (box, place) => quantify('some', [ iterator(box, place) ], compileBox(box.body, place), true),
  'every': (box, place) => quantify('every', [ iterator(box, place) ], compileBox(box.body, place), true)
};

const iterator = (box, place) => ({ name: normalizeContextKey(box.variable), start: compileBox(box.source, place) });

/** Entries see the entries before them; an entry without a name is the result. */
function contextBox(box, place) {
  const entries = box.entries.map(({ name, value }) => ({ name, value: compileBox(value, place) }));
  return scope => {
    const inner = Object.create(scope);
    const result = {};
    for (const { name, value } of entries) {
      const computed = value(inner) ?? null;
      if (name === null) {
        return computed;
      }
      put(result, name, computed);
      inner[normalizeContextKey(name)] = computed;
    }
    return result;
  };
}

/** A function with declared parameters. It is not called, and null, where an argument does not fit its type. */
export function makeFunction(parameters, body, scope, types) {
  const names = parameters.map(parameter => normalizeContextKey(parameter.name));
  return new FeelFunction((...args) => {
    const inner = Object.create(scope);
    for (let index = 0; index < names.length; index++) {
      const given = args[index] ?? null;
      const value = coerce(types, parameters[index].type, given);
      if (value === null && given !== null) {
        return null;
      }
      inner[names[index]] = value;
    }
    return body(inner) ?? null;
  }, names);
}
