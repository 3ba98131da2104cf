// Tokens on a diagram: a dot where one waits, and dots that run along the flows by which it came.
const NS = 'http://www.w3.org/2000/svg';

export class Tokens {
  constructor(canvas, registry) {
    this.registry = registry;
    this.layer = canvas.getLayer('replay-tokens', 900);
    this.round = 0;
  }

  /** Dots where *states* says "here"; the flows into *entered* are walked first, in *span* milliseconds at most. */
  show(states, entered, span) {
    const round = ++this.round;
    this.layer.replaceChildren();
    const flows = entered.map(id => this.into(id, states, entered)).filter(Boolean);
    const rest = () => {
      if (round !== this.round) return;
      this.layer.replaceChildren();
      for (const [ id, { state, tokens } ] of states) if (state === 'here') this.dot(this.place(id), tokens, id);
    };
    if (!flows.length) return rest();
    const each = Math.max(60, Math.min(400, span * 0.8 / flows.length));
    const walk = number => {
      if (round !== this.round) return;
      if (number >= flows.length) return rest();
      this.run(flows[number], each, round, () => walk(number + 1));
    };
    walk(0);
  }

  /** The flow by which a token came into an element: from something visited. */
  into(id, states, entered) {
    const element = this.registry.get(id);
    const incoming = (element?.incoming ?? []).filter(flow => flow.waypoints && flow.source && (states.has(flow.source.id) || entered.includes(flow.source.id)));
    return incoming.find(flow => entered.includes(flow.source.id)) ?? incoming[0];
  }

  place(id) {
    const element = this.registry.get(id);
    return element && element.width ? { x: element.x + element.width / 2, y: element.y - (element.width > 60 ? 0 : 12) } : null;
  }

  dot(at, tokens, id) {
    if (!at) return null;
    const group = this.layer.appendChild(document.createElementNS(NS, 'g'));
    group.setAttribute('class', 'replay-token');
    group.setAttribute('transform', `translate(${at.x} ${at.y})`);
    if (id) group.setAttribute('data-token-at', id);
    const circle = group.appendChild(document.createElementNS(NS, 'circle'));
    circle.setAttribute('r', '10');
    if (tokens > 1) group.appendChild(document.createElementNS(NS, 'text')).textContent = String(tokens);
    return group;
  }

  run(flow, span, round, then) {
    const points = flow.waypoints;
    const lengths = points.slice(1).map((point, number) => Math.hypot(point.x - points[number].x, point.y - points[number].y));
    const whole = lengths.reduce((sum, length) => sum + length, 0) || 1;
    const dot = this.dot(points[0], 1, '');
    const began = performance.now();
    const step = now => {
      if (round !== this.round) return;
      let way = Math.min(1, (now - began) / span) * whole;
      let number = 0;
      while (number < lengths.length - 1 && way > lengths[number]) way -= lengths[number++];
      const share = lengths[number] ? Math.min(1, way / lengths[number]) : 1;
      const [ from, to ] = [ points[number], points[number + 1] ];
      dot.setAttribute('transform', `translate(${from.x + (to.x - from.x) * share} ${from.y + (to.y - from.y) * share})`);
      if (now - began >= span) {
        dot.remove();
        return then();
      }
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }
}
