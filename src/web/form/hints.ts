/** What an answer may be, said before it is typed. */
import { extensionNumber, extensionValue } from '../../questionnaire/extension.ts';
import type { PlanItem } from '../../questionnaire/plan.ts';
import { asRecord, numberIn } from '../../questionnaire/value.ts';
import { shownBy } from './rendering.ts';
import { type Speech, saidIn } from './speech.ts';

export interface Bounds {
  readonly low: number | undefined;
  readonly high: number | undefined;
}

export function boundsOf({ definition }: PlanItem): Bounds {
  const bound = (name: 'minValue' | 'maxValue'): number | undefined => {
    const value = extensionValue(definition, name);
    return value === undefined ? undefined : numberIn(value);
  };
  return { low: bound('minValue'), high: bound('maxValue') };
}

/** Of a slider, and of a scale of buttons. */
export function stepOf({ definition }: PlanItem): number {
  const step = shownBy(definition, 'sliderStep')[0]?.valueInteger;
  return step !== undefined && step > 0 ? step : 1;
}

export function hintsOf(item: PlanItem, speech: Speech): readonly string[] {
  const format = shownBy(item.definition, 'entryFormat').flatMap((extension) => saidIn(extension, 'valueString', speech)?.text ?? []);
  return [...format, ...byType(item, speech)];
}

function byType(item: PlanItem, speech: Speech): readonly string[] {
  switch (item.definition.type) {
    case 'integer':
    case 'decimal':
    case 'quantity':
      return numberHints(item, speech);
    case 'string':
    case 'text':
      return textHints(item, speech);
    case 'date':
    case 'dateTime':
      return dateHints(item, speech);
    case 'time':
      return [speech.word('timeForm')];
    case 'url':
      return [speech.word('urlForm')];
    case 'attachment':
      return fileHints(item, speech);
    default:
      return [];
  }
}

function numberHints(item: PlanItem, { word }: Speech): readonly string[] {
  const { low, high } = boundsOf(item);
  const places = extensionNumber(item.definition, 'maxDecimalPlaces');
  const range = rangeWords({ low, high }, { between: 'numberBetween', least: 'numberLeast', most: 'numberMost' }, word);
  const precision = places !== undefined && places > 0 ? [word('decimals', { places })] : [];
  const plain = range.length === 0 && item.definition.type === 'integer' ? [word('wholeNumber')] : range;
  return [...plain, ...precision];
}

type Pair = { readonly low: string | number | undefined; readonly high: string | number | undefined };
type Keys = { readonly between: Parameters<Speech['word']>[0]; readonly least: Parameters<Speech['word']>[0]; readonly most: Parameters<Speech['word']>[0] };

function rangeWords({ low, high }: Pair, keys: Keys, word: Speech['word']): readonly string[] {
  if (low !== undefined && high !== undefined) return [word(keys.between, { low, high })];
  if (low !== undefined) return [word(keys.least, { low })];
  return high === undefined ? [] : [word(keys.most, { high })];
}

function textHints({ definition }: PlanItem, { word }: Speech): readonly string[] {
  const least = extensionNumber(definition, 'minLength');
  return [
    ...(least === undefined ? [] : [word('textLeast', { least })]),
    ...(definition.maxLength === undefined ? [] : [word('textMost', { most: definition.maxLength })]),
  ];
}

function dateHints({ definition }: PlanItem, { word }: Speech): readonly string[] {
  const bound = (name: 'minValue' | 'maxValue'): string | undefined => {
    const raw = extensionValue(definition, name)?.raw;
    return typeof raw === 'string' ? raw.slice(0, 10) : undefined;
  };
  return rangeWords({ low: bound('minValue'), high: bound('maxValue') }, { between: 'dateBetween', least: 'dateLeast', most: 'dateMost' }, word);
}

/** Bytes of a file where the questionnaire sets no limit. A photograph from a telephone fits. */
const LARGEST_FILE = 5_000_000;

/** Bytes. The server takes no longer form than a little more than this. */
export function largestFile({ definition }: PlanItem): number {
  const asked = shownBy(definition, 'maxSize').map((extension) => asRecord(extension).valueDecimal);
  return typeof asked[0] === 'number' ? Math.min(asked[0], LARGEST_FILE) : LARGEST_FILE;
}

export const fileKinds = ({ definition }: PlanItem): readonly string[] =>
  shownBy(definition, 'mimeType').flatMap(({ valueCode }) => (typeof valueCode === 'string' ? [valueCode] : []));

function fileHints(item: PlanItem, { word }: Speech): readonly string[] {
  const kinds = fileKinds(item);
  return [word('fileMost', { size: sizeWords(largestFile(item)) }), ...(kinds.length === 0 ? [] : [word('fileKinds', { kinds: kinds.join(', ') })])];
}

export const sizeWords = (bytes: number): string =>
  bytes >= 1_000_000 ? `${Math.round(bytes / 100_000) / 10} MB` : `${Math.max(1, Math.round(bytes / 1000))} kB`;
