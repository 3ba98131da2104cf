// Where a drawing is looked at: bpmn-js and dmn-js write labels with 11 and 12 px, so that nothing is opened smaller than drawn.
import { getBBox } from 'diagram-js/lib/util/Elements';

const AROUND = 24;

/** The part of the drawing in view, in its own coordinates; *scale* at most 1. */
function look(canvas, x, y, scale) {
  const { outer } = canvas.viewbox();
  canvas.viewbox({ x, y, width: outer.width / scale, height: outer.height / scale });
}

/** The whole drawing, beside the palette (*left*: its width in px) and not below it. */
export function whole(canvas, left) {
  canvas.resized();
  const { inner, outer } = canvas.viewbox();
  const scale = Math.min((outer.width - left - AROUND) / inner.width, (outer.height - 2 * AROUND) / inner.height, 1);
  if (scale > 0 && Number.isFinite(scale)) place(canvas, left, scale);
}

/** At the size in which it is drawn: the whole of it where that fits, otherwise from *start* on. */
export function readable(canvas, left, start) {
  canvas.resized();
  if (canvas.viewbox().outer.width) place(canvas, left, 1, start);
}

function place(canvas, left, scale, start) {
  const { inner, outer } = canvas.viewbox();
  const box = start ? getBBox(start) : { ...inner, width: 0, height: 0 };
  // what fits is centred; what does not begins at the start, without empty ground beyond the drawing
  const along = (from, size, room, before, at) => {
    const free = room - size * scale;
    if (free >= 0) return from - (before + free / 2) / scale;
    return Math.min(Math.max(at, from), from + size - room / scale) - before / scale;
  };
  const height = outer.height - 2 * AROUND;
  look(canvas,
    along(inner.x, inner.width, outer.width - left - AROUND, left, box.x),
    along(inner.y, inner.height, height, AROUND, box.y + box.height / 2 - height / 2),
    scale);
}

/** *element* in the middle, at least as large as drawn; of what is larger than the window the beginning. */
export function centre(canvas, element, left) {
  canvas.resized();
  const { outer, scale: now } = canvas.viewbox();
  const scale = Math.max(now, 1);
  const box = getBBox(element);
  const along = (from, size, room, before) => size * scale <= room ? from + size / 2 - (before + room / 2) / scale : from - before / scale;
  look(canvas, along(box.x, box.width, outer.width - left - AROUND, left), along(box.y, box.height, outer.height - 2 * AROUND, AROUND), scale);
}
