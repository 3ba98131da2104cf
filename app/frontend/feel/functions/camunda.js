// Functions that Camunda's FEEL adds to DMN's, apart from those that stand with their kin (strings, lists, contexts, conversion).
import { builtin } from '../signature.js';
import { jsonNumber, readNumber } from '../numbers.js';
import { put, typeOf } from '../values.js';
import { text } from './conversion.js';

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The bytes of *string* in UTF-8: bare V8 has no TextEncoder. */
function bytes(string) {
  return Array.from(encodeURIComponent(string.toWellFormed()).matchAll(/%(..)|./gs), ([ all, code ]) =>
    code ? Number.parseInt(code, 16) : all.charCodeAt(0));
}

function base64(string) {
  const source = bytes(string);
  let result = '';
  for (let at = 0; at < source.length; at += 3) {
    const group = source.slice(at, at + 3);
    const bits = (group[0] << 16) | ((group[1] ?? 0) << 8) | (group[2] ?? 0);
    const digits = [ 18, 12, 6, 0 ].map(shift => DIGITS[(bits >> shift) & 63]);
    result += digits.slice(0, group.length + 1).join('').padEnd(4, '=');
  }
  return result;
}

function fromJson(string) {
  try {
    return plain(JSON.parse(string, (key, value, token) => typeof value === 'number' && token ? readNumber(token.source) : value));
  } catch {
    return null;
  }
}

/** Parsed JSON, its contexts made as ours are: `__proto__` is an entry like others. */
function plain(value) {
  if (Array.isArray(value)) {
    return value.map(plain);
  }
  return typeOf(value) === 'context' ? Object.keys(value).reduce((result, key) => put(result, key, plain(value[key])), {}) : value;
}

/** What JSON does not know stands as its FEEL text. */
function jsonOf(value) {
  switch (typeOf(value)) {
  case 'list': return value.map(jsonOf);
  case 'context': return Object.keys(value).reduce((result, key) => put(result, key, jsonOf(value[key])), {});
  case 'function': return null;
  case 'null':
  case 'boolean':
  case 'string': return value;
  case 'number': return jsonNumber(value);
  default: return text(value);
  }
}

/** A random identifier of version 4. It tells things apart; it is no secret. */
function uuid() {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, sign => {
    const digit = Math.floor(Math.random() * 16);
    return (sign === 'x' ? digit : (digit & 3) | 8).toString(16);
  });
}

function assert(value, condition, cause) {
  if (condition !== true) {
    throw new Error(cause ?? 'The condition of assert is not fulfilled');
  }
  return value;
}

export default {
  'assert': builtin([ 'value: any, condition: any, cause: string~', assert ]),
  'from json': builtin([ 'value: string', fromJson ]),
  'to json': builtin([ 'value: any', value => JSON.stringify(jsonOf(value)) ]),
  'to base64': builtin([ 'value: string', base64 ]),
  'random number': builtin([ '', () => Math.random() ]),
  'uuid': builtin([ '', uuid ])
};
