// What Python calls: each function takes one JSON text and returns one JSON text.
import { setCalendar } from './functions/calendar.js';
import { setMoment } from './functions/conversion.js';
import { decide as decideModel } from './decision/model.js';
import { DecisionProblem } from './decision/problem.js';
import { compiled, functionNames, parserNames, scopeOf, variablesOf } from './engine.js';
import { SyntaxProblem } from './parser.js';
import { decode, encode } from './wire.js';

export { matches } from './texts.js';

const OUTPUT_LIMIT = 1024 * 1024;

/** {e: [expression], v: variables, n: now, u: unary?, q: value} -> {r: [result]} or {i, error}. */
export function evaluate(text) {
  const request = read(text);
  const names = parserNames(request.v);
  const scope = scopeOf(request.v);
  if (request.u) {
    scope['?'] = request.q;
  }
  setMoment(request.n);
  setCalendar(request.v);
  const results = [];
  for (let index = 0; index < request.e.length; index++) {
    try {
      results.push(encode(compiled(request.e[index], names, request.u)(scope)));
    } catch (error) {
      return JSON.stringify({ i: index, error: explain(error) });
    }
  }
  return write({ r: results });
}

/** {e: expression, u: unary?} -> {names: [variable]} or {error}. */
export function check(text) {
  const request = JSON.parse(text);
  try {
    return JSON.stringify({ names: variablesOf(request.e, null, request.u) });
  } catch (error) {
    return JSON.stringify({ error: explain(error) });
  }
}

/** {e: [[text, unary?]], names: {name: 1}} -> {problems: [null or error]}: parses many expressions at once. */
export function checkAll(text) {
  const request = JSON.parse(text);
  const problems = request.e.map(([ expression, unary ]) => {
    try {
      variablesOf(expression, request.names, unary);
      return null;
    } catch (error) {
      return explain(error);
    }
  });
  return JSON.stringify({ problems });
}

/** {} -> {names: [function]}: FEEL's own functions. */
export const functions = () => JSON.stringify({ names: functionNames() });

const MODELS = 200;
const models = new Map();

/** {k: key of the model, m: model?, d: decision id, v: variables, n: now} -> {r: result}, {error}, or {missing: true} without model. */
export function decide(text) {
  const request = read(text);
  if (request.m) {
    if (models.size >= MODELS) {
      models.clear();
    }
    models.set(request.k, request.m);
  }
  const model = models.get(request.k);
  if (!model) {
    return '{"missing": true}';
  }
  setMoment(request.n);
  setCalendar(request.v);
  try {
    return write({ r: encode(decideModel(model, request.d, request.v)) });
  } catch (error) {
    return JSON.stringify({ error: explain(error) });
  }
}

/** Values are only looked through where the text holds one that JSON does not know. */
function read(text) {
  const request = JSON.parse(text);
  return text.includes('"@') ? { ...request, v: decode(request.v), q: decode(request.q) } : request;
}

function write(answer) {
  const text = JSON.stringify(answer);
  return text.length > OUTPUT_LIMIT ? '{"limit": "output"}' : text;
}

function explain(error) {
  if (error instanceof DecisionProblem) {
    return { kind: 'decision', code: error.code, params: error.params };
  }
  if (error instanceof SyntaxProblem) {
    return { kind: error.kind, message: '', from: error.from, to: error.to, text: error.text };
  }
  if (error instanceof RangeError && /length/.test(error.message)) {
    // a string or a list that V8 cannot hold
    return { kind: 'output' };
  }
  return error instanceof RangeError ? { kind: 'depth' } : { kind: 'runtime', message: String(error.message) };
}
