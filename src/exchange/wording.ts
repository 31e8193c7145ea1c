/** Codes, values and times of resources, in the words that they carry themselves. */
import type { CodeableConcept, Coding, Observation, Period, Quantity } from 'fhir/r4';
import { startOf } from '../fhir/datetime.ts';
import { codeSystem, extensionUrl } from '../fhir/names.ts';

interface Extended {
  readonly extension?: readonly { readonly url: string; readonly valueCode?: string; readonly valueDateTime?: string; readonly valueBoolean?: boolean }[];
}

export function wordsOf(concept: CodeableConcept | undefined): string | undefined {
  const coding = concept?.coding?.find(({ display }) => display !== undefined) ?? concept?.coding?.[0];
  return concept?.text ?? coding?.display ?? coding?.code;
}

/** In the words of whoever wrote it; never empty. */
export const titleOf = (concept: CodeableConcept | undefined): string => wordsOf(concept) ?? 'not named';

export const codeOf = (concept: CodeableConcept | undefined): string | undefined => concept?.coding?.[0]?.code;

/** The code in a system of ours. */
export function ownCode(concept: CodeableConcept | undefined, system: string): string | undefined {
  return concept?.coding?.find((coding) => coding.system === codeSystem(system))?.code;
}

/** The value of an extension of ours. */
export function ownExtension(resource: object, name: string): string | boolean | undefined {
  const { extension = [] } = resource as Extended; // every element and resource may have extensions
  const found = extension.find(({ url }) => url === extensionUrl(name));
  return found?.valueCode ?? found?.valueDateTime ?? found?.valueBoolean;
}

export function ownText(resource: object, name: string): string | undefined {
  const value = ownExtension(resource, name);
  return typeof value === 'string' ? value : undefined;
}

export const printQuantity = ({ comparator, value, unit, code }: Quantity): string => `${comparator ?? ''}${value ?? '?'} ${unit ?? code ?? ''}`.trim();

export const printCoding = ({ display, code }: Coding): string => display ?? code ?? '';

/** The value of an Observation, with its interpretation; why it has none; or the values of its parts. */
export function resultOf(observation: Observation): string {
  const value = printValue(observation) ?? wordsOf(observation.dataAbsentReason);
  const parts = (observation.component ?? []).map((part) => `${titleOf(part.code)} ${printValue(part) ?? wordsOf(part.dataAbsentReason) ?? 'no value'}`);
  const said = [...(value === undefined ? [] : [value]), ...parts].join(', ');
  const code = codeOf(observation.interpretation?.[0]);
  const interpretation = code === undefined || code === 'N' ? undefined : (wordsOf(observation.interpretation?.[0]) ?? code);
  return `${said === '' ? 'no value' : said}${interpretation === undefined ? '' : ` (${interpretation})`}`;
}

type Valued = Pick<Observation, 'valueQuantity' | 'valueCodeableConcept' | 'valueString' | 'valueBoolean' | 'valueInteger' | 'valueDateTime' | 'valueTime'>;

function printValue(of: Valued): string | undefined {
  if (of.valueQuantity !== undefined) return printQuantity(of.valueQuantity);
  if (of.valueBoolean !== undefined) return of.valueBoolean ? 'yes' : 'no';
  const plain = of.valueString ?? of.valueInteger ?? of.valueDateTime ?? of.valueTime;
  return plain === undefined ? wordsOf(of.valueCodeableConcept) : String(plain);
}

/** One moment or a period, as two optional ends. */
export function span(moment: string | undefined, period?: Period): { readonly start?: string; readonly end?: string } {
  const start = moment ?? period?.start;
  const end = moment === undefined ? period?.end : undefined;
  return { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
}

/** For sorting: the latest first, the undated last. */
export const byTimeDescending = (left: string | undefined, right: string | undefined): number => timeOf(right) - timeOf(left);

/** In ms since the epoch; before everything where there is none. */
export const timeOf = (text: string | undefined): number => startOf(text ?? '') ?? -8.64e15;

/** The earlier of two times, or the one that there is. */
export function earlierOf(left: string | undefined, right: string | undefined): string | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return timeOf(left) <= timeOf(right) ? left : right;
}

/** The property with its value, or no property: what strict optional types ask for. */
export function maybe<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V }); // a computed key is typed as string
}
