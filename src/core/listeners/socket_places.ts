/** Which worker accepts from which of the sockets of `unix:…{slot}…`: each has a worker, and each worker has one. */

/**
 * `before`: for each worker the place that it had, or `null`. Returns for each its places, the first of which is its own; it
 * has more of them where there are fewer workers than places. A worker keeps its place unless another place lacks one.
 */
export function assignPlaces(
  count: number,
  before: readonly (number | null)[],
): readonly (readonly number[])[] {
  if (count === 0) return before.map(() => []);
  const fewest = Math.floor(before.length / count);
  let extras = before.length - fewest * count;
  const taken = Array.from({ length: count }, () => 0);
  const kept = before.map((place) => {
    if (place === null || place >= count) return null;
    if (taken[place]! >= fewest) {
      if (taken[place]! > fewest || extras === 0) return null;
      extras--;
    }
    taken[place]!++;
    return place;
  });
  const places = kept.map((place) => {
    if (place !== null) return [place];
    const free = taken.indexOf(Math.min(...taken));
    taken[free]!++;
    return [free];
  });
  for (const [place, workers] of taken.entries()) {
    if (workers > 0 || places.length === 0) continue;
    places.reduce((least, each) => each.length < least.length ? each : least).push(place);
  }
  return places;
}
