// FEEL completion knows what instances of this process are started with, besides what the diagram itself says.
import VariableProvider from '@bpmn-io/variable-resolver/lib/VariableProvider.js';
import { is } from 'bpmn-js/lib/util/ModelUtil';

class KnownVariables extends VariableProvider {
  static $inject = [ 'variableResolver', 'vocabulary' ];

  constructor(variableResolver, vocabulary) {
    super(variableResolver);
    this.known = vocabulary.variables;
  }

  getVariables(element) {
    return is(element, 'bpmn:Process') ? this.known.map(({ name, info }) => ({ name, info })) : undefined;
  }
}

export const KnownVariablesModule = { __init__: [ 'knownVariables' ], knownVariables: [ 'type', KnownVariables ] };
