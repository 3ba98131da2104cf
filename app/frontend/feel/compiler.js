// Syntax tree -> a function of the scope. A scope is an object whose prototype is the scope around it; the outermost has none.
//
// Why not feelin's own interpreter: it computes in binary floating point (0.1 + 0.2), parses at every call, and leaves out a tenth of the
// DMN compatibility tests. Parser and temporal values are feelin's.
import { FeelFunction } from 'feelin';
import { normalizeContextKey } from 'lezer-feel';

import { arithmetic, negate } from './arithmetic.js';
import { builtins, invoke } from './builtins.js';
import { inferred, instanceOf, parametersOf, readType } from './types.js';
import { membership, simpleTest, unaryTests } from './cells.js';
import { nameOf } from './parser.js';
import { readNumber } from './numbers.js';
import { descendants, property } from './properties.js';
import { filter, iterate, quantify } from './iteration.js';
import { freeNames, readString } from './syntax.js';
import { relation } from './tests.js';
import { midnight } from './temporal.js';
import { put, range, typeOf } from './values.js';

/** *node* as a function: scope -> value. */
export function compile(node) {
  const compiler = COMPILERS[node.name];
  if (!compiler) {
    throw new Error(`no meaning for <${node.name}>`);
  }
  return compiler(node);
}

const only = node => compile(node.children[0]);
const constant = value => () => value;

/** The children without brackets, commas and keywords. */
const parts = node => node.children.filter(child => COMPILERS[child.name]);

const COMPILERS = {
  'Expression': only,
  'FunctionBody': only,
  'ParenthesizedExpression': node => compile(parts(node)[0]),
  'null': () => constant(null),
  'BooleanLiteral': node => constant(node.text === 'true'),
  'NumericLiteral': node => constant(readNumber(node.text.replace(/\s/g, ''))),
  'StringLiteral': node => constant(readString(node.text)),
  '?': () => scope => scope['?'] ?? null,
  'VariableName': variable,
  'BacktickIdentifier': variable,
  'SpecialFunctionName': node => constant(builtins[node.children.map(child => child.text).join(' ')] ?? null),
  'DateTimeConstructor': node => constant(builtins[node.children.map(child => child.text).join(' ') || node.text] ?? null),
  'DateTimeLiteral': dateTimeLiteral,
  'AtLiteral': atLiteral,
  'List': node => {
    const items = parts(node).map(compile);
    return scope => items.map(item => item(scope));
  },
  'Context': context,
  'PathExpression': path,
  'FilterExpression': node => {
    const [ source, condition ] = parts(node);
    return filter(compile(source), compile(condition), freeNames(condition));
  },
  'ArithmeticExpression': arithmeticExpression,
  'Comparison': comparison,
  'SimplePositiveUnaryTest': node => simpleTest(node, compile),
  'PositiveUnaryTest': only,
  'Interval': interval,
  'Conjunction': node => logic(node, false),
  'Disjunction': node => logic(node, true),
  'IfExpression': node => {
    const [ condition, yes, no ] = parts(node).map(compile);
    return scope => condition(scope) === true ? yes(scope) : no(scope);
  },
  'ForExpression': node => {
    const body = node.children[node.children.length - 1];
    return iterate(sources(node), compile(body), freeNames(body).has('partial'));
  },
  'QuantifiedExpression': node => quantify(node.children[0].name, sources(node), compile(node.children[node.children.length - 1])),
  'InstanceOfExpression': node => {
    const value = compile(node.children[0]);
    const type = readType(node.children[node.children.length - 1]);
    return scope => instanceOf(value(scope), type, true);
  },
  'FunctionDefinition': functionDefinition,
  'FunctionInvocation': invocation,
  'UnaryTests': node => unaryTests(node, compile)
};

// --- names ------------------------------------------------------------------------------------------------------------

