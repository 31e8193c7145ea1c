/** A finding in one plain English sentence, for staff: "Pain: 8 of 10, was 5 a week before". */
import type { Digest } from './digest.ts';
import type { Counted, Earlier, Evidence } from './finding.ts';
import type { AlertRule } from './instrument.ts';

export function sentence(kind: AlertRule['kind'], evidence: Evidence, digest: Pick<Digest, 'clock' | 'respondent'>): string {
  return [BY_KIND[kind](evidence), proratedWords(evidence), respondentWords(digest), clockWords(digest)].join('');
}

const BY_KIND: Readonly<Record<AlertRule['kind'], (evidence: Evidence) => string>> = {
  threshold: (evidence) => `${statement(evidence)}${before(evidence)}`,
  worsening: (evidence) => `${statement(evidence)}${rise(evidence)}`,
  persistence: (evidence) => `${statement(evidence)}, ${stay(evidence)}`,
  'red-flag': statement,
  combination: ({ symptoms = [] }) => `${symptoms.length} symptoms new or worse at once: ${symptoms.map(listed).join(', ')}`,
};

function statement({ symptom, about = symptom, ...evidence }: Evidence): string {
  return `${about.en}: ${said(evidence)}`;
}

/** The option's words where one was chosen: what it weighs says nothing to people. */
function said({ words, value, max }: Pick<Evidence, 'words' | 'value' | 'max'>): string {
  if (words !== undefined) return lowerFirst(words);
  return max === undefined ? `${value}` : `${value} of ${max}`;
}

/** "Yes, but …" goes on a sentence as "yes, but …"; "I do not know" and "MRI" stay as they are. */
const lowerFirst = (words: string): string => words.replace(/^(?!I\b)\p{Lu}(?!\p{Lu})/u, (first) => first.toLowerCase());

function before({ value, previous }: Pick<Evidence, 'value' | 'previous'>): string {
  if (previous === undefined) return '';
  return previous.value === value ? `, the same ${timeBefore(previous)}` : `, was ${said(previous)} ${timeBefore(previous)}`;
}

function rise({ previous, baseline }: Evidence): string {
  if (baseline !== undefined) return `, up from ${said(baseline)} at the start, ${timeBefore(baseline)}`;
  return previous === undefined ? '' : `, up from ${said(previous)} ${timeBefore(previous)}`;
}

function stay({ atLeast, words, reports, days = 0 }: Evidence): string {
  const level = words === undefined ? `${atLeast} or more` : 'at the limit or above';
  return `${level} in ${reports} answers in a row over ${duration(days)}`;
}

function listed({ symptom, value, previous, ...rest }: Counted): string {
  const name = lowerFirst(symptom.en);
  if (value === undefined || rest.words !== undefined) return name;
  const earlier = before({ value, ...(previous === undefined ? {} : { previous }) }).slice(2);
  return `${name} ${said({ value, ...rest })}${earlier === '' ? '' : ` (${earlier})`}`;
}

const timeBefore = ({ days }: Earlier): string => (days === 0 ? 'earlier that day' : `${duration(days).replace(/^one /, 'a ')} before`);

/** Written out, since they stand beside other numbers: "was 5 two weeks before". */
const COUNTS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve', 'thirteen'];

/** In days up to two weeks, then in weeks. */
function duration(days: number): string {
  const isWeeks = days >= 14 || days === 7;
  const count = isWeeks ? Math.round(days / 7) : days;
  const unit = isWeeks ? 'week' : 'day';
  return `${isWeeks && days % 7 !== 0 ? 'about ' : ''}${COUNTS[count] ?? count} ${unit}${count === 1 ? '' : 's'}`;
}

const proratedWords = ({ prorated }: Evidence): string => (prorated === undefined ? '' : ` (worked out from ${prorated[0]} of ${prorated[1]} answers)`);

const respondentWords = ({ respondent }: Pick<Digest, 'respondent'>): string => (respondent === 'proxy' ? ' (answered by another person)' : '');

const CLOCK_WORDS: Readonly<Record<Digest['clock'], string>> = {
  given: '',
  missing: '; when it was answered is not known, it was judged as of its receipt',
  unreadable: '; when it was answered cannot be read, it was judged as of its receipt',
  future: '; the time of the answer lies in the future, it was judged as of its receipt',
};

const clockWords = ({ clock }: Pick<Digest, 'clock'>): string => CLOCK_WORDS[clock];
