// FEEL text -> syntax tree, by feelin's parser. Trees are cached.
import { normalizeContextKey, parser, trackVariables } from 'lezer-feel';

import { readNumber } from './numbers.js';

/** Why the expression *text* cannot be read: `from` and `to` are offsets into it; *kind* is `syntax`, `digits` or `function`. */
export class SyntaxProblem extends Error {
  constructor(text, from, to, kind = 'syntax') {
    super(kind);
    this.kind = kind;
    this.text = text;
    this.from = from;
    this.to = to;
  }
}

const MAX_DEPTH = 1000;
const GET_OR_ELSE = /\bget\s+or\s+else\s*\(/;

/**
 * The root node of *text*: {name, text, children}. *names* is a context that knows the names with spaces or signs; ordinary names
 * need not be in it. Raises SyntaxProblem.
 */
export function parse(text, names, unary) {
  // the grammar has no range<T>: it is read as a list<T> whose first word, in the text as written, is "range"
  const readable = descending(oneLine(text)).replace(/\brange(?=\s*<)/g, 'list ');
  // the words of this built-in function are keywords: the parser must be told that they are a name
  const known = GET_OR_ELSE.test(text) ? { ...names, 'get or else': 1 } : names ?? {};
  const tree = parser.configure({ top: unary ? 'UnaryTests' : 'Expression', contextTracker: trackVariables(known) }).parse(readable);
  return build(tree, text);
}

const LITERALS = /"(?:\\[^]|[^"\\])*"|`[^`]*`|\/\/[^\n]*|\/\*[^]*?\*\//g;

/** The grammar ends a string at a line break: one inside quotes is read as a space, in the text as written it stays what it is. */
function oneLine(text) {
  return text.includes('\n') ? text.replace(LITERALS, part => part[0] === '"' ? part.replace(/\n/g, ' ') : part) : text;
}

const WORD = '(?!(?:and|or|in|between|instance|then|else|return|satisfies)\\b)[\\p{L}\\p{N}_]+';
const DESCENDANT = new RegExp(`${LITERALS.source}|\\.\\.\\.\\s*(${WORD}(?: +${WORD})*)`, 'gu');

/** The grammar has no `value...name`: it is read as a path of the same length, with a plain name. */
function descending(text) {
  return text.includes('...')
    ? text.replace(DESCENDANT, (part, name) => name ? `${' '.repeat(part.length - name.length - 1)}.${'x'.repeat(name.length)}` : part)
    : text;
}

function build(tree, text) {
  const root = { name: 'root', children: [] };
  const stack = [ root ];
  tree.iterate({
    enter(reference) {
      if (reference.type.isError) {
        throw problem(reference, text);
      }
      if (reference.type.isSkipped) {
        return false;
      }
      if (stack.length > MAX_DEPTH) {
        throw new RangeError('too deep');
      }
      const { name, from, to } = reference;
      const node = { name, from, to, text: text.slice(from, to), children: [] };
      if (name === 'NumericLiteral' && readNumber(node.text.replace(/\s/g, '')) === null) {
        throw new SyntaxProblem(text, from, to, 'digits');
      }
      stack[stack.length - 1].children.push(node);
      stack.push(node);
      return true;
    },
    leave(reference) {
      if (!reference.type.isSkipped) {
        stack.pop();
      }
    }
  });
  return root.children[0];
}

function problem(reference, text) {
  let { from, to } = reference;
  if (from === to) {
    // the parser closed what was open: the next character is the one that does not fit
    const rest = /^\s*(\S+)/.exec(text.slice(from));
    from = rest ? from + rest[0].length - rest[1].length : text.length;
    to = rest ? from + rest[1].length : from;
  }
  return new SyntaxProblem(text, from, to);
}

/** A name that is one token to the parser. */
export const PLAIN = /^[\p{L}_?][\p{L}\p{N}_]*$/u;

/**
 * Those names of *value*, at any depth, that the parser must know because they are not plain identifiers; null if there are none.
 * The result has the shape of *value*: it serves as the parser's context and, as text, as the key of the cache.
 */
export function oddNames(value, depth = 0) {
  if (value === null || typeof value !== 'object' || depth > 6) {
    return null;
  }
  if (Array.isArray(value)) {
    return mergeOdd(value, depth);
  }
  if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null) {
    return null;
  }
  let result = null;
  for (const key of Object.keys(value)) {
    const inner = oddNames(value[key], depth + 1);
    if (inner !== null || !PLAIN.test(key)) {
      result ??= {};
      Object.defineProperty(result, key, { value: inner ?? 1, enumerable: true, configurable: true });
    }
  }
  return result;
}

/** A list has the names of all its elements. */
function mergeOdd(list, depth) {
  let result = null;
  for (const item of list) {
    const inner = oddNames(item, depth + 1);
    if (inner !== null) {
      result = { ...result, ...inner };
    }
  }
  return result;
}

export function nameOf(node) {
  return normalizeContextKey(node.children.length ? node.children.map(child => child.text).join(' ') : node.text);
}
