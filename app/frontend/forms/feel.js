// form-js's expression language, the same everywhere: a condition hides when its FEEL is true, as on the server (form-js itself takes it for a
// unary test). Results are kept as long as the values that an expression names stay the same: a long form asks for hundreds of them at each key.
import { FeelExpressionLanguage } from '@bpmn-io/form-js-viewer';

const KEPT = 64;

export class ExpressionLanguage extends FeelExpressionLanguage {
  static $inject = [ 'eventBus' ];

  #known = new Map();

  evaluate(expression, data = {}) {
    if (!this.isExpression(expression)) {
      return null;
    }
    let known = this.#known.get(expression);
    if (!known) {
      known = { words: [ ...new Set(expression.match(/[\p{L}_][\p{L}\p{N}_]*/gu) ?? []) ], results: new Map() };
      this.#known.set(expression, known);
    }
    const context = Object.fromEntries(known.words.filter(word => word in data).map(word => [ word, data[word] ]));
    const named = JSON.stringify(context);
    if (!known.results.has(named)) {
      if (known.results.size >= KEPT) {
        known.results.clear();
      }
      known.results.set(named, super.evaluate(expression, context));
    }
    return known.results.get(named);
  }

  evaluateUnaryTest(expression, data = {}) {
    return this.isExpression(expression) ? this.evaluate(expression, data) === true : null;
  }
}