function variable(node) {
  const name = node.name === 'BacktickIdentifier' ? node.text.replace(/`/g, '') : nameOf(node);
  const builtin = builtins[name] ?? null;
  return scope => name in scope ? scope[name] : builtin;
}

// --- values -----------------------------------------------------------------------------------------------------------

function atLiteral(node) {
  const text = readString(node.children[node.children.length - 1].text);
  const value = builtins['@'].fn(text);
  return constant(value);
}

function dateTimeLiteral(node) {
  return node.children.length === 1 ? only(node) : invocation(node);
}

function context(node) {
  const entries = node.children.filter(child => child.name === 'ContextEntry').map(child => ({
    name: key(child.children[0]),
    value: compile(child.children[child.children.length - 1])
  }));
  return scope => {
    const result = {};
    const inner = Object.create(scope);
    for (const { name, value } of entries) {
      if (Object.hasOwn(result, name)) {
        return null;
      }
      const computed = value(inner);
      put(result, name, computed);
      inner[normalizeContextKey(name)] = computed;
    }
    return result;
  };
}

function key(node) {
  const inner = node.children[0];
  return inner?.name === 'StringLiteral' || node.text.startsWith('"') ? readString(node.text) : node.text.replace(/\s+/g, ' ');
}

function path(node) {
  const target = compile(node.children[0]);
  const last = node.children[node.children.length - 1];
  const name = nameOf(last);
  if (node.text.slice(node.children[0].to - node.from, last.from - node.from).includes('...')) {
    return scope => descendants(target(scope), name);
  }
  return scope => property(target(scope), name);
}

function interval(node) {
  const [ start, end ] = parts(node).map(compile);
  const opening = node.children[0].text === '[';
  const closing = node.children[node.children.length - 1].text === ']';
  return scope => range(start(scope), end(scope), opening, closing);
}

// --- operators --------------------------------------------------------------------------------------------------------

function arithmeticExpression(node) {
  const operator = node.children.find(child => child.name === 'ArithOp').text;
  const operands = parts(node).map(compile);
  if (operands.length === 1) {
    return scope => negate(operands[0](scope));
  }
  const operation = arithmetic[operator];
  const [ left, right ] = operands;
  return scope => operation(left(scope), right(scope));
}

function logic(node, decisive) {
  const operands = parts(node).map(compile);
  return scope => {
    let unknown = false;
    for (const operand of operands) {
      const value = operand(scope);
      if (value === decisive) {
        return decisive;
      }
      unknown ||= value !== !decisive;
    }
    return unknown ? null : !decisive;
  };
}

function comparison(node) {
  const operator = node.children[1];
  if (operator.name === 'in') {
    return membership(node, compile);
  }
  const operands = parts(node).map(compile);
  if (operator.name === 'between') {
    const [ value, low, high ] = operands;
    const above = relation['>='];
    const below = relation['<='];
    return scope => {
      const middle = value(scope);
      const [ left, right ] = [ above(middle, low(scope)), below(middle, high(scope)) ];
      return left === false || right === false ? (left === null || right === null ? null : false) : left === null || right === null ? null : true;
    };
  }
  const test = relation[operator.text];
  const [ left, right ] = operands;
  return scope => test(left(scope), right(scope));
}

// --- iteration and functions ------------------------------------------------------------------------------------------

function sources(node) {
  return node.children.find(child => child.name === 'InExpressions').children
    .filter(child => child.name === 'InExpression')
    .map(child => {
      const [ start, end ] = parts(child.children.find(part => part.name === 'IterationContext')).map(compile);
      return { name: nameOf(child.children[0]), start, end };
    });
}

function functionDefinition(node) {
  const formal = node.children.find(child => child.name === 'FormalParameters')?.children
    .filter(child => child.name === 'FormalParameter') ?? [];
  const names = formal.map(child => nameOf(child.children[0].children[0]));
  const types = parametersOf(node);
  const type = inferred(node);
  if (node.children.some(child => child.name === 'external')) {
    return constant(null);
  }
  const body = compile(node.children.find(child => child.name === 'FunctionBody'));
  return scope => Object.assign(userFunction(names, types, body, scope), { type });
}

/** A function of the diagram. It is not called, and null, where an argument does not fit its declared type; a list of one stands for its element. */
function userFunction(names, types, body, scope) {
  return new FeelFunction((...args) => {
    const inner = Object.create(scope);
    for (let index = 0; index < names.length; index++) {
      const value = argument(args[index] ?? null, types[index]);
      if (value === undefined) {
        return null;
      }
      inner[names[index]] = value;
    }
    return body(inner);
  }, names);
}

const MOMENTS = new Set([ 'date and time', 'dateTime' ]);

function argument(value, type) {
  if (!type || value === null || instanceOf(value, type)) {
    return value;
  }
  if (typeOf(value) === 'date' && MOMENTS.has(type.name)) {
    return midnight(value);
  }
  if (typeOf(value) === 'list') {
    return value.length === 1 && instanceOf(value[0], type) ? value[0] : undefined;
  }
  return instanceOf([ value ], type) ? [ value ] : undefined;
}

function invocation(node) {
  const target = compile(node.children[0]);
  const parameters = node.children.find(child => child.name === 'Parameters') ?? node;
  const named = parameters.children.find(child => child.name === 'NamedParameters');
  if (named) {
    const given = named.children.filter(child => child.name === 'NamedParameter').map(child => ({
      name: nameOf(child.children[0].children[0]),
      value: compile(child.children[child.children.length - 1])
    }));
    return scope => invoke(target(scope), null, new Map(given.map(({ name, value }) => [ name, value(scope) ])), scope);
  }
  const positional = parameters.children.find(child => child.name === 'PositionalParameters');
  const values = positional ? parts(positional).map(compile) : [];
  return scope => invoke(target(scope), values.map(value => value(scope)), null, scope);
}
