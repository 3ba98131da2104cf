/** What a decision cannot answer: *code* names a sentence, *params* fill it. */
export class DecisionProblem extends Error {
  constructor(code, params) {
    super(code);
    this.code = code;
    this.params = params;
  }
}
