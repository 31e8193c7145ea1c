/** Dates, times of day, and moments. Native pickers; a date that is not given to the day is typed. */
import { parseDateTime, timeRange } from '../../../fhir/datetime.ts';
import { html } from '../../html.ts';
import { faultIn, NOTHING, oneAnswer, type Posted, type Reading, typedIn } from '../posted.ts';
import { asInZone, localTime } from '../zone.ts';
import type { AskedLine, LineControl } from './control.ts';
import { describes, wordsIn } from './line.ts';

const FULL_DATE = /^\d{4}-\d{2}-\d{2}$/;
const PART_DATE = /^\d{4}(?:-\d{2}(?:-\d{2})?)?$/;
const LOCAL = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?$/;
const TIME = /^\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?$/;

/** A picker shows nothing of `2024-05`: then the field takes text. */
const pickerFor = (kind: string, words: string, fits: RegExp): string => (words === '' || fits.test(words) ? kind : 'text');

export const date: LineControl = {
  shape: 'line',
  draw: (line) => {
    const words = wordsIn(line);
    return html`<input type="${pickerFor('date', words, FULL_DATE)}" id="${line.id}" name="${line.name}" value="${words}"${describes(line)}>`;
  },
  read: (posted, { name }) => {
    const text = typedIn(posted, name);
    if (text === '') return NOTHING;
    return PART_DATE.test(text) && parseDateTime(text) !== undefined ? oneAnswer({ valueDate: text }) : notThat(posted, name, 'dateForm');
  },
};

export const time: LineControl = {
  shape: 'line',
  draw: (line) => {
    const words = wordsIn(line);
    return html`<input type="${pickerFor('time', words, TIME)}" id="${line.id}" name="${line.name}" value="${words.replace(/:00$/, '')}"${describes(line)}>`;
  },
  read: (posted, { name }) => {
    const text = typedIn(posted, name);
    if (text === '') return NOTHING;
    const full = TIME.test(text) ? text.padStart(text.indexOf(':') === 1 ? text.length + 1 : 0, '0') : '';
    const value = full.length === 5 ? `${full}:00` : full;
    return value !== '' && timeRange(value) !== undefined ? oneAnswer({ valueTime: value }) : notThat(posted, name, 'timeForm');
  },
};

export const moment: LineControl = {
  shape: 'line',
  draw: (line) => {
    const words = line.typed ?? localTime(wordsIn(line), line.field.view.timeZone);
    return html`<input type="${pickerFor('datetime-local', words, LOCAL)}" id="${line.id}" name="${line.name}" value="${words}"${describes(line)}>`;
  },
  read: readMoment,
};

function readMoment(posted: Posted, { name }: AskedLine): Reading {
  const text = typedIn(posted, name);
  if (text === '') return NOTHING;
  const value = LOCAL.test(text) ? asInZone(text.replace(' ', 'T'), posted.timeZone) : text;
  return value !== undefined && parseDateTime(value) !== undefined ? oneAnswer({ valueDateTime: value }) : notThat(posted, name, 'dateTimeForm');
}

function notThat(posted: Posted, name: string, form: 'dateForm' | 'timeForm' | 'dateTimeForm'): Reading {
  const { word } = posted.speech;
  return faultIn(posted, name, `${word('notUnderstood', { text: typedIn(posted, name).slice(0, 40) })} ${word(form)}`);
}
