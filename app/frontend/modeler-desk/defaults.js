// What a file says comes back, also where it says only what holds anyway (hitPolicy="UNIQUE"): moddle's writer would leave that out.
export function keepDefaults(moddle) {
  for (const type of Object.values(moddle.typeCache)) {
    const { $descriptor: descriptor } = type.prototype;
    if (!descriptor?.properties.some(property => property.default !== undefined)) continue;
    // prototypes hold the defaults already; the writer looks only here
    descriptor.properties = descriptor.properties.map(property => property.default === undefined ? property : { ...property, default: undefined });
  }
}
