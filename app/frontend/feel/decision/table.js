// Decision tables: which rules match, and what the hit policy makes of them.
import * as numbers from '../numbers.js';
import { compiled } from '../engine.js';
import { passes } from '../tests.js';
import { compare, equals, put } from '../values.js';
import { text as shown } from '../functions/conversion.js';
import { DecisionProblem } from './problem.js';
import { coerce, receive } from './typing.js';

const MULTIPLE = new Set([ 'COLLECT', 'RULE ORDER', 'OUTPUT ORDER' ]);

/** *table* as a function: scope -> result. *names* as the parser wants them, *title* names the table in messages. */
export function compileTable(table, names, title, types) {
  const anything = () => true;
  const blank = text => text === '' || text === '-';
  const one = text => text === '' ? () => null : compiled(text, names);
  // a cell is compiled when a case first reaches it: a table of thousands answers its first case in time
  const cell = (text, unary) => {
    let run = null;
    return scope => (run ??= compiled(text, names, unary))(scope);
  };
  const inputs = table.inputs.map(input => ({
    ...input,
    value: typedInput(one(input.text), input.type, types),
    allowed: input.values ? compiled(input.values, names, true) : null
  }));
  const outputs = table.outputs.map(output => ({
    ...output,
    order: output.values ? compiled(`[${output.values}]`, names) : null,
    otherwise: output.otherwise ? compiled(output.otherwise, names) : null
  }));
  const rules = table.rules.map((rule, index) => ({
    number: index + 1,
    tests: rule.inputs.map(text => blank(text) ? anything : cell(text, true)),
    results: rule.outputs.map((text, column) => blank(text) ? () => null
      : typedOutput(cell(text, false), rule.types[column] ?? table.outputs[column].type, types))
  }));

  return scope => {
    const values = inputs.map(input => read(input, scope, title));
    const hits = rules.filter(rule => matches(rule, values, scope, table.policy === 'FIRST'));
    const chosen = table.policy === 'FIRST' ? hits.slice(0, 1) : hits;
    if (!chosen.length) {
      return nothing(table, outputs, scope);
    }
    const found = chosen.map(rule => ({ rule: rule.number, values: rule.results.map(result => result(scope) ?? null) }));
    const context = { outputs, orders: outputs.map(output => output.order ? output.order(scope) : null), title };
    return POLICIES[table.policy](found, context, table);
  };
}

/** ISO text where a date, time or duration is declared becomes one, as in input data. */
const typedInput = (value, type, types) => type ? scope => receive(types, type, value(scope)) : value;

/**
 * What does not fit a type of the model that an output declares is null. FEEL's own names are left alone: modellers write "string" where
 * nobody chose a type.
 */
const typedOutput = (value, type, types) => Object.hasOwn(types, type ?? '') ? scope => coerce(types, type, value(scope)) : value;

function read(input, scope, title) {
  const value = input.value(scope) ?? null;
  if (input.allowed && value !== null) {
    const inner = Object.create(scope);
    const items = Array.isArray(value) ? value : [ value ];
    for (const item of items) {
      inner['?'] = item;
      if (input.allowed(inner) !== true) {
        throw new DecisionProblem('dmn_input_not_allowed', { decision: title, value: brief(item), input: input.label, allowed: input.values });
      }
    }
  }
  return value;
}

function matches(rule, values, scope) {
  return rule.tests.every((test, index) => {
    const inner = Object.create(scope);
    inner['?'] = values[index];
    return test(inner) === true;
  });
}

/** No rule matches: the default outputs, otherwise null (an empty list, a count of 0). */
function nothing(table, outputs, scope) {
  if (outputs.some(output => output.otherwise)) {
    const values = outputs.map(output => output.otherwise ? output.otherwise(scope) : null);
    const result = assemble(outputs, values);
    return MULTIPLE.has(table.policy) && !table.aggregation ? [ result ] : result;
  }
  if (!MULTIPLE.has(table.policy)) {
    return null;
  }
  return table.aggregation ? (table.aggregation === 'COUNT' ? 0 : null) : [];
}

/** One output is its value; several are a context by name. */
function assemble(outputs, values) {
  return outputs.length === 1 ? values[0] : outputs.reduce((result, output, index) => put(result, output.name, values[index]), {});
}

const result = (hit, { outputs }) => assemble(outputs, hit.values);

const POLICIES = {
  'UNIQUE': (hits, context) => {
    if (hits.length > 1) {
      throw new DecisionProblem('dmn_unique', { decision: context.title, rules: ruleNumbers(hits) });
    }
    return result(hits[0], context);
  },
  'ANY': (hits, context) => {
    const first = hits[0];
    if (!hits.every(hit => equals(hit.values, first.values) === true)) {
      throw new DecisionProblem('dmn_any', { decision: context.title, rules: ruleNumbers(hits) });
    }
    return result(first, context);
  },
  'FIRST': (hits, context) => result(hits[0], context),
  'PRIORITY': (hits, context) => result(prioritised(hits, context)[0], context),
  'RULE ORDER': (hits, context) => hits.map(hit => result(hit, context)),
  'OUTPUT ORDER': (hits, context) => prioritised(hits, context).map(hit => result(hit, context)),
  'COLLECT': (hits, context, { aggregation }) => {
    if (!aggregation) {
      return hits.map(hit => result(hit, context));
    }
    if (aggregation === 'COUNT') {
      return hits.length;
    }
    const columns = context.outputs.map((_, index) => aggregate(aggregation, hits.map(hit => hit.values[index])));
    return assemble(context.outputs, columns);
  }
};

const ruleNumbers = hits => hits.map(hit => hit.rule).join(', ');

function aggregate(kind, values) {
  if (kind === 'SUM') {
    return values.every(numbers.isNumber) ? numbers.total(values) : null;
  }
  const sign = kind === 'MIN' ? -1 : 1;
  let best = values[0];
  for (const value of values) {
    const order = compare(value, best);
    if (order === null) {
      return null;
    }
    best = order * sign > 0 ? value : best;
  }
  return best;
}

/** Hits by the order of their outputs' allowed values, the first output first. Rules that tie keep their own order. */
function prioritised(hits, { outputs, orders, title }) {
  const ranked = hits.map(hit => ({
    hit,
    ranks: hit.values.map((value, index) => rank(value, orders[index], outputs[index], title))
  }));
  ranked.sort((a, b) => {
    const differs = a.ranks.findIndex((place, index) => place !== b.ranks[index]);
    return differs < 0 ? 0 : a.ranks[differs] - b.ranks[differs];
  });
  return ranked.map(({ hit }) => hit);
}

function rank(value, order, output, title) {
  if (!order) {
    return 0;
  }
  const place = order.findIndex(allowed => value === null ? allowed === null : passes(value, allowed) === true);
  if (place < 0) {
    throw new DecisionProblem('dmn_output_not_allowed', { decision: title, value: brief(value), output: output.label, allowed: output.values });
  }
  return place;
}

function brief(value) {
  const written = shown(value, true);
  return written.length > 60 ? `${written.slice(0, 60)}…` : written;
}
