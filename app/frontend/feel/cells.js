// Unary tests -> functions of the scope. *compile* turns the expressions inside them into functions.
import { FeelFunction } from 'feelin';

import { TRUTH, passes, relation } from './tests.js';
import { OPEN, range } from './values.js';

/** `< 5` and the like, as a value: a range; `= 5` and `!= 5` a function. */
export function simpleTest(node, compile) {
  if (node.children.length === 1) {
    return compile(node.children[0]);
  }
  const operator = node.children[0].text;
  const operand = compile(node.children[1]);
  switch (operator) {
  case '<': return scope => range(OPEN, operand(scope), false, false);
  case '<=': return scope => range(OPEN, operand(scope), false, true);
  case '>': return scope => range(operand(scope), OPEN, false, false);
  case '>=': return scope => range(operand(scope), OPEN, true, false);
  default: return scope => {
    const wanted = operand(scope);
    return Object.assign(new FeelFunction(value => relation[operator](value, wanted), [ 'value' ]), { test: { operator, operand: wanted } });
  };
  }
}

/** `value in tests` */
export function membership(node, compile) {
  const value = compile(node.children[0]);
  const tests = positiveTests(node).map(test => positiveTest(test, compile));
  return scope => {
    const input = value(scope);
    const inner = Object.create(scope);
    inner['?'] = input;
    let unknown = false;
    for (const test of tests) {
      const result = test(input, inner);
      if (result === true) {
        return true;
      }
      unknown ||= result === null;
    }
    return unknown ? null : false;
  };
}

function positiveTests(node) {
  return node.children.flatMap(child =>
    child.name === 'PositiveUnaryTests' ? child.children.filter(test => test.name === 'PositiveUnaryTest')
      : child.name === 'PositiveUnaryTest' ? [ child ] : []);
}

const PREDICATES = new Set([
  'Comparison', 'Conjunction', 'Disjunction', 'InstanceOfExpression', 'QuantifiedExpression', 'FunctionInvocation', 'IfExpression'
]);

/** What stands for a value by itself: null is a value to compare with here, no failure. */
const VALUES = new Set([ 'null', 'VariableName', 'BacktickIdentifier', 'PathExpression' ]);

/** One test as a function: (input, scope with `?`) -> true, false or null. */
function positiveTest(node, compile) {
  let inner = node.children[0];
  while (inner.name === 'ParenthesizedExpression') {
    inner = inner.children[1];
  }
  const expression = compile(node.children[0]);
  if (mentionsInput(inner)) {
    return (input, scope) => {
      const result = expression(scope);
      return typeof result === 'boolean' || result === null ? result : passes(input, result);
    };
  }
  if (VALUES.has(inner.name)) {
    // equality with null is true or false: not(null) lets every value pass
    return (input, scope) => {
      const result = expression(scope);
      return result === null ? input === null : passes(input, result);
    };
  }
  const predicate = PREDICATES.has(inner.name) && TRUTH;
  return (input, scope) => passes(input, expression(scope), predicate);
}

function mentionsInput(node) {
  return node.name === '?' || node.children.some(mentionsInput);
}

/** A cell's test: scope with `?` -> boolean. */
export function unaryTests(node, compile) {
  if (node.children[0].name === 'Wildcard') {
    return () => true;
  }
  const negated = node.children[0].name === 'not';
  const tests = positiveTests(node).map(test => positiveTest(test, compile));
  return scope => {
    const input = scope['?'] ?? null;
    const results = tests.map(test => test(input, scope));
    if (negated) {
      return results.every(result => result === false);
    }
    return results.includes(true);
  };
}
