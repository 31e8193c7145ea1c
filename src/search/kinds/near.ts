/** `near` of Location: `latitude|longitude|distance|units`. https://hl7.org/fhir/R4/location.html#positional */
import type { Test } from '../ast.ts';
import { parseDecimal } from '../decimal.ts';
import { metresBetween } from '../distance.ts';
import type { Value } from '../entry.ts';
import { splitUnescaped } from '../escape.ts';
import { type Asked, badValue, fieldsOf, type Kind } from './kind.ts';
import { isNumber } from './number.ts';

/** Metres in a unit of length, by UCUM code. https://ucum.org/ucum */
const METRES: ReadonlyMap<string, number> = new Map([
  ['m', 1],
  ['km', 1000],
  ['cm', 0.01],
  ['[mi_i]', 1609.344],
  ['[mi_us]', 6_336_000 / 3937],
  ['[nmi_i]', 1852],
  ['[ft_i]', 0.3048],
  ['[yd_i]', 0.9144],
]);

/** "If the distance is omitted, then the server can use its own discretion." */
const USUAL_KM = '50';
const HALF_TURN = 180;
const QUARTER_TURN = 90;

function parse(asked: Asked): Test {
  const [latitude = '', longitude = '', distance = '', unit = '', ...more] = splitUnescaped(asked.text, '|');
  const metres = METRES.get(unit || 'km');
  if (metres === undefined) throw badValue(asked, `'${unit.slice(0, 40)}' is not a unit of distance that is known here; ${[...METRES.keys()].join(', ')} are.`);
  const place = { latitude: degrees(latitude, QUARTER_TURN), longitude: degrees(longitude, HALF_TURN) };
  const far = parseDecimal(distance || USUAL_KM)?.value;
  if (place.latitude === undefined || place.longitude === undefined || far === undefined || far < 0 || more.length > 0)
    throw badValue(asked, 'a place is written as latitude|longitude|distance|units, as in -83.694810|42.256500|11.20|km; units are km where none are given.');
  return { is: 'near', latitude: place.latitude, longitude: place.longitude, metres: far * metres };
}

function degrees(text: string, most: number): number | undefined {
  const value = parseDecimal(text)?.value;
  return value !== undefined && Math.abs(value) <= most ? value : undefined;
}

function readPosition(element: unknown, out: Value[]): void {
  const { latitude, longitude } = fieldsOf(element);
  if (isNumber(latitude) && isNumber(longitude)) out.push({ kind: 'position', latitude, longitude });
}

export const nearKind: Kind = {
  modifiers: [],
  parse,
  readers: new Map([['BackboneElement', readPosition]]),
  manyFrom: [],
  guess: () => 'BackboneElement',
  compare: (value, test) =>
    value.kind === 'position' && test.is === 'near' && metresBetween(value.latitude, value.longitude, test.latitude, test.longitude) <= test.metres,
};
