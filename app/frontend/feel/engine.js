// Expressions: parsed and compiled once, run over the variables of each call.
import { compile } from './compiler.js';
import { builtins } from './builtins.js';
import { CALENDAR } from './functions/calendar.js';
import { normalizeContextKey } from 'lezer-feel';
import { readNumber } from './numbers.js';
import { PLAIN, SyntaxProblem, nameOf, oddNames, parse } from './parser.js';
import { freeNames } from './syntax.js';
import { passes } from './tests.js';
import { put } from './values.js';

const CACHE_SIZE = 2000;
const cache = new Map();

/** Names of *value*, at any depth, that the parser must know because they are not plain; null if all are. */
export function parserNames(value) {
  const context = oddNames(value);
  return context && { context, names: [ ...collect(context) ].map(name => [ name, squeeze(name) ]) };
}

/** *text* without white space. */
export const squeeze = text => text.replace(/\s+/g, '');

function collect(context, names = new Set()) {
  for (const [ name, inner ] of Object.entries(context)) {
    names.add(name);
    if (inner !== 1) {
      collect(inner, names);
    }
  }
  return names;
}

/** *names* cut down to those that *written* (a squeezed text) may mention, with a key that stands for them. */
export function restricted(names, written) {
  const context = names && relevant(written, names);
  return context && { ...parserNames(context), key: JSON.stringify(context) };
}

/** The part of *names* that can matter to *written*: data are full of odd keys (dates, codes) that no expression names. */
function relevant(written, names) {
  const wanted = new Set(names.names.filter(([ , squeezed ]) => written.includes(squeezed)).map(([ name ]) => name));
  return wanted.size ? prune(names.context, wanted) : null;
}

function prune(context, wanted) {
  let result = null;
  for (const [ name, inner ] of Object.entries(context)) {
    const kept = inner === 1 ? null : prune(inner, wanted);
    if (kept || (wanted.has(name) && !PLAIN.test(name))) {
      result = put(result ?? {}, name, kept ?? 1);
    }
  }
  return result;
}

/** The compiled expression (or, with *unary*, test): a function of a scope. *names* as `parserNames` gives them. */
export function compiled(text, names, unary) {
  const context = names && relevant(squeeze(text), names);
  const key = `${unary ? 'u' : 'e'}${context ? JSON.stringify(context) : ''}\n${text}`;
  let found = cache.get(key);
  if (!found) {
    if (cache.size >= CACHE_SIZE) {
      cache.clear();
    }
    found = simple(text, unary) ?? compile(parse(text, context, unary));
    cache.set(key, found);
  }
  return found;
}

const STRING = /^"[^"\\]*"$/;
const NUMBER = /^-?\d+(?:\.\d+)?$/;

/** Plain strings and numbers, which fill most cells of a decision table, need no parser. */
function simple(text, unary) {
  const value = STRING.test(text) ? text.slice(1, -1) : NUMBER.test(text) ? readNumber(text) ?? undefined : undefined;
  if (value === undefined) {
    return null;
  }
  return unary ? scope => passes(scope['?'] ?? null, value) === true : () => value;
}

/** A scope that holds *variables* under their normalised names. */
export function scopeOf(variables, outer = null) {
  const scope = Object.create(outer);
  for (const name of Object.keys(variables)) {
    scope[normalizeContextKey(name)] = variables[name];
  }
  return scope;
}

/**
 * Names of variables that *text* reads and that are not functions of FEEL. *names* are those that the text may know, functions among them.
 * A call that counts in the campaign's calendar reads `campaign`. Raises SyntaxProblem, also where a function is called that neither FEEL
 * nor *names* has.
 */
export function variablesOf(text, names, unary) {
  const calls = [];
  const free = freeNames(parse(text, names, unary), new Set(), new Set(), calls);
  const known = new Set(Object.keys(names ?? {}).map(normalizeContextKey));
  const unknown = calls.find(node => !(nameOf(node) in builtins) && !known.has(nameOf(node)));
  if (unknown) {
    throw new SyntaxProblem(text, unknown.from, unknown.to, 'function');
  }
  if (calls.some(node => CALENDAR.has(nameOf(node)))) {
    free.add('campaign');
  }
  return [ ...free ].filter(name => !(name in builtins));
}

/** The names of FEEL's own functions. */
export const functionNames = () => Object.keys(builtins);
