/** What an answer may be, said before it is typed. */
import type { Limits, PlanItem } from '../../questionnaire/plan.ts';
import { numberIn, type Value } from '../../questionnaire/value.ts';
import { shownBy } from './rendering.ts';
import { type Speech, saidIn } from './speech.ts';

export interface Bounds {
  readonly low: number | undefined;
  readonly high: number | undefined;
}

const numberOf = (value: Value | undefined): number | undefined => (value === undefined ? undefined : numberIn(value));

export const boundsOf = ({ minValue, maxValue }: Limits): Bounds => ({ low: numberOf(minValue), high: numberOf(maxValue) });

/** Of a slider, and of a scale of buttons. */
export function stepOf({ definition }: PlanItem): number {
  const step = shownBy(definition, 'sliderStep')[0]?.valueInteger;
  return step !== undefined && step > 0 ? step : 1;
}

/** `limits`: as they are in force where the question stands. */
export function hintsOf(item: PlanItem, limits: Limits, speech: Speech): readonly string[] {
  const format = shownBy(item.definition, 'entryFormat').flatMap((extension) => saidIn(extension, 'valueString', speech)?.text ?? []);
  return [...format, ...byType(item, limits, speech)];
}

function byType(item: PlanItem, limits: Limits, speech: Speech): readonly string[] {
  switch (item.definition.type) {
    case 'integer':
    case 'decimal':
    case 'quantity':
      return numberHints(item, limits, speech);
    case 'string':
    case 'text':
      return textHints(limits, speech);
    case 'date':
    case 'dateTime':
      return dateHints(limits, speech);
    case 'time':
      return [speech.word('timeForm')];
    case 'url':
      return [speech.word('urlForm')];
    case 'attachment':
      return fileHints(limits, speech);
    default:
      return [];
  }
}

function numberHints({ definition }: PlanItem, limits: Limits, { word }: Speech): readonly string[] {
  const { low, high } = boundsOf(limits);
  const places = limits.maxDecimalPlaces;
  const range = rangeWords({ low, high }, { between: 'numberBetween', least: 'numberLeast', most: 'numberMost' }, word);
  const precision = places !== undefined && places > 0 ? [word('decimals', { places })] : [];
  const plain = range.length === 0 && definition.type === 'integer' ? [word('wholeNumber')] : range;
  return [...plain, ...precision];
}

type Pair = { readonly low: string | number | undefined; readonly high: string | number | undefined };
type Keys = { readonly between: Parameters<Speech['word']>[0]; readonly least: Parameters<Speech['word']>[0]; readonly most: Parameters<Speech['word']>[0] };

function rangeWords({ low, high }: Pair, keys: Keys, word: Speech['word']): readonly string[] {
  if (low !== undefined && high !== undefined) return [word(keys.between, { low, high })];
  if (low !== undefined) return [word(keys.least, { low })];
  return high === undefined ? [] : [word(keys.most, { high })];
}

function textHints({ minLength, maxLength }: Limits, { word }: Speech): readonly string[] {
  return [
    ...(minLength === undefined ? [] : [word('textLeast', { least: minLength })]),
    ...(maxLength === undefined ? [] : [word('textMost', { most: maxLength })]),
  ];
}

function dateHints({ minValue, maxValue }: Limits, { word }: Speech): readonly string[] {
  const day = (value: Value | undefined): string | undefined => (typeof value?.raw === 'string' ? value.raw.slice(0, 10) : undefined);
  return rangeWords({ low: day(minValue), high: day(maxValue) }, { between: 'dateBetween', least: 'dateLeast', most: 'dateMost' }, word);
}

/** Bytes of a file where the questionnaire sets no limit. A photograph from a telephone fits. */
const LARGEST_FILE = 5_000_000;
/** https://hl7.org/fhir/R4/extension-maxsize.html counts in these. */
const MEGABYTE = 1_000_000;

/** Bytes. The server takes no longer form than a little more than this. */
export const largestFile = ({ maxSize }: Limits): number => Math.min(maxSize === undefined ? LARGEST_FILE : maxSize * MEGABYTE, LARGEST_FILE);

function fileHints(limits: Limits, { word }: Speech): readonly string[] {
  const kinds = limits.mimeTypes;
  return [word('fileMost', { size: sizeWords(largestFile(limits)) }), ...(kinds.length === 0 ? [] : [word('fileKinds', { kinds: kinds.join(', ') })])];
}

export const sizeWords = (bytes: number): string =>
  bytes >= MEGABYTE ? `${Math.round(bytes / 100_000) / 10} MB` : `${Math.max(1, Math.round(bytes / 1000))} kB`;
