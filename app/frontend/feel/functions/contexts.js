// Context functions.
import { builtin } from '../signature.js';
import { entry, put, typeOf } from '../values.js';

const copy = context => Object.keys(context).reduce((result, key) => put(result, key, context[key]), {});

function build(entries) {
  const result = {};
  for (const item of entries) {
    if (typeOf(item) !== 'context' || typeof item.key !== 'string' || !Object.hasOwn(item, 'value') || Object.hasOwn(result, item.key)) {
      return null;
    }
    put(result, item.key, item.value);
  }
  return result;
}

function putAt(context, keys, value) {
  const [ key, ...rest ] = keys;
  if (typeof key !== 'string' || typeOf(context) !== 'context') {
    return null;
  }
  const inner = rest.length ? putAt(Object.hasOwn(context, key) ? context[key] : null, rest, value) : value;
  return rest.length && inner === null ? null : put(copy(context), key, inner);
}

function get(context, keys) {
  return keys.reduce((value, key) => typeOf(value) === 'context' && typeof key === 'string' ? entry(value, key) ?? null : null, context);
}

const merge = contexts => contexts.every(item => typeOf(item) === 'context')
  ? contexts.reduce((result, item) => Object.keys(item).reduce((all, key) => put(all, key, item[key]), result), {})
  : null;

export default {
  'get value': builtin(
    [ 'm: context, key: string', (m, key) => entry(m, key) ],
    [ 'm: context, keys: list', (m, keys) => keys.length ? get(m, keys) : null ],
    [ 'context: context, key: string', (m, key) => entry(m, key) ]
  ),
  'get entries': builtin([ 'm: context', m => Object.keys(m).map(key => ({ key, value: m[key] })) ]),
  'context': builtin([ 'entries: list', build ]),
  'context put': builtin(
    [ 'context: context, key: string, value: any', (context, key, value) => putAt(context, [ key ], value) ],
    [ 'context: context, keys: list, value: any', (context, keys, value) => keys.length ? putAt(context, keys, value) : null ]
  ),
  'context merge': builtin([ 'contexts: list', merge ], [ '...contexts: any', (...contexts) => contexts.length ? merge(contexts) : null ]),
  // the names that 'context put' and 'context merge' had in Camunda before DMN took them up
  'put': builtin([ 'context: context, key: string, value: any', (context, key, value) => putAt(context, [ key ], value) ]),
  'put all': builtin([ 'contexts: list', merge ], [ '...contexts: any', (...contexts) => merge(contexts) ])
};
