// What a syntax tree says without being run: names it reads, texts it holds.
import { nameOf } from './parser.js';

const BINDERS = new Set([ 'FunctionDefinition', 'ForExpression', 'QuantifiedExpression' ]);

/**
 * Names that *node* reads from around it. A name bound inside counts too where it is read before: too many do no harm. *calls* takes the
 * nodes among them that are called as functions.
 */
export function freeNames(node, names = new Set(), bound = new Set(), calls = []) {
  if (node.name === 'FunctionInvocation' && node.children[0].name === 'VariableName' && !bound.has(nameOf(node.children[0]))) {
    calls.push(node.children[0]);
  }
  if (node.name === 'VariableName') {
    const name = nameOf(node);
    if (!bound.has(name)) {
      names.add(name);
    }
    return names;
  }
  if (node.name === 'Type' || node.name === 'Key' || node.name === 'ParameterName') {
    return names;
  }
  let inside = bound;
  if (BINDERS.has(node.name)) {
    inside = new Set([ ...bound, ...binding(node), ...(node.name === 'ForExpression' ? [ 'partial' ] : []) ]);
  } else if (node.name === 'FilterExpression') {
    freeNames(node.children[0], names, bound, calls);
    node.children.slice(1).forEach(child => freeNames(child, names, new Set([ ...bound, 'item' ]), calls));
    return names;
  }
  const known = node.name === 'Context' ? new Set(inside) : inside;
  for (const child of node.children) {
    freeNames(child, names, known, calls);
    if (child.name === 'ContextEntry' && child.children[0].children[0]?.name === 'Name') {
      known.add(nameOf(child.children[0].children[0]));
    }
  }
  return names;
}

function binding(node) {
  const names = [];
  const visit = child => {
    if (child.name === 'InExpression') {
      names.push(nameOf(child.children[0]));
    } else if (child.name === 'ParameterName') {
      names.push(nameOf(child.children[0]));
    } else if (child.name === 'InExpressions' || child.name === 'FormalParameters' || child.name === 'FormalParameter') {
      child.children.forEach(visit);
    }
  };
  node.children.forEach(visit);
  return names;
}

const ESCAPES = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', '"': '"', '\'': '\'', '\\': '\\', '/': '/' };

/** The text of a string literal as written, quotes and escapes included. */
export function readString(written) {
  return written.slice(1, -1).replace(
    /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{6})|u\{([0-9a-fA-F]{1,6})\}|(["'\\/nrtbf]))/g,
    (all, four, six, braced, sign) => {
      const code = four ?? six ?? braced;
      return code === undefined ? ESCAPES[sign] : Number.parseInt(code, 16) > 0x10ffff ? all : String.fromCodePoint(Number.parseInt(code, 16));
    }
  );
}
