/** How far two places on earth are from each other. https://hl7.org/fhir/R4/location.html#positional */

/** The mean radius of the earth in metres (IUGG, R1). */
const EARTH_RADIUS = 6_371_008.8;
const RADIANS = Math.PI / 180;

/** A degree of latitude is never shorter than this on that sphere. */
const METRES_A_DEGREE = 111_000;

/** Great-circle distance in metres between two places given in degrees (haversine; at most 0.6 % from the ellipsoid's). */
export function metresBetween(latitude: number, longitude: number, otherLatitude: number, otherLongitude: number): number {
  const north = Math.sin(((otherLatitude - latitude) * RADIANS) / 2) ** 2;
  const east = Math.sin(((otherLongitude - longitude) * RADIANS) / 2) ** 2;
  const across = north + Math.cos(latitude * RADIANS) * Math.cos(otherLatitude * RADIANS) * east;
  return 2 * EARTH_RADIUS * Math.asin(Math.min(1, Math.sqrt(across)));
}

/** The latitudes between which everything lies that is no farther than so many metres. */
export function latitudesAround(latitude: number, metres: number): { readonly low: number; readonly high: number } {
  const reach = metres / METRES_A_DEGREE;
  return { low: latitude - reach, high: latitude + reach };
}
