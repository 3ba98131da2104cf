// A DMN model: decisions, what they require, and their results.
import { normalizeContextKey } from 'lezer-feel';

import { parserNames, restricted, scopeOf, squeeze } from '../engine.js';
import { setTypes } from '../types.js';
import { compileBox, makeFunction } from './boxed.js';
import { DecisionProblem } from './problem.js';
import { broken, coerce, conforms, receive } from './typing.js';

const LISTS = new Set([ 'COLLECT', 'RULE ORDER', 'OUTPUT ORDER' ]);

/** One evaluation: every decision is computed once. */
class Run {
  constructor(model, variables) {
    this.model = model;
    this.types = model.types;
    this.given = receiveInputs(model, variables);
    model.written ??= squeeze(JSON.stringify(model));
    this.names = restricted(parserNames([ model.names, variables ]), model.written);
    this.results = new Map();
    this.running = [];
  }

  /** The value of the decision *id*. */
  decision(id) {
    if (!this.results.has(id)) {
      this.results.set(id, this.compute(this.model.decisions[id]));
    }
    return this.results.get(id);
  }

  compute(decision) {
    if (this.running.includes(decision.id)) {
      throw new DecisionProblem('dmn_cycle', { decisions: [ ...this.running, decision.id ].join(' → ') });
    }
    this.running.push(decision.id);
    const scope = scopeOf(this.given);
    this.bindRequired(scope, decision);
    const value = this.compiled(decision)(scope) ?? null;
    this.running.pop();
    return this.typed(decision, value);
  }

  typed(decision, value) {
    const many = decision.logic?.kind === 'table' && LISTS.has(decision.logic.policy) && Array.isArray(value);
    return many && value.every(item => conforms(this.types, decision.type, item)) ? value : coerce(this.types, decision.type, value);
  }

  /** The logic of a decision or knowledge model, kept with the model until other names change how it is read. */
  compiled(element) {
    const key = this.names ? this.names.key : '';
    if (element.compiled?.key !== key) {
      element.compiled = { key, run: compileBox(element.logic, { names: this.names, types: this.types, title: element.name }) };
    }
    return element.compiled.run;
  }

  bindRequired(scope, element) {
    for (const id of element.requires) {
      const required = this.model.decisions[id];
      const value = this.decision(id);
      // the names of a result: the variable's, the decision's, and, as in Camunda, its id
      for (const name of [ required.id, required.name, required.variable ]) {
        scope[normalizeContextKey(name)] = value;
      }
    }
    for (const id of element.knows) {
      const known = this.model.knowledge[id];
      const value = known ? this.knowledge(known) : this.service(this.model.services[id]);
      for (const name of [ (known ?? this.model.services[id]).id, (known ?? this.model.services[id]).name ]) {
        scope[normalizeContextKey(name)] = value;
      }
    }
  }

  /** A business knowledge model: a function that sees nothing but its parameters and the functions it requires. */
  knowledge(known) {
    if (this.running.includes(known.id)) {
      throw new DecisionProblem('dmn_cycle', { decisions: [ ...this.running, known.id ].join(' → ') });
    }
    this.running.push(known.id);
    const scope = Object.create(null);
    this.bindRequired(scope, known);
    this.running.pop();
    const body = this.compiled(known);
    const type = this.resultType(known.type);
    const typed = type ? inner => coerce(this.types, type, body(inner)) : body;
    return makeFunction(known.parameters, typed, scope, this.types);
  }

  /** What a function of the declared *type* yields: its output type; older models declare the type of the result itself. */
  resultType(type) {
    return this.types[type]?.function ? this.types[type].output : type;
  }

  /** A decision service: a function of its input data and input decisions. */
  service(service) {
    const parameters = this.parameters(service);
    const body = scope => {
      const variables = Object.fromEntries(parameters.map(({ name }) => [ name, scope[normalizeContextKey(name)] ?? null ]));
      const run = new Run(this.model, variables);
      for (const id of service.inputDecisions) {
        run.results.set(id, variables[this.model.decisions[id].name]);
      }
      return run.outputs(service);
    };
    return makeFunction(parameters, body, Object.create(null), this.types);
  }

  /** The parameters of a decision service: its input data and decisions, as its function type declares them or they themselves. */
  parameters(service) {
    const declared = this.types[service.type]?.parameters ?? [];
    return [
      ...service.inputs.map(id => this.model.inputs[id]),
      ...service.inputDecisions.map(id => this.model.decisions[id])
    ].map(({ name, type }) => ({ name, type: declared.find(each => each.name === name)?.type ?? type }));
  }

  outputs(service) {
    const values = service.outputs.map(id => [ this.model.decisions[id].variable, this.decision(id) ]);
    return coerce(this.types, this.resultType(service.type), values.length === 1 ? values[0][1] : Object.fromEntries(values));
  }
}

function receiveInputs(model, variables) {
  const result = { ...variables };
  for (const input of Object.values(model.inputs)) {
    for (const name of new Set([ input.name, input.variable ])) {
      if (Object.hasOwn(result, name)) {
        const value = receive(model.types, input.type, result[name]);
        const allowed = broken(model.types, input.type, value);
        if (allowed) {
          throw new DecisionProblem('dmn_value_not_allowed', { input: name, allowed });
        }
        result[name] = value;
      }
    }
  }
  return result;
}

/** The value of the decision (or decision service) *id* of *model* over *variables*. */
export function decide(model, id, variables) {
  setTypes((name, value, shapeOnly) => Object.hasOwn(model.types, name) ? value !== null && conforms(model.types, name, value, shapeOnly) : null);
  try {
    const run = new Run(model, variables);
    if (Object.hasOwn(model.services, id)) {
      const service = model.services[id];
      if (run.parameters(service).some(({ name, type }) => (variables[name] ?? null) !== null && coerce(run.types, type, run.given[name]) === null)) {
        return null;
      }
      for (const required of service.inputDecisions) {
        const { name, variable } = model.decisions[required];
        run.results.set(required, variables[name] ?? variables[variable] ?? variables[required] ?? null);
      }
      return run.outputs(service);
    }
    return run.decision(id);
  } finally {
    setTypes(null);
  }
}
